"""Script text → the tree of tree-sitter-bash, spelled so that the grammar reads what a shell reads."""

from __future__ import annotations

import re
from functools import cache, partial
from itertools import pairwise

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from freshlayer.lazy_regex import compiled

_STUMBLES = (
    (compiled(r"\b(fi|done|esac)[ \t]+(?=(?:fi|done|esac|then|do|else|elif|\})(?![\w-]))"), r"\1; "),
    (
        compiled(
            r"(?P<start>(?<!<)<<-?[ \t]*(?P<quote>[\"'\\]?)(?P<name>[\w.-]+)[\"']?(?:[^\n;&()]|>&\d)*)"
            r"(?:;|&(?!&)|(?=\)))(?P<rest>[^\n]*)\n(?P<body>(?:.*?\n)??\t*(?P=name))(?=\n|\Z)",
            re.DOTALL,
        ),
        r"\g<start>\n\g<body>\n\g<rest>",
    ),
    (compiled(r"(\$\{[\w@*]+(?:\[[^\]\n]*\])?:(?![-=?+])[^}$\n]*)\$\{?([A-Za-z_]\w*)\}?"), r"\1\2"),
    (compiled(r"(\$\{[\w@*]+(?:\[[^\]\n]*\])?:(?![-=?+])[^}$\n]*)\$(\d)"), r"\1${\2}"),
    (
        compiled(
            r"(?m)(?P<start>^|[;&|(])[ \t]*(?P<document><<-?[ \t]*(?P<quote>[\"'\\]?)[\w.-]+[\"']?)"
            r"[ \t]+(?P<command>[\w./$\"'][^\n<>|;&()]*)"
        ),
        r"\g<start> \g<command> \g<document>",
    ),
    (
        compiled(
            r"<<-?[ \t]*(?P<quote>[\"'\\]?)(?P<name>[\w.-]+)[\"']?(?P<rest>[^\n<]*<<[^\n]*\n)"
            r"(?:.*?\n)??\t*(?P=name)\n",
            re.DOTALL,
        ),
        r"\g<rest>",
    ),
    (compiled(r"(?<!\S)\[[ \t]+([^\[\]\n]*\\\([^\[\]\n]*?)[ \t]\](?=[\s;&|)]|\Z)"), r"test \1"),
)
"""``fi fi`` on one line; what is behind a here-document's name goes behind its end; ``${a:$b}``
is ``${a:b}``; a here-document before its command; the last of two here-documents is the input; ``[ \\( … ]``."""


GROUP = "( : {;"
"""How a subshell begins that is put in place of a group."""

_LONGEST_RESPELLED = 20_000
_SWALLOWING = {"word", "extglob_pattern"}
_ESCAPED = re.compile(rb"(?<!\\)(?:\\\\)*\\\Z")
_MOST_ESCAPES = 100
_NAMED = re.compile(rb"\$([A-Za-z_]\w*|\d)")
_BACKQUOTED = re.compile(rb"`([^`\\(#]*)`")
_NOT_GROUP = compiled(r"(?<![^\s;&|()])!\s+\{(?=\s)")
_BRACE = compiled(
    r"\\.|'[^']*'|\"(?:\\.|[^\"\\])*\"|#[^\n]*|(?<![^\s;&|(!])\{(?=\s)|(?<=[\s;&])\}(?![^\s;&|)])|[^\\'\"#{}]+|.",
    re.DOTALL,
)


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_bash.language()))


def tree(source: bytes) -> Node:
    """The tree of a text as it is."""
    return _parser().parse(source).root_node


def tree_of(text: str) -> Node:
    """The tree of a script, by the spelling that the grammar reads."""
    text = _without_negated_groups(text)
    root = _read(text)
    if not root.has_error or len(text) > _LONGEST_RESPELLED:
        return root
    for pattern, replacement in _STUMBLES:
        text = pattern.sub(replacement, text)
    for again in (tree(text.encode("utf-8", "surrogateescape")), _read(text)):
        if not again.has_error:
            return again
    return root


def _read(text: str) -> Node:
    source = text.encode("utf-8", "surrogateescape")
    root = tree(source)
    source, root = _with_line_ends(source, root)
    spelled = _BACKQUOTED.sub(lambda match: _with_parentheses(match, root), source)
    root = root if spelled == source else tree(spelled)
    if not any(_is_swallowed(match, root) for match in _NAMED.finditer(spelled)):
        return root
    # A name that is read today ends a word early as soon as another one is read.
    return tree(_NAMED.sub(partial(_with_braces, root=root), spelled))


def _node_at(match: re.Match[bytes], root: Node) -> Node | None:
    """The node of a dollar sign that no backslash hides."""
    before = match.string[max(0, match.start() - _MOST_ESCAPES) : match.start()]
    if before.endswith(b"\\") and _ESCAPED.search(before):
        return None
    return root.descendant_for_byte_range(match.start(), match.start() + 1)


def _is_swallowed(match: re.Match[bytes], root: Node) -> bool:
    """In ``$a-$b-$(c)`` and ``$a/x-$b-$c`` the grammar ends a word early, or takes a dollar sign for text."""
    node = _node_at(match, root)
    if node is None or node.type != "$":
        return node is not None and node.type in _SWALLOWING
    return node.parent is not None and node.parent.type != "simple_expansion"


def _with_braces(match: re.Match[bytes], root: Node) -> bytes:
    node = _node_at(match, root)
    reads = node is not None and (node.type == "$" or node.type in _SWALLOWING)
    return b"${" + match[1] + b"}" if reads else match[0]


def _with_line_ends(source: bytes, root: Node) -> tuple[bytes, Node]:
    """The grammar makes one command of two lines: ``a | b | c`` and one with a redirection; ``X=1 Y=2``."""
    places: list[int] = []
    waiting = [root] if b"\n" in source and (b"|" in source or b"=" in source) else []
    while waiting:
        node = waiting.pop()
        waiting += node.children
        if node.type == "command":
            # A comment would hide what is put behind it.
            ends = [
                one.start_byte if one.type == "comment" else one.end_byte
                for one, other in pairwise(node.children)
                if b"\n" in source[one.end_byte : other.start_byte]
            ]
            places += ends
    for place in sorted(places, reverse=True):
        source = source[:place] + b";" + source[place:]
    return (source, tree(source)) if places else (source, root)


def _with_parentheses(match: re.Match[bytes], root: Node) -> bytes:
    """Before and behind backquotes the grammar at times ends a word that goes on."""
    node = root.descendant_for_byte_range(match.start(), match.start() + 1)
    whole = node.parent if node is not None and node.type == "`" else None
    alike = whole is not None and (whole.start_byte, whole.end_byte) == match.span()
    return b"$(" + match[1] + b")" if alike else match[0]


def _without_negated_groups(text: str) -> str:
    """Behind ``!`` the grammar takes a brace for a command: ``! { a; }`` becomes ``! ( : {; a; )``."""
    at = 0
    while match := _NOT_GROUP.search(text, at):
        at = match.end()
        depth = 1
        for token in _BRACE.finditer(text, at):
            depth += (token[0] == "{") - (token[0] == "}")
            if depth == 0:
                inside = text[match.end() : token.start()]
                text = f"{text[: match.start()]}! {GROUP}{inside}){text[token.end() :]}"
                break
    return text
