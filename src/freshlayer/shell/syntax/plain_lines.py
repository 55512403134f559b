"""Scripts with a whole plain script on each line → nodes: the grammar takes longer."""

from __future__ import annotations

from msgspec.structs import replace

from freshlayer.shell.syntax.nodes import (
    AndOr,
    Case,
    Command,
    Condition,
    For,
    If,
    Not,
    Pipeline,
    Redirected,
    Sequence,
    Statement,
    While,
)
from freshlayer.shell.syntax.plain import beginning, whole
from freshlayer.shell.syntax.plain_compounds import with_compounds


def of_lines(text: str) -> Sequence | None:
    """The whole script, without its comments; None where it is left to the grammar."""
    found: list[Statement] = []
    for row, written in enumerate(text.split("\n")):
        line = written.strip(" \t")
        if not line or line[0] == "#":
            continue
        if _ends_oddly(line):
            return None
        start = beginning(line)
        read = with_compounds(start) if start.rest else whole(start)
        if read is None:
            return None
        found += [_at(statement, row) for statement in read.statements]
    return Sequence(tuple(found)) if found else None


def _ends_oddly(line: str) -> bool:
    """Whether the grammar may read something else: a redirection or ``export`` in a longer pipeline."""
    pipes = line.count("|") - 2 * line.count("||")
    return pipes > 1 and (">" in line or "<" in line or "export" in line)


def _list_at(statement: AndOr, row: int) -> Statement:
    """Of a list of any length, each of which is the left side of the next."""
    behind = [statement]
    while isinstance(left := behind[-1].left, AndOr):
        behind.append(left)
    found = _at(left, row)
    for item in reversed(behind):
        found = AndOr(found, item.operator, _at(item.right, row))
    return found


def _at(statement: Statement, row: int) -> Statement:
    """The same on another row; all of it is on the first one."""
    match statement:
        case Command() | Condition():
            return replace(statement, row=row)
        case Redirected(statement=inner) | Not(statement=inner):
            return replace(statement, statement=_at(inner, row))
        case AndOr():
            return _list_at(statement, row)
        case Pipeline(parts=parts):
            return Pipeline(tuple([_at(part, row) for part in parts]))
        case Sequence(statements=statements, own=own):
            return Sequence(tuple([_at(inner, row) for inner in statements]), own)
        case If(branches=branches, otherwise=otherwise):
            both = tuple([(_at(test, row), _at(body, row)) for test, body in branches])
            return If(both, _at(otherwise, row) if otherwise else None)
        case Case(arms=arms):
            read = tuple([replace(arm, body=_at(arm.body, row)) for arm in arms])
            return replace(statement, arms=read, row=row)
        case For(body=body):
            return replace(statement, body=_at(body, row), row=row)
        case While(condition=condition, body=body):
            return replace(statement, condition=_at(condition, row), body=_at(body, row))
        case _:
            return statement
