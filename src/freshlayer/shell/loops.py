"""``for``, ``while`` and ``until``: unrolled where what they go over is known."""

from __future__ import annotations

from freshlayer.model.reasons import Reason
from freshlayer.shell import arithmetic
from freshlayer.shell.branches import tested
from freshlayer.shell.frame import End, Frame
from freshlayer.shell.programs.script_files import listed
from freshlayer.shell.runner import Runner
from freshlayer.shell.status import BudgetError, CommandResult, Status, opposite, together
from freshlayer.shell.syntax.nodes import CountedFor, For, Literal, Statement, While, Word
from freshlayer.shell.values import NOTHING, Hole, Text, Values, Why, alternatives, concat, known, text_of

_MOST_ROUNDS = 2000
_MOST_TURNS = 2000
"""Of a loop whose condition holds each time, and that changes something known."""


def over_words(runner: Runner, statement: For, frame: Frame) -> CommandResult:
    """``for name in words``. Over a list that is not known it may run no time."""
    rounds = _rounds(runner, statement, frame)
    without = frame.copy() if rounds and all(map(_may_be_none, rounds)) else None
    out = NOTHING
    status = Status.TRUE
    for value in rounds:
        frame.set(statement.name, value)
        outcome = runner.run(statement.body, frame)
        status, out = outcome.status, concat(out, outcome.out)
        frame.land(End.CONTINUE)
        if not frame.going:
            break
    frame.land(End.BREAK)
    if without is not None:
        frame.go_on_from([without])
        status = together([status, Status.TRUE])
        out = alternatives([*out, *NOTHING])
    return CommandResult(status, out)


def _may_be_none(value: Values) -> bool:
    """Whether a word may expand to nothing."""
    return all(isinstance(part, Hole) for text in value for part in text)


def _rounds(runner: Runner, statement: For, frame: Frame) -> list[Values]:
    if not statement.words:
        return list(frame.arguments)
    found: list[Values] = []
    for word in statement.words:
        options = runner.expander.fields(word, frame)
        every = [field for fields in options for field in fields]
        found += [(one,) for field in every for one in _paths(runner, word, field, frame)]
    if len(found) > _MOST_ROUNDS:
        raise BudgetError
    return found


def _paths(runner: Runner, word: Word, field: Text, frame: Frame) -> list[Text]:
    """A pattern for names of files stands for those that are known, else for files of the image."""
    text = known(field)
    special = any(
        isinstance(part, Literal) and not part.quoted and set("*?[") & set(part.text) for part in word
    )
    if text is None or not special or "://" in text:
        return [field]
    names = listed(runner, text, frame)
    if names:
        return [text_of(name) for name in names]
    reason = Reason("needs-image-files", detail=f"{text} stands for files of the image")
    return [(Hole(Why.IMAGE, reason, text),)]


def under_condition(runner: Runner, statement: While, frame: Frame) -> CommandResult:
    """``while`` and ``until``; ``while read`` goes over the lines of a known input."""
    out = NOTHING
    status = Status.TRUE
    turns = 0
    while True:
        before = dict(frame.variables), frame.arguments, frame.given
        test = tested(runner, statement.condition, frame)
        ended = opposite(test.status) if statement.until else test.status
        out = concat(out, test.out)
        if not frame.going or ended is Status.FALSE:
            break
        if ended is not Status.TRUE:
            return _perhaps(runner, statement.body, frame, out)
        outcome = runner.run(statement.body, frame)
        status, out = outcome.status, concat(out, outcome.out)
        frame.land(End.CONTINUE)
        if before == (frame.variables, frame.arguments, frame.given) or not frame.going:
            break
        turns += frame.given == before[2]
        if turns > _MOST_TURNS:
            raise BudgetError
    frame.land(End.BREAK)
    return CommandResult(status, out)


def _perhaps(runner: Runner, body: Statement, frame: Frame, out: Values) -> CommandResult:
    """The body runs once, or not at all: another round would be given the same."""
    arm = frame.copy()
    outcome = runner.run(body, arm)
    arm.land(End.CONTINUE)
    frame.join_with(arm)
    frame.land(End.BREAK)
    return CommandResult(Status.PRESUMED, alternatives([*out, *concat(out, outcome.out)]))


def counted(runner: Runner, statement: CountedFor, frame: Frame) -> CommandResult:
    """``for ((start; condition; step))``."""

    def compute(expression: str) -> Values:
        return (
            arithmetic.compute(expression, frame, runner.expander.quoted) if expression.strip() else (("1",),)
        )

    compute(statement.start)
    out = NOTHING
    status = Status.TRUE
    for _ in range(_MOST_ROUNDS):
        going = arithmetic.status(compute(statement.condition))
        if going is Status.FALSE:
            break
        if going is not Status.TRUE:
            return _perhaps(runner, statement.body, frame, out)
        outcome = runner.run(statement.body, frame)
        status, out = outcome.status, concat(out, outcome.out)
        frame.land(End.CONTINUE)
        if not frame.going:
            break
        compute(statement.step)
    else:
        raise BudgetError
    frame.land(End.BREAK)
    return CommandResult(status, out)
