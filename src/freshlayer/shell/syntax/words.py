"""Words of tree-sitter-bash → our parts, with quotes and escapes removed."""

from __future__ import annotations

import re
from itertools import accumulate

from tree_sitter import Node

from freshlayer.lazy_regex import compiled
from freshlayer.shell.syntax.braces import braced
from freshlayer.shell.syntax.nodes import Arithmetic, Literal, Opaque, Part, Substitution, Word
from freshlayer.shell.syntax.plain_words import MOST_PARTS, literals, parameter

_BACKQUOTED = compiled(r"\\.|`(?:\\.|[^`\\])*`", re.DOTALL)
_ANSI = compiled(r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|([0-7]{1,3})|(.))", re.DOTALL)
_ANSI_NAMES = dict(zip("ntreEabfv", "\n\t\r\x1b\x1b\a\b\f\v", strict=True))
_PLAIN = {
    "word",
    "number",
    "variable_name",
    "special_variable_name",
    "file_descriptor",
    "brace_expression",
    "extglob_pattern",
    "regex",
    "test_operator",
}
_EXPRESSIONS = {"unary_expression", "binary_expression", "parenthesized_expression", "negation_expression"}
_LONGEST_SHOWN = 200


def text_of(node: Node) -> str:
    """The node as written."""
    return (node.text or b"").decode("utf-8", "surrogateescape")


def words_of(command: Node) -> tuple[Word, ...]:
    """Name and arguments; assignments before the name and redirections are no words."""
    nodes = command.children_by_field_name("name") + command.children_by_field_name("argument")
    return words(nodes)


def words(nodes: list[Node]) -> tuple[Word, ...]:
    """Words in a place where braces are expanded."""
    found: list[Word] = []
    end = -1
    for node in nodes:
        # Before a backquote the grammar at times ends a word that goes on.
        goes_on = found and node.start_byte == end and not text_of(node)[:1].isspace()
        found.append((*found.pop(), *word(node)) if goes_on else word(node))
        end = node.end_byte
    return tuple(variant for item in found for variant in braced(item))


def word(node: Node) -> Word:
    """One word."""
    kind = node.type
    if kind == "command_name" and (only := _only_word(node)) is not None:
        return tuple(_parts(only, quoted=False))
    if kind in {"command_name", "concatenation"}:
        return _sequence(node, node.start_byte, node.end_byte, quoted=False)
    return _string(node) if kind == "string" else tuple(_parts(node, quoted=False))


def _only_word(name: Node) -> Node | None:
    """The one word that a name is, as most are."""
    children = name.children
    return children[0] if len(children) == 1 and children[0].type == "word" else None


def given_word(redirect: Node) -> Word:
    """What a here-string or here-document gives to a command."""
    for child in redirect.children:
        if child.type == "heredoc_body":
            return _document(redirect, child)
    if redirect.type == "herestring_redirect" and redirect.children:
        return (*word(redirect.children[-1]), Literal("\n", quoted=True))
    return (Literal("", quoted=True),)


def _document(redirect: Node, body: Node) -> Word:
    """With a quote in its name nothing is expanded; ``<<-`` strips tabs."""
    name = next((child for child in redirect.children if child.type == "heredoc_start"), None)
    if name is not None and re.search(r"[\"'\\]", text_of(name)):
        parts: Word = (Literal(text_of(body), quoted=True),)
    else:
        parts = _sequence(body, body.start_byte, body.end_byte, quoted=True)
    return parts if redirect.children[0].type == "<<" else tuple(map(_without_tabs, parts))


def _without_tabs(part: Part) -> Part:
    if not isinstance(part, Literal):
        return part
    return Literal(re.sub(r"(?m)^\t+", "", part.text), quoted=True)


def condition_words(node: Node) -> tuple[Word, ...]:
    """The words of ``[ … ]`` in order: the grammar makes expressions of them, which are flattened here."""
    found: list[Word] = []
    waiting = list(reversed(node.children[1:-1]))
    while waiting:
        child = waiting.pop()
        if child.type in _EXPRESSIONS:
            waiting.extend(reversed(child.children))
        elif child.is_named:
            found.append(word(child))
        else:
            found.append((Literal(text_of(child)),))
    return tuple(found)


def _string(node: Node) -> Word:
    """Double quotes; an empty pair is still a word."""
    if len(node.children) < 2 or node.children[-1].is_missing or not text_of(node).endswith('"'):
        # It has no end: what it holds is not what the script means.
        return (Opaque(text_of(node)[:_LONGEST_SHOWN], quoted=True),)
    inside = _sequence(node, node.start_byte + 1, node.end_byte - 1, quoted=True)
    return inside or (Literal("", quoted=True),)


def _sequence(node: Node, start: int, end: int, *, quoted: bool) -> Word:
    """The children and the text between them, which the grammar gives no node of its own."""
    source, base = node.text or b"", node.start_byte
    parts: list[Part] = []
    at = start
    for child in node.children:
        if child.start_byte < start or child.end_byte > end or child.type == '"':
            continue
        blanks = _blanks_before(child)
        parts += _gap(source[at - base : child.start_byte + blanks - base], quoted=quoted)
        nested = child.type in {"string", "concatenation"}
        parts += word(child) if nested else _parts(child, quoted=quoted)
        at = child.end_byte
    parts += _gap(source[at - base : end - base], quoted=quoted)
    return tuple(parts) if len(parts) <= MOST_PARTS else (Opaque(text_of(node)[:_LONGEST_SHOWN], quoted),)


def _blanks_before(expansion: Node) -> int:
    """In a string the grammar counts the blanks before a dollar sign to it, where nothing else is between."""
    source = expansion.text or b""
    if not source[:1].isspace():
        return 0
    return len(source) - len(source.lstrip()) if source.lstrip().startswith(b"$") else 0


def _gap(source: bytes, *, quoted: bool) -> list[Part]:
    if not source:
        return []
    text = source.decode("utf-8", "surrogateescape")
    return _with_backquotes(text) if quoted and "`" in text else literals(text, quoted=quoted)


def _with_backquotes(text: str) -> list[Part]:
    """In a here-document the grammar knows no backquotes."""
    parts: list[Part] = []
    end = 0
    for match in _BACKQUOTED.finditer(text):
        if match[0].startswith("`"):
            parts += literals(text[end : match.start()], quoted=True)
            parts.append(Substitution(_inside(match[0], quoted=False), match[0], quoted=True))
            end = match.end()
    return [*parts, *literals(text[end:], quoted=True)]


def _parts(node: Node, *, quoted: bool) -> list[Part]:
    text, kind = text_of(node), node.type
    if kind in _PLAIN:
        return literals(text, quoted=quoted)
    match kind:
        case "string_content":
            return literals(text, quoted=quoted)
        case "heredoc_content":
            return _with_backquotes(text)
        case "raw_string":
            return [Literal(text[1:-1], quoted=True)]
        case "ansi_c_string":
            return [Literal(_ansi(text[2:-1]), quoted=True)]
        case "simple_expansion" | "expansion":
            return parameter(text.lstrip(), quoted=quoted)
        case "arithmetic_expansion" | "command_substitution" if _is_arithmetic(text.strip()):
            return [Arithmetic(text.strip()[3:-2], text.strip(), quoted)]
        case "command_substitution":
            return [Substitution(_inside(text.lstrip(), quoted=quoted), text.lstrip(), quoted)]
        case "process_substitution":
            return [Opaque(text, quoted, text[2:-1])]
        case _:
            return [Opaque(text, quoted)] if node.is_named else literals(text, quoted=quoted)


def is_computed(node: Node) -> bool:
    """``$((…))`` and ``((…))``, of which the text is read, and not the tree."""
    if node.type == "compound_statement" and node.children[0].type == "((":
        return _is_arithmetic(f"${text_of(node)}")
    return node.type in {"arithmetic_expansion", "command_substitution"} and _is_arithmetic(
        text_of(node).strip()
    )


def _is_arithmetic(text: str) -> bool:
    """``$((…))``, which the grammar takes for a subshell in a here-document."""
    if not text.startswith("$((") or not text.endswith("))"):
        return False
    depths = list(accumulate((c == "(") - (c == ")") for c in text[3:-2]))
    return not depths or (min(depths) >= 0 and depths[-1] == 0)


def _inside(text: str, *, quoted: bool) -> str:
    """The script of a substitution; in backquotes a backslash hides ``$``, a backquote and itself.

    Inside double quotes it hides those as well (POSIX 2.2.3).
    """
    if text.startswith("`"):
        return re.sub(r"\\([$`\\\"])" if quoted else r"\\([$`\\])", r"\1", text[1:-1])
    return text[2:-1]


def _ansi(text: str) -> str:
    """``$'…'`` (bash)."""

    def put(match: re.Match[str]) -> str:
        code = int(match[1] or match[2] or "0", 16) or int(match[3] or "0", 8)
        return chr(code) if match[4] is None else _ANSI_NAMES.get(match[4], match[4])

    return _ANSI.sub(put, text)
