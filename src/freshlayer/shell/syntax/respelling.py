"""Script text → the tree of tree-sitter-bash, spelled so that the grammar reads what a shell reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, partial
from itertools import chain, pairwise

from tree_sitter import Language, Node, Parser

from freshlayer.lazy_regex import compiled
from freshlayer.lean_libraries import load_lean
from freshlayer.shell.syntax.backquotes import without_backquotes
from freshlayer.shell.syntax.words import is_computed

load_lean("tree_sitter_bash")

import tree_sitter_bash  # noqa: E402 - after the line above

_DOCUMENT_LINE = (
    r"(?P<start>(?<!<)<<-?[ \t]*(?P<quote>[\"'\\]?)(?P<name>[\w.-]+)[\"']?"
    r"(?:[^\n;&()\"'@@]|>&\d|\"[^\"\n]*\"|'[^'\n]*')*)"
    r"(?:;|&(?!&)|(?=\)))(?P<rest>[^\n]*)\n(?P<body>(?:.*?\n)??\t*(?P=name))(?=\n|\Z)"
)
_BEHIND_DOCUMENT = compiled(_DOCUMENT_LINE.replace("@@", "|"), re.DOTALL)
"""``command <<EOF; next``: the rest of the line goes behind the document."""

_STUMBLES = (
    (compiled(_DOCUMENT_LINE.replace("@@", ""), re.DOTALL), r"\g<start>\n\g<body>\n\g<rest>"),
    (compiled(r"\b(fi|done|esac)[ \t]+(?=(?:fi|done|esac|then|do|else|elif|\})(?![\w-]))"), r"\1; "),
    (compiled(r"\besac\)"), "esac; )"),
    (
        compiled(r"(\$\{[\w@*]+(?:\[[^\]\n]*\])?:(?![-=?+])[^}$\n]*)\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))"),
        r"\1\2\3",
    ),
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
"""The same behind a pipe; ``fi fi`` on one line; ``esac)``; ``${a:$b}`` is ``${a:b}``; a here-document
before its command; the last of two of them is the input; ``[ \\( … ]``."""


GROUP = "( : {;"
"""How a subshell begins that is put in place of a group."""

_LONGEST_RESPELLED = 20_000
_SWALLOWING = {"word", "extglob_pattern"}
_ESCAPED = re.compile(rb"(?<!\\)(?:\\\\)*\\\Z")
_MOST_ESCAPES = 100
_MOST_ROUNDS = 20
_MOST_NEGATED = 50
_LONGEST_SUBSHELL = 500
_NAMED = re.compile(rb"\$([A-Za-z_]\w*|\d)")
_NEGATED = compiled(r"(?<![^\s;&|()])!\s+(?=(?:\{|case|if|for|while|until)\s)")
_WORD = compiled(
    r"(?P<text>\\.|'[^']*'|\"(?:\\.|[^\"\\])*\"|(?<!\S)#[^\n]*)"
    r"|(?P<opens>(?<![^\s;&|(!])(?:\{|case|if|for|while|until|select)(?=\s))"
    r"|(?P<closes>(?<=[\s;&])(?:\}|esac|fi|done)(?![^\s;&|)]))"
    r"|(?P<ends>[;&|(\n]|\b(?:then|do|else|elif)\b)|\s+|[^\s\\'\";&|()]+|.",
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
    text = _without_negated_compounds(text)
    if len(text) > _LONGEST_RESPELLED:
        return _read(text)
    if "<<" in text:
        text = _BEHIND_DOCUMENT.sub(r"\g<start>\n\g<body>\n\g<rest>", text)
    # Before and behind backquotes the grammar at times ends a word that goes on; two that touch are text.
    spelled = without_backquotes(text)
    spellings = (spelled,) if spelled == text or "``" in text else (spelled, text)
    tries = (_read(respell(spelling)) for spelling in spellings for respell in (str, _respelled))
    first = next(tries)
    return next((root for root in chain((first,), tries) if is_whole(root)), first)


def is_whole(root: Node) -> bool:
    """Whether all of a script was read. What is between ``((`` and ``))`` is read from its text later."""
    waiting = [root] if root.has_error else []
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            return False
        if not is_computed(node):
            waiting += [child for child in node.children if child.has_error]
    return True


def is_given_braces(root: Node, text: str) -> bool:
    """Whether the tree of a script is one with ``${name}`` for a ``$name``: then all have braces in it."""
    source = text.encode("utf-8", "surrogateescape")
    # No other spelling has more names without braces than the script.
    return len(_NAMED.findall(root.text or b"")) < len(_NAMED.findall(source))


def _respelled(text: str) -> str:
    for pattern, replacement in _STUMBLES:
        text = pattern.sub(replacement, text)
    return _with_subshells(text)


def _with_subshells(text: str) -> str:
    """``$((a) | b)`` begins with a subshell, where the grammar expects arithmetic."""
    at = 0
    while (at := text.find("$((", at)) >= 0:
        depth = 0
        for place in range(at + 2, min(len(text), at + _LONGEST_SUBSHELL)):
            depth += (text[place] == "(") - (text[place] == ")")
            if depth == 0:
                if text[place + 1 : place + 2] != ")":
                    text = f"{text[:at]}$( {text[at + 2 :]}"
                break
        at += 3
    return text


def _read(text: str) -> Node:
    source = text.encode("utf-8", "surrogateescape")
    spelled, root = _with_line_ends(source, tree(source))
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
    for _ in range(_MOST_ROUNDS if b"\n" in source and (b"|" in source or b"=" in source) else 0):
        places = sorted(_joined_lines(source, root), reverse=True)
        if not places:
            break
        for place in places:
            source = source[:place] + b";" + source[place:]
        root = tree(source)
    return source, root


def _joined_lines(source: bytes, root: Node) -> Iterator[int]:
    """Where the first line of a command ends that goes over several."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting += node.children
        several = {"command": len(node.children), "redirected_statement": 2}.get(node.type, 0)
        pairs = pairwise(node.children[:several])
        for one, other in pairs:
            if b"\n" in source[one.end_byte : other.start_byte]:
                # A comment would hide what is put behind it.
                yield one.start_byte if one.type == "comment" else one.end_byte
                break


def _without_negated_compounds(text: str) -> str:
    """Behind ``!`` the grammar takes a keyword for a command: ``! { a; }`` becomes ``! ( : {; { a; } )``."""
    at = 0
    for _ in range(_MOST_NEGATED if "!" in text and len(text) <= _LONGEST_RESPELLED else 0):
        match = _NEGATED.search(text, at)
        if match is None:
            break
        at = match.end()
        end = _end_of_compound(text, at)
        if end is not None:
            text = f"{text[:at]}{GROUP} {text[at:end]} ){text[end:]}"
            at += len(GROUP)
    return text


def _end_of_compound(text: str, start: int) -> int | None:
    """Where the compound command ends that starts there. Keywords count where a command can begin."""
    depth = 0
    begins = True
    for token in _WORD.finditer(text, start):
        if begins and token["opens"]:
            depth += 1
            begins = token["opens"] not in {"case", "for", "select"}
            continue
        if begins and token["closes"]:
            depth -= 1
            if depth == 0:
                return token.end()
        begins = bool(token["ends"]) or (begins and (token[0].isspace() or token[0] == "!"))
    return None
