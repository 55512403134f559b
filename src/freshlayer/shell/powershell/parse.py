"""Script text → nodes, by tree-sitter-powershell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache

import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from freshlayer.lazy_regex import compiled
from freshlayer.shell.powershell.expressions import expression, is_expression, named, text_of
from freshlayer.shell.powershell.nodes import (
    Assignment,
    Binary,
    Block,
    Chain,
    Command,
    Expression,
    Flow,
    ForEach,
    Function,
    If,
    Loop,
    Option,
    Pipeline,
    Script,
    Statement,
    String,
    Switch,
    Try,
)
from freshlayer.shell.powershell.spelling import TooDeepError, respelled

_DEEPEST_TREE = 900
"""Levels of the library's tree; one of an expression has fifteen."""

_EMPTY = Block(())
_OPTION = compiled(r"-([A-Za-z_][\w-]*)(:?)")


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_powershell.language()))


@lru_cache(maxsize=256)
def parse(text: str) -> Script:
    """Parse a script. Never fails: what is not understood is left out, and ``whole`` is then False."""
    try:
        spelled = respelled(text)
        if not spelled.strip(" \t\r\n;"):
            return Script(_EMPTY, whole=True)
        root = _parser().parse(spelled.encode("utf-8", "surrogateescape")).root_node
        if _depth(root) > _DEEPEST_TREE:
            return Script(_EMPTY, whole=False)
        return Script(_block(root), not root.has_error)
    except (TooDeepError, RecursionError, UnicodeEncodeError):
        return Script(_EMPTY, whole=False)


def _depth(root: Node) -> int:
    deepest, waiting = 0, [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting += [(child, depth + 1) for child in node.children]
    return deepest


def _block(node: Node | None) -> Block:
    """The statements directly inside a node, and its ``param``."""
    if node is None:
        return _EMPTY
    statements: list[Statement] = []
    parameters: list[tuple[str, Expression | None]] = []
    for child in _flat(node):
        if child.type in {"param_block", "function_parameter_declaration"}:
            parameters += _parameters(child)
        elif statement := _statement(child):
            statements.append(statement)
    return Block(tuple(statements), tuple(parameters))


_WRAPPERS = frozenset(
    "statement_list script_block script_block_body statement_block named_block_list named_block"
    " script_block_expression".split()
)


def _flat(node: Node) -> Iterator[Node]:
    for child in node.children:
        if child.type in _WRAPPERS:
            yield from _flat(child)
        elif child.is_named:
            yield child


def _statement(node: Node) -> Statement | None:
    """One statement; None for what is none."""
    if node.type in _READERS:
        return _READERS[node.type](node)
    if node.type == "command" or is_expression(node):
        return Pipeline((_element(node),))
    return None


def _pipeline(node: Node) -> Statement | None:
    """``a | b``, ``a && b``, an assignment, or one expression."""
    chain: list[tuple[str, Statement]] = []
    operator = ""
    for child in node.children:
        if child.type == "assignment_expression":
            return _assignment(child)
        if child.type == "pipeline_chain":
            chain.append((operator, _parts(child)))
        elif child.type == "pipeline_chain_tail":
            operator = text_of(child).strip()
        elif not chain and child.is_named:
            return _statement(child)
    if len(chain) == 1:
        return chain[0][1]
    return Chain(tuple(chain)) if chain else None


def _parts(node: Node) -> Statement:
    named = [child for child in node.children if child.is_named and child.type != "comment"]
    return Pipeline(tuple(_element(child) for child in named))


def _element(node: Node) -> Command | Expression:
    return _command(node) if node.type == "command" else expression(node, statements=_inner)


def _inner(node: Node) -> Block:
    return _block(node)


def _command(node: Node) -> Command | Expression:
    operator = next((text_of(c) for c in node.children if c.type == "command_invokation_operator"), "")
    words: list[Expression | Option] = []
    called: Expression | None = None
    for child in node.children:
        if child.type == "command_elements":
            words += [word for item in child.children if (word := _word(item)) is not None]
        elif called is None and child.type != "command_invokation_operator" and child.is_named:
            called = named(child) if child.type == "command_name" else expression(child, statements=_inner)
    if isinstance(called, Binary) and not words and not operator:
        return called
    found = called or String("", expands=False)
    return Command(found, tuple(words), text_of(node), sourced=operator == ".")


def _word(node: Node) -> Expression | Option | None:
    if node.type == "command_parameter":
        option = _OPTION.fullmatch(text_of(node))
        return Option(option[1], bool(option[2])) if option else String(text_of(node), expands=True)
    if node.type in {"command_argument_sep", "redirection", "stop_parsing"} or not node.is_named:
        return None
    if node.type == "generic_token":
        return String(text_of(node), expands=True)
    return expression(node, statements=_inner)


def _assignment(node: Node) -> Statement:
    target = node.children[0]
    operator = next((text_of(c) for c in node.children if c.type == "assignement_operator"), "=")
    value = node.child_by_field_name("value") or node.children[-1]
    return Assignment(expression(target, statements=_inner), operator.strip(), _statement(value) or _EMPTY)


def _branch(node: Node) -> tuple[Statement, Block]:
    condition = node.child_by_field_name("condition")
    body = next((child for child in node.children if child.type == "statement_block"), None)
    return (_statement(condition) if condition else None) or _EMPTY, _block(body)


def _if(node: Node) -> Statement:
    clauses = [child for child in _children(node, "elseif_clauses") if child.type == "elseif_clause"]
    last = next((child for child in node.children if child.type == "else_clause"), None)
    return If(tuple(_branch(clause) for clause in (node, *clauses)), _block(last) if last else None)


def _children(node: Node, kind: str) -> list[Node]:
    return [item for child in node.children if child.type == kind for item in child.children]


def _switch(node: Node) -> Statement:
    subject = next(iter(_children(node, "switch_condition")[1:2]), None)
    clauses = [item for body in _children(node, "switch_body") for item in body.children]
    options = frozenset(text_of(c).lower() for c in _descendants(node, "switch_parameter"))
    found = tuple(_clause(clause) for clause in clauses if clause.type == "switch_clause")
    return Switch((_statement(subject) if subject else None) or _EMPTY, found, options)


def _clause(node: Node) -> tuple[Expression | None, Block]:
    condition = node.children[0]
    inner = condition.children[0] if condition.children else condition
    body = next((child for child in node.children if child.type == "statement_block"), None)
    if text_of(condition).lower() == "default":
        return None, _block(body)
    if is_expression(inner) or inner.type in {"script_block_expression", "expandable_string_literal"}:
        return expression(inner, statements=_inner), _block(body)
    text = text_of(condition)
    quoted = text[:1] in {"'", '"'}
    return String(text[1:-1] if quoted else text, expands=text[:1] != "'"), _block(body)


def _descendants(node: Node, kind: str) -> list[Node]:
    return [item for child in node.children for item in (child, *child.children) if item.type == kind]


def _foreach(node: Node) -> Statement:
    variable = next((child for child in node.children if child.type == "variable"), None)
    items = next((child for child in node.children if child.type == "pipeline"), None)
    body = next((child for child in node.children if child.type == "statement_block"), None)
    name = text_of(variable).lstrip("$") if variable else ""
    return ForEach(name, (_statement(items) if items else None) or _EMPTY, _block(body))


def _for(node: Node) -> Statement:
    start, condition, after = (
        _statement(found.children[0])
        if (found := node.child_by_field_name(name)) and found.children
        else None
        for name in ("for_initializer", "for_condition", "for_iterator")
    )
    body = next((child for child in node.children if child.type == "statement_block"), None)
    return Loop(start, condition, after, _block(body))


def _while(node: Node) -> Statement:
    condition = node.child_by_field_name("condition")
    body = next((child for child in node.children if child.type == "statement_block"), None)
    kinds = {child.type for child in node.children}
    inside = condition.children[0] if condition and condition.type == "while_condition" else condition
    found = _statement(inside) if inside else None
    return Loop(None, found, None, _block(body), until="until" in kinds, first="do" in kinds)


def _try(node: Node) -> Statement:
    body = next((child for child in node.children if child.type == "statement_block"), None)
    handlers = [child for child in _children(node, "catch_clauses") if child.type == "catch_clause"]
    last = next((child for child in node.children if child.type == "finally_clause"), None)
    return Try(_block(body), tuple(_block(handler) for handler in handlers), _block(last) if last else None)


def _function(node: Node) -> Statement:
    name = next((text_of(child) for child in node.children if child.type == "function_name"), "")
    return Function(name, _block(node))


def _parameters(node: Node) -> Iterator[tuple[str, Expression | None]]:
    waiting = [node]
    while waiting:
        item = waiting.pop()
        if item.type == "script_parameter":
            variable = next((child for child in item.children if child.type == "variable"), None)
            default = next((c for c in item.children if c.type == "script_parameter_default"), None)
            value = default.children[-1] if default and default.children else None
            if variable:
                yield (
                    text_of(variable).lstrip("$").lower(),
                    expression(value, statements=_inner) if value else None,
                )
        else:
            waiting += reversed(item.children)


def _flow(node: Node) -> Statement:
    value = next((child for child in node.children if child.is_named), None)
    return Flow(text_of(node.children[0]).lower(), _statement(value) if value else None)


_READERS: dict[str, Callable[[Node], Statement | None]] = {
    "pipeline": _pipeline,
    "pipeline_chain": _parts,
    "assignment_expression": _assignment,
    "if_statement": _if,
    "switch_statement": _switch,
    "foreach_statement": _foreach,
    "for_statement": _for,
    "while_statement": _while,
    "do_statement": _while,
    "try_statement": _try,
    "function_statement": _function,
    "flow_control_statement": _flow,
}
