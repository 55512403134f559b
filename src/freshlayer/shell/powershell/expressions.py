"""The library's tree of an expression → our own nodes."""

from __future__ import annotations

import re
from collections.abc import Callable

from tree_sitter import Node

from freshlayer.lazy_regex import compiled
from freshlayer.shell.powershell.nodes import (
    ArrayOf,
    Binary,
    Block,
    Cast,
    Constant,
    Expression,
    Hash,
    Index,
    Inner,
    Invocation,
    Member,
    Opaque,
    Pipeline,
    ScriptBlock,
    Statement,
    Step,
    String,
    TypeName,
    Unary,
    Variable,
)

Statements = Callable[[Node], Block]
"""Reads the statements inside a node."""

RANGE = compiled(r"(-?\d{1,9})\.\.(-?\d{1,9})")
_SIZES = {"kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30, "tb": 1 << 40}
_NUMBER = compiled(r"(?i)(\d{1,15}(?:\.\d{1,15})?)l?(kb|mb|gb|tb)?")


def text_of(node: Node) -> str:
    """The text of a node; a byte that is not UTF-8 is kept as Python keeps it."""
    return (node.text or b"").decode("utf-8", "surrogateescape")


def is_expression(node: Node) -> bool:
    """Whether a node is an expression."""
    return (
        node.type.endswith(("_expression", "_literal", "_access", "_characters"))
        or node.type in {"variable", "unary_expression", "command_name", "range_argument_expression"}
        or node.type.startswith("expression_")
    )


def expression(node: Node, *, statements: Statements) -> Expression:
    """An expression. What is not known is Opaque."""
    return _Reader(statements).read(node)


class _Reader:
    """Reads expressions; ``statements`` reads what is inside parentheses."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self._readers: dict[str, Callable[[Node], Expression]] = {
            "variable": _variable,
            "braced_variable": _variable,
            "string_literal": _string,
            "expandable_string_literal": _string,
            "expandable_here_string_literal": _string,
            "verbatim_string_characters": _string,
            "verbatim_here_string_characters": _string,
            "integer_literal": _number,
            "real_literal": _number,
            "command_name": named,
            "path_command_name": self._path,
            "type_literal": _type,
            "array_literal_expression": self._array,
            "cast_expression": self._cast,
            "expression_with_unary_operator": self._unary,
            "pre_increment_expression": self._step,
            "pre_decrement_expression": self._step,
            "post_increment_expression": self._step,
            "post_decrement_expression": self._step,
            "member_access": self._member,
            "invokation_expression": self._invocation,
            "element_access": self._index,
            "hash_literal_expression": self._hash,
            "parenthesized_expression": self._inner,
            "sub_expression": self._inner,
            "array_expression": self._inner,
            "script_block_expression": self._block,
        }

    def read(self, node: Node) -> Expression:
        """One expression."""
        while node.type not in self._readers:
            children = [child for child in node.children if child.type != "comment"]
            if len(children) == 1 and children[0].is_named:
                node = children[0]
            elif len(children) == 3:
                return self._binary(*children)
            else:
                return Opaque(text_of(node))
        return self._readers[node.type](node)

    def _binary(self, left: Node, operator: Node, right: Node) -> Expression:
        written = text_of(operator).strip().lower()
        if not re.fullmatch(r"-[a-z]+|[-+*/%]|\.\.", written):
            return Opaque(f"{text_of(left)} {written} {text_of(right)}")
        plain = (
            written[:1] + written[2:] if re.match(r"-[ci](?!n\b|s\b)", written) and len(written) > 3 else ""
        )
        known = plain if plain in _COMPARED else written
        return Binary(self.read(left), known, self.read(right), exact=known != written and written[1] == "c")

    def _array(self, node: Node) -> Expression:
        items = [child for child in node.children if child.is_named and child.type != "comment"]
        if len(items) == 1:
            return self.read(items[0])
        found: list[Expression] = []
        for item in items:
            inner = _only(item)
            # The grammar reads a comma with a blank before it as an operator.
            comma = inner.type == "expression_with_unary_operator" and text_of(inner.children[0]) == ","
            found.append(self.read(inner.children[-1] if comma else item))
        return ArrayOf(tuple(found))

    def _cast(self, node: Node) -> Expression:
        name = _type(node.children[0])
        operand = self.read(node.children[-1])
        return Cast(name.name if isinstance(name, TypeName) else "", operand)

    def _unary(self, node: Node) -> Expression:
        operand = node.children[-1]
        if len(node.children) == 1:
            return self.read(operand)
        return Unary(text_of(node.children[0]).strip().lower(), self.read(operand))

    def _step(self, node: Node) -> Expression:
        target = next((child for child in node.children if child.is_named), node)
        if target is node:
            return Opaque(text_of(node))
        return Step(self.read(target), 1 if "increment" in node.type else -1)

    def _member(self, node: Node) -> Expression:
        return Member(self.read(node.children[0]), _member_name(node.children[-1]))

    def _invocation(self, node: Node) -> Expression:
        names = [child for child in node.children if child.type == "member_name"]
        lists = [child for child in node.children if child.type == "argument_list"]
        target = self.read(node.children[0])
        if names:
            return Invocation(target, _member_name(names[0]), self._arguments(lists[0] if lists else None))
        blocks = [child for child in node.children if child.type == "script_block_expression"]
        name = "foreach" if text_of(node).lower().find(".foreach") >= 0 else ""
        return Invocation(target, name, tuple(self.read(block) for block in blocks))

    def _arguments(self, node: Node | None) -> tuple[Expression, ...]:
        lists = [child for child in node.children if child.type == "argument_expression_list"] if node else []
        return tuple(
            self.read(child)
            for found in lists
            for child in found.children
            if child.type != "comment" and child.is_named
        )

    def _index(self, node: Node) -> Expression:
        named = [child for child in node.children if child.is_named]
        return Index(self.read(named[0]), self.read(named[-1])) if len(named) > 1 else Opaque(text_of(node))

    def _hash(self, node: Node) -> Expression:
        entries: list[tuple[Expression, Statement]] = []
        for body in node.children:
            for entry in body.children if body.type == "hash_literal_body" else ():
                key = next((child for child in entry.children if child.type == "key_expression"), None)
                value = next((c for c in entry.children if c.is_named and c.type != "key_expression"), None)
                if key is not None and value is not None:
                    # The last statement inside is the value; the key is read as one before it.
                    entries.append((self._key(key), Block(self._statements(entry).statements[-1:])))
        return Hash(tuple(entries))

    def _key(self, node: Node) -> Expression:
        inner = _only(node)
        return String(text_of(inner), expands=False) if inner.type == "simple_name" else self.read(inner)

    def _inner(self, node: Node) -> Expression:
        block = self._statements(node)
        if len(block.statements) == 1 and node.type == "parenthesized_expression":
            only = block.statements[0]
            if (
                isinstance(only, Pipeline)
                and len(only.parts) == 1
                and isinstance(only.parts[0], String | ArrayOf)
            ):
                return only.parts[0]
        return Inner(block, array=node.type == "array_expression")

    def _block(self, node: Node) -> Expression:
        return ScriptBlock(self._statements(node))

    def _path(self, node: Node) -> Expression:
        """``& $x.b``: the grammar reads a member as a part of a path."""
        variable = next((child for child in node.children if child.type == "variable"), None)
        rest = "".join(text_of(child) for child in node.children if child.type == "path_command_name_token")
        if variable is not None and not rest:
            return _variable(variable)
        if variable is not None and re.fullmatch(r"\.\w+", rest):
            return Member(_variable(variable), rest[1:].lower())
        return String(text_of(node), expands=True)


_COMPARED = frozenset(
    "-eq -ne -gt -ge -lt -le -like -notlike -match -notmatch -contains -notcontains -in -notin -replace"
    " -split -join".split()
)


def _only(node: Node) -> Node:
    """The node inside nodes that have nothing else."""
    while len(node.children) == 1 and node.children[0].is_named and node.type != "string_literal":
        node = node.children[0]
    return node


def _variable(node: Node) -> Expression:
    text = text_of(node)
    name = text[1:].removeprefix("{").removesuffix("}") if text.startswith("${") else text[1:]
    return Variable(name, splat=text.startswith("@"))


def _string(node: Node) -> Expression:
    return string(text_of(node))


def string(text: str) -> Expression:
    """A string with its quotes."""
    here = re.match(r"@([\"'])[ \t]*\r?\n", text)
    if here:
        inside = text[here.end() : -2]
        return String(re.sub(r"\r?\n\Z", "", inside), expands=here[1] == '"')
    if text.startswith("'"):
        return String(re.sub("''", "'", text[1:-1]), expands=False)
    return String(text[1:-1], expands=True) if text.startswith('"') else Opaque(text)


def _number(node: Node) -> Expression:
    text = text_of(node)
    match = _NUMBER.fullmatch(text)
    if match:
        value = float(match[1]) if "." in match[1] else int(match[1])
        return Constant(value * _SIZES[match[2].lower()] if match[2] else value)
    return Constant(int(text, 16)) if re.fullmatch(r"0[xX][0-9a-fA-F]{1,8}", text) else Opaque(text)


def named(node: Node) -> Expression:
    """``1..3`` and ``$x`` are names of commands to the grammar."""
    text = text_of(node).strip()
    if re.fullmatch(r"\$[\w:]+", text):
        return Variable(text[1:])
    match = RANGE.fullmatch(text)
    if match:
        return Binary(Constant(int(match[1])), "..", Constant(int(match[2])))
    return String(text, expands=False)


def _type(node: Node) -> Expression:
    return TypeName(text_of(node).strip("[]").lower().removeprefix("system."))


def _member_name(node: Node) -> str:
    text = text_of(node)
    return text.strip("\"'").lower() if re.fullmatch(r"[\"']?\w+[\"']?", text) else ""
