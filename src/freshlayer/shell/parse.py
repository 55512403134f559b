"""Script text → nodes, by tree-sitter-bash."""

from __future__ import annotations

import re
from functools import cache

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from freshlayer.shell.nodes import Command, Literal, Opaque, Parameter, Part, Script, Word

_NAME = re.compile(r"\$\{?([A-Za-z_]\w*)")
_ESCAPED = re.compile(r"\\(\n|.)", re.DOTALL)
_ESCAPED_IN_QUOTES = re.compile(r'\\(\n|["\\$`])')
_READERS = {"read", "mapfile", "readarray", "getopts"}
_PLAIN = {"word", "number", "file_descriptor", "brace_expression", "extglob_pattern", "regex"}


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_bash.language()))


def parse(text: str) -> Script:
    """Parse a script. Never fails: what is not understood is left out, and ``whole`` says so."""
    root = _parser().parse(text.encode("utf-8", "surrogateescape")).root_node
    commands: list[Command] = []
    assigned: set[str] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting.extend(reversed(node.children))
        if node.type == "command":
            commands.append(Command(_words(node), _text(node)))
        assigned.update(_assigned(node))
    return Script(tuple(commands), frozenset(assigned), not root.has_error)


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "surrogateescape")


def _words(command: Node) -> tuple[Word, ...]:
    """Name and arguments; assignments before the name and redirections are no words."""
    words = [_word(child) for child in command.children_by_field_name("name")]
    return tuple(words + [_word(child) for child in command.children_by_field_name("argument")])


def _assigned(node: Node) -> list[str]:
    if node.type in {"variable_assignment", "for_statement"}:
        field = "name" if node.type == "variable_assignment" else "variable"
        target = node.child_by_field_name(field)
        return [re.split(r"[\[+]", _text(target))[0]] if target else []
    if node.type == "command":
        name = node.child_by_field_name("name")
        if name is not None and _text(name) in _READERS:
            return [_text(argument) for argument in node.children_by_field_name("argument")]
    return []


def _word(node: Node) -> Word:
    if node.type in {"command_name", "concatenation"}:
        return _sequence(node, node.start_byte, node.end_byte, quoted=False)
    return (_part(node, quoted=False),) if node.type != "string" else _string(node)


def _string(node: Node) -> Word:
    """Double quotes; an empty pair is still a word."""
    return _sequence(node, node.start_byte + 1, node.end_byte - 1, quoted=True) or (Literal("", True),)


def _sequence(node: Node, start: int, end: int, *, quoted: bool) -> Word:
    """The children and the text between them, which the grammar gives no node of its own."""
    source, base = node.text or b"", node.start_byte
    parts: list[Part] = []
    at = start
    for child in node.children:
        if child.start_byte < start or child.end_byte > end or child.type == '"':
            continue
        parts += _gap(source[at - base : child.start_byte - base], quoted=quoted)
        parts += _string(child) if child.type == "string" else (_part(child, quoted=quoted),)
        at = child.end_byte
    return tuple(parts + _gap(source[at - base : end - base], quoted=quoted))


def _gap(source: bytes, *, quoted: bool) -> list[Part]:
    text = source.decode("utf-8", "surrogateescape")
    return [Literal(_unescaped(text, quoted=quoted), quoted)] if text else []


def _part(node: Node, *, quoted: bool) -> Part:
    text = _text(node)
    if node.type in _PLAIN or node.type == "string_content":
        return Literal(_unescaped(text, quoted=quoted), quoted)
    if node.type == "raw_string":
        return Literal(text[1:-1], True)
    if node.type == "ansi_c_string" and "\\" not in text:
        return Literal(text[2:-1], True)
    if node.type in {"simple_expansion", "expansion"}:
        name = _NAME.match(text)
        return Parameter(name[1], text, quoted) if name else Opaque(text)
    return Opaque(text) if node.is_named else Literal(text, quoted)


def _unescaped(text: str, *, quoted: bool) -> str:
    pattern = _ESCAPED_IN_QUOTES if quoted else _ESCAPED
    return pattern.sub(lambda match: "" if match[1] == "\n" else match[1], text)
