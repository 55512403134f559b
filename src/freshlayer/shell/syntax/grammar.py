"""The tree of tree-sitter-bash → our nodes."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec.structs import replace
from tree_sitter import Node

from freshlayer.lazy_regex import compiled
from freshlayer.shell.syntax.nodes import (
    AndOr,
    Arm,
    Assignment,
    Case,
    Command,
    Compute,
    Condition,
    CountedFor,
    For,
    Function,
    If,
    Literal,
    Not,
    Opaque,
    Pipeline,
    Redirected,
    Sequence,
    Statement,
    Substitution,
    While,
    Word,
)
from freshlayer.shell.syntax.plain import command_of
from freshlayer.shell.syntax.respelling import GROUP, is_given_braces, is_whole, tree, tree_of
from freshlayer.shell.syntax.words import condition_words, given_word, text_of, word, words, words_of

DEEPEST = 60
"""How deep statements may stand in each other; what is deeper is left out."""

_COUNTED = compiled(r"for\s*\(\(([^;]*);([^;]*);(.*?)\)\)\s*(?:;|\n|do\b|\{)", re.DOTALL)


class TooDeepError(Exception):
    """The script is nested deeper than the limit."""


def statements_of(text: str, *, as_written: bool = False) -> tuple[Sequence, bool]:
    """The statements of a script whose lines are joined, and whether all of it was understood.

    ``as_written``: a script with a ``$name`` that the grammar reads as ``${name}`` is none of those.
    """
    root = tree_of(text)
    try:
        whole = is_whole(root) and not (as_written and is_given_braces(root, text))
        return _sequence(root.children, 0), whole
    except TooDeepError:
        return Sequence(()), False


def quoted_word(text: str) -> Word | None:
    """An expansion as between double quotes; None where it is none."""
    root = tree(f': "{text}"'.encode("utf-8", "surrogateescape"))
    commands = [child for child in root.children if child.type == "command"]
    found = words_of(commands[0]) if commands and not root.has_error else ()
    return found[1] if len(found) == 2 else None


def _sequence(nodes: list[Node], depth: int, *, own: bool = False) -> Sequence:
    if depth > DEEPEST:
        raise TooDeepError
    found = [_statement(node, depth + 1) for node in nodes]
    return Sequence(tuple([item for item in found if item is not None]), own)


def _statement(node: Node, depth: int) -> Statement | None:
    """One statement; None for what is none."""
    read = _READERS.get(node.type)
    return read(node, depth) if read else None


def _command(node: Node, _depth: int) -> Statement:
    text = text_of(node)
    plain = command_of(text, _row(node))
    if plain is not None:
        return plain
    assignments = tuple(_assignment(child) for child in node.children if child.type == "variable_assignment")
    command = Command(words_of(node), text, assignments, row=_row(node))
    given = [given_word(child) for child in node.children if child.type == "herestring_redirect"]
    return Redirected(command, given[-1], writes=False) if given else command


def _row(node: Node) -> int:
    return node.start_point[0]


def _assignment(node: Node) -> Assignment:
    target = node.child_by_field_name("name")
    value = node.child_by_field_name("value")
    written = text_of(target) if target else ""
    name, _, index = written.partition("[")
    appends = text_of(node).startswith("+=", len(written))
    if value is not None and value.type == "array":
        return Assignment(name, (), words([child for child in value.children if child.is_named]), appends)
    return Assignment(name, word(value) if value else (), None, appends, index.removesuffix("]"))


def _assignments(node: Node, _depth: int) -> Statement:
    """``X=1``, and ``export X=1 Y $(…)`` with all its words."""
    declares = node.type == "declaration_command"
    children = node.children if node.type != "variable_assignment" else [node]
    found = tuple(_assignment(child) for child in children if child.type == "variable_assignment")
    others = [child for child in children if child.type != "variable_assignment"] if declares else []
    return Command(words(others), text_of(node), found, declares, _row(node))


def _unset(node: Node, _depth: int) -> Statement:
    return Command(words(node.children), text_of(node))


def _redirected(node: Node, depth: int) -> Statement | None:
    """A redirection changes what a statement is given or where its output goes; a here-document may go on."""
    body = node.child_by_field_name("body")
    redirects = [child for child in node.children if child.type.endswith("_redirect")]
    given = [word for redirect in redirects if (word := _given(redirect)) is not None]
    inner = _statement(body, depth) if body else None
    if inner is None and not given:
        return None
    # The grammar counts arguments that stand behind a redirection among its targets.
    behind = [
        *(item for part in redirects for item in part.children_by_field_name("destination")[1:]),
        *(item for part in redirects for item in part.children_by_field_name("argument")),
    ]
    more = (*_lost_words(node, body, redirects), *words(behind))
    writes = any(_leads_to_file(redirect) for redirect in redirects)
    output, appends = _output(redirects)

    def redirected(last: Statement) -> Statement:
        if more and isinstance(last, Command):
            last = replace(last, words=(*last.all_words, *more), fields=())
        return (
            Redirected(last, given[-1] if given else None, writes, output, appends)
            if given or writes
            else last
        )

    inner = inner or Command(((Literal("cat"),),), text_of(node))
    several = body is not None and body.type in {"list", "pipeline"}
    statement = _with_last(inner, redirected) if several else redirected(inner)
    documents = [redirect for redirect in redirects if redirect.type == "heredoc_redirect"]
    return _with_rest(statement, documents[0], depth) if documents else statement


def _with_last(statement: Statement, change: Callable[[Statement], Statement]) -> Statement:
    """``a && b > FILE``: the grammar puts the redirection around the list, and the shell around ``b``."""
    match statement:
        case AndOr():
            return replace(statement, right=_with_last(statement.right, change))
        case Pipeline():
            return replace(statement, parts=(*statement.parts[:-1], _with_last(statement.parts[-1], change)))
        case Not():
            return replace(statement, statement=_with_last(statement.statement, change))
        case _:
            return change(statement)


def _lost_words(node: Node, body: Node | None, redirects: list[Node]) -> tuple[Word, ...]:
    """A dash before a redirection is in no node of the grammar."""
    if body is None or not redirects:
        return ()
    between = (node.text or b"")[body.end_byte - node.start_byte : redirects[0].start_byte - node.start_byte]
    return tuple((Literal(text),) for text in between.decode("utf-8", "surrogateescape").split())


def _given(redirect: Node) -> Word | None:
    """What a redirection puts on standard input: a document, a string, the output of ``<(…)``, or a file."""
    if redirect.type in {"heredoc_redirect", "herestring_redirect"}:
        return given_word(redirect)
    targets = redirect.children_by_field_name("destination")
    if not targets or not text_of(redirect).startswith(("<", "0<")) or redirect.children[0].type == "<&":
        return None
    text = text_of(targets[0])
    script = text[2:-1] if targets[0].type == "process_substitution" else f"cat {text}"
    return (Substitution(script, text, quoted=True), Literal("\n", quoted=True))


def _leads_to_file(redirect: Node) -> bool:
    if redirect.type == "heredoc_redirect":
        return any(_leads_to_file(child) for child in redirect.children if child.type == "file_redirect")
    text = text_of(redirect)
    return bool(re.match(r"1?>|&>", text)) and not re.match(r"1?>&[12]", text)


def _output(redirects: list[Node]) -> tuple[Word | None, bool]:
    """The file that a redirection writes, and whether it appends to it."""
    for redirect in reversed(redirects):
        if redirect.type == "heredoc_redirect":
            found = _output([child for child in redirect.children if child.type == "file_redirect"])
            if found[0] is not None:
                return found
        elif redirect.type == "file_redirect" and _leads_to_file(redirect):
            targets = redirect.children_by_field_name("destination")
            return (word(targets[0]) if targets else None), ">>" in text_of(redirect)[:3]
    return None, False


def _with_rest(statement: Statement, document: Node, depth: int) -> Statement:
    """``command <<EOF | next``, ``command <<EOF && next``: the grammar puts the rest into the redirection."""
    right = document.child_by_field_name("right")
    rest = [child for child in document.children if child.type == "pipeline"]
    if rest:
        return Pipeline((statement, *_sequence(rest[0].children, depth + 1).statements))
    after = _statement(right, depth + 1) if right else None
    if after is None:
        return statement
    operator = "||" if any(child.type == "||" for child in document.children) else "&&"
    return AndOr(statement, operator, after)


def _list(node: Node, depth: int) -> Statement | None:
    """``a && b && …``: leans to the left, so it is unrolled without recursion."""
    chain: list[tuple[str, Node]] = []
    while node.type == "list" and len(node.children) >= 3:
        chain.append((node.children[1].type, node.children[-1]))
        node = node.children[0]
    result = _statement(node, depth + 1)
    for operator, right in reversed(chain):
        following = _statement(right, depth + 1)
        if result is None or following is None:
            result = result or following
        else:
            result = AndOr(result, operator, following)
    return result


def _pipeline(node: Node, depth: int) -> Statement:
    """``x && a | b | c && d``: the grammar at times takes ``x`` or ``d`` into the pipeline."""
    parts = _sequence(node.children, depth).statements
    before = parts[0] if parts else None
    if isinstance(before, AndOr):
        parts = (*_parts_of(before.right), *parts[1:])
    behind: list[AndOr] = []
    last = parts[-1] if parts else None
    while isinstance(last, AndOr):
        behind.append(last)
        last = last.left
    statement = _piped((*parts[:-1], *_parts_of(last)) if behind and last else parts)
    statement = replace(before, right=statement) if isinstance(before, AndOr) else statement
    for item in reversed(behind):
        statement = AndOr(statement, item.operator, item.right)
    return statement


def _parts_of(statement: Statement) -> tuple[Statement, ...]:
    return statement.parts if isinstance(statement, Pipeline) else (statement,)


def _piped(parts: tuple[Statement, ...]) -> Statement:
    """``! a | b`` is about the whole pipeline, where the grammar takes it for the first part's."""
    if parts and isinstance(parts[0], Not):
        return Not(Pipeline((parts[0].statement, *parts[1:])))
    return Pipeline(parts)


def _negated(node: Node, depth: int) -> Statement:
    inside = _sequence(node.children, depth)
    if text_of(node.children[-1]).startswith(GROUP) and isinstance(inside.statements[0], Sequence):
        return Not(Sequence(inside.statements[0].statements[1:]))
    return Not(inside)


def _condition(node: Node, _depth: int) -> Statement:
    return Condition(condition_words(node), node.children[0].type == "[[", _row(node))


def _if(node: Node, depth: int) -> Statement:
    clauses = [child for child in node.children if child.type == "elif_clause"]
    last = [child for child in node.children if child.type == "else_clause"]
    branches = tuple(_branch(clause, depth) for clause in (node, *clauses))
    return If(branches, _sequence(last[0].children, depth) if last else None)


def _branch(node: Node, depth: int) -> tuple[Statement, Statement]:
    kinds = [child.type for child in node.children]
    then = kinds.index("then") if "then" in kinds else len(kinds)
    body = [child for child in node.children[then:] if child.type not in {"elif_clause", "else_clause"}]
    return _sequence(node.children[:then], depth), _sequence(body, depth)


def _case(node: Node, depth: int) -> Statement:
    subject = node.child_by_field_name("value")
    items = [child for child in node.children if child.type == "case_item"]
    return Case(word(subject) if subject else (), tuple(_arm(item, depth) for item in items), _row(node))


def _arm(item: Node, depth: int) -> Arm:
    values = item.children_by_field_name("value")
    body = [child for child in item.children if child not in values]
    ending = item.child_by_field_name("fallthrough")
    patterns = tuple(word(value) for value in values)
    return Arm(patterns, _sequence(body, depth), text_of(ending) if ending else ";;")


def _for(node: Node, depth: int) -> Statement:
    name = node.child_by_field_name("variable")
    values = node.children_by_field_name("value")
    body = node.child_by_field_name("body")
    inside = _sequence(body.children if body else [], depth)
    return For(text_of(name) if name else "", words(values), inside, _row(node))


def _while(node: Node, depth: int) -> Statement:
    conditions = node.children_by_field_name("condition")
    body = node.child_by_field_name("body")
    until = node.children[0].type == "until"
    return While(_sequence(conditions, depth), _sequence(body.children if body else [], depth), until)


def _counted_for(node: Node, depth: int) -> Statement:
    """``for ((start; condition; step))``."""
    body = node.child_by_field_name("body")
    head = _COUNTED.match(text_of(node))
    inside = _sequence(body.children if body else [], depth)
    if not head:
        return While(Condition(((Opaque(text_of(node)),),), double=True), inside)
    return CountedFor(head[1], head[2], head[3], inside)


def _function(node: Node, depth: int) -> Statement:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    return Function(text_of(name) if name else "", _sequence([body] if body else [], depth))


def _group(node: Node, depth: int) -> Statement:
    if node.children[0].type == "((":
        return Compute(text_of(node)[2:-2])
    return _sequence(node.children, depth)


def _subshell(node: Node, depth: int) -> Statement:
    return _sequence(node.children, depth, own=True)


_READERS: dict[str, Callable[[Node, int], Statement | None]] = {
    "command": _command,
    "declaration_command": _assignments,
    "unset_command": _unset,
    "variable_assignment": _assignments,
    "variable_assignments": _assignments,
    "redirected_statement": _redirected,
    "list": _list,
    "pipeline": _pipeline,
    "negated_command": _negated,
    "test_command": _condition,
    "if_statement": _if,
    "case_statement": _case,
    "for_statement": _for,
    "c_style_for_statement": _counted_for,
    "while_statement": _while,
    "function_definition": _function,
    "compound_statement": _group,
    "subshell": _subshell,
}
"""Node type of tree-sitter-bash → how it is read; a type without a row is no statement."""
