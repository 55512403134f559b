"""``for``, ``while`` and ``until``: unrolled where what they go over is known."""

from __future__ import annotations

from freshlayer.shell.frame import End, Frame
from freshlayer.shell.runner import Lines, Runner
from freshlayer.shell.status import BudgetError, CommandResult, Status, opposite
from freshlayer.shell.syntax.nodes import (
    AndOr,
    Command,
    For,
    Literal,
    Parameter,
    Sequence,
    Statement,
    While,
    Word,
)
from freshlayer.shell.values import NOTHING, Values, alternatives, concat

_MOST_ROUNDS = 2000
_MOST_TURNS = 32
"""Of a loop whose condition holds each time, and that goes over nothing."""


class Loops:
    """Goes round and round, as long as a round brings something new."""

    def __init__(self, runner: Runner, programs: Lines) -> None:
        self._runner = runner
        self._programs = programs

    def over_words(self, statement: For, frame: Frame, given: Values | None) -> CommandResult:
        """``for name in words``."""
        out = NOTHING
        for value in self._rounds(statement, frame):
            frame.set(statement.name, value)
            out = concat(out, self._runner.run(statement.body, frame, given).out)
            frame.land(End.CONTINUE)
            if not frame.going:
                break
        frame.land(End.BREAK)
        return CommandResult(Status.PRESUMED, out)

    def _rounds(self, statement: For, frame: Frame) -> list[Values]:
        if not statement.words:
            return list(frame.arguments)
        found: list[Values] = []
        for word in statement.words:
            found += [(field,) for fields in self._runner.expander.fields(word, frame) for field in fields]
        if len(found) > _MOST_ROUNDS:
            raise BudgetError
        return found

    def under_condition(self, statement: While, frame: Frame, given: Values | None) -> CommandResult:
        """``while`` and ``until``; ``while read`` goes over the lines of a known input."""
        read = _read_command(statement.condition)
        lines = self._programs.lines(given) if read is not None else None
        if read is not None and lines is not None:
            return self._over_lines(statement, read, lines, frame)
        out = NOTHING
        for _ in range(_MOST_TURNS):
            before = dict(frame.variables), frame.arguments
            asked = self._runner.run(statement.condition, frame, given)
            status = opposite(asked.status) if statement.until else asked.status
            if not frame.going or status is Status.FALSE:
                break
            if status is not Status.TRUE:
                return self._perhaps(statement, frame, out)
            out = concat(out, self._runner.run(statement.body, frame).out)
            frame.land(End.CONTINUE)
            if before == (frame.variables, frame.arguments) or not frame.going:
                break
        else:
            raise BudgetError
        frame.land(End.BREAK)
        return CommandResult(Status.PRESUMED, out)

    def _perhaps(self, statement: While, frame: Frame, out: Values) -> CommandResult:
        """The body runs once, or not at all: another round would be given the same."""
        arm = frame.copy()
        outcome = self._runner.run(statement.body, arm)
        arm.land(End.CONTINUE)
        frame.join([frame.copy(), arm])
        frame.land(End.BREAK)
        return CommandResult(Status.PRESUMED, alternatives([*out, *concat(out, outcome.out)]))

    def _over_lines(self, statement: While, read: Command, lines: Values, frame: Frame) -> CommandResult:
        out = NOTHING
        if len(lines) > _MOST_ROUNDS:
            raise BudgetError
        for line in lines:
            self._runner.run(read, frame, (line,))
            out = concat(out, self._runner.run(statement.body, frame).out)
            frame.land(End.CONTINUE)
            if not frame.going:
                break
        frame.land(End.BREAK)
        return CommandResult(Status.PRESUMED, out)


def _read_command(condition: Statement) -> Command | None:
    """The ``read`` of ``while read …``, with or without ``|| [ -n "$line" ]`` for a last line without end."""
    while isinstance(condition, Sequence | AndOr):
        if isinstance(condition, Sequence):
            if len(condition.statements) != 1:
                return None
            condition = condition.statements[0]
        else:
            condition = condition.left
    named = isinstance(condition, Command) and condition.words and _written(condition.words[0]) == "read"
    return condition if named and isinstance(condition, Command) else None


def _written(word: Word) -> str:
    return "".join(part.text for part in word if isinstance(part, Literal | Parameter))
