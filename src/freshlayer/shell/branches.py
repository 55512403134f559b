"""``&&``, ``||``, ``if``, ``case`` and conditions: which arms run, and what is known inside each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from msgspec import Struct

from freshlayer.shell.conditions import condition_in, literals, narrow, narrow_to, plain_name
from freshlayer.shell.frame import Frame
from freshlayer.shell.patterns import matches
from freshlayer.shell.programs.architecture import of_platform
from freshlayer.shell.programs.builtins import BUILTINS
from freshlayer.shell.programs.wrapper_rows import first_names
from freshlayer.shell.runner import Runner
from freshlayer.shell.status import DONE, CommandResult, Status, together
from freshlayer.shell.syntax.nodes import (
    AndOr,
    Case,
    Command,
    If,
    Literal,
    Pipeline,
    Sequence,
    Statement,
    Word,
)
from freshlayer.shell.values import NOTHING, Hole, Text, Values, Why, alternatives, concat, known

_ENDING = ("?", "(", "`", "[")
_MAY_END = BUILTINS.keys() | {"eval", ".", "source"}


def tested(runner: Runner, statement: Statement, frame: Frame) -> CommandResult:
    """Follow what a condition, ``!`` or a list tests: its failure ends no script."""
    before = frame.tested
    frame.tested = True
    outcome = runner.run(statement, frame)
    frame.tested = before
    return outcome


def and_or(runner: Runner, statement: AndOr, frame: Frame) -> CommandResult:
    """``left && right``, ``left || right``: each side but the last one is tested by what follows."""
    behind: list[AndOr] = []
    first: Statement = statement
    while type(first) is AndOr and not (first.operator == "||" and _is_either(first)):
        behind.append(first)
        first = first.left
    if not behind:
        return _either(runner, statement, cast(AndOr, statement.left), frame)
    if len(behind) > 1:
        runner.spend(len(behind) - 1)
    before = frame.tested
    frame.tested = True
    outcome = runner.run(first, frame)
    while behind:
        one = behind.pop()
        if not behind:
            frame.tested = before
        if outcome.status is Status.PRESUMED and one.operator == "&&" and frame.ended is None:
            outcome = _most_likely(runner, one.right, frame, outcome)
        else:
            outcome = _right(runner, one, outcome, frame)
    return outcome


def _is_either(statement: AndOr) -> bool:
    """Whether it is ``one && other || statement``; of a statement with ``||``."""
    left = statement.left
    return isinstance(left, AndOr) and left.operator == "&&"


def _either(runner: Runner, statement: AndOr, inner: AndOr, frame: Frame) -> CommandResult:
    """``condition && one || other``: mostly an if with an else."""
    condition_result = tested(runner, inner.left, frame)
    decided = condition_result.status is Status.TRUE or condition_result.status is Status.FALSE
    if decided or not frame.going:
        before = frame.tested
        frame.tested = True
        left = _right(runner, inner, condition_result, frame)
        frame.tested = before
        return _right(runner, statement, left, frame)
    arm, other = frame.branch(), frame.branch()
    if condition_result.status is Status.OPEN:
        narrow(runner, inner.left, arm, other)
    arms = [(arm, _after(condition_result.out, tested(runner, inner.right, arm)))]
    if arms[0][1].status is not Status.TRUE and arm.going:
        failed = arm.copy()
        arms.append((failed, _after(arms[0][1].out, runner.run(statement.right, failed))))
    arms.append((other, _after(condition_result.out, runner.run(statement.right, other))))
    return _joined(frame, arms)


def _right(runner: Runner, statement: AndOr, left: CommandResult, frame: Frame) -> CommandResult:
    """What becomes of the right side, when the left one has run."""
    if frame.ended is not None:
        return left
    status = left.status
    if status is Status.PRESUMED and statement.operator == "&&":
        return _most_likely(runner, statement.right, frame, left)
    if status is Status.TRUE or status is Status.FALSE:
        if (status is Status.TRUE) is not (statement.operator == "&&"):
            return left
        return _after(left.out, runner.run(statement.right, frame))
    return _perhaps(runner, statement, frame, left)


def _most_likely(runner: Runner, then: Statement, frame: Frame, left: CommandResult) -> CommandResult:
    """Behind a program that may fail: what ends the script there does not end it for certain."""
    if type(then) is Command:
        goes_on = _program_in(then, frame) != ""
    else:
        # Each part of a pipeline ends itself alone.
        goes_on = type(then) is Pipeline and ("e" not in frame.options or frame.tested)
    before = None if goes_on else frame.copy()
    right = runner.run(then, frame)
    if before is not None and frame.ended is not None:
        frame.go_on_from([before])
    return right if left.out is NOTHING else _after(left.out, right)


def _program_in(command: Command, frame: Frame) -> str:
    """The name of a program that can't end the script, as most are; empty where in doubt."""
    if command.fields:
        name = command.fields[0][0]
    else:
        # The others expand to what may end it: ``${NAME:?}``, and any name under ``set -u``.
        ends = command.declares or "u" in frame.options or any(map(command.text.__contains__, _ENDING))
        first = command.words[0] if command.words and not ends else ()
        name = first[0].text if len(first) == 1 and type(first[0]) is Literal else ""
    if not name or "/" in name or command.assignments or ("e" in frame.options and not frame.tested):
        return ""
    may_end = name in _MAY_END or name in first_names() or name in frame.functions
    return "" if may_end else name


def sets_nothing(statement: Statement, frame: Frame) -> bool:
    """Whether a statement is a program that changes the input of the frame at most; False where in doubt."""
    if type(statement) is not Command:
        return False
    name = _program_in(statement, frame)
    # ``printf -v NAME`` and ``${NAME:=…}`` set variables.
    return bool(name) and name != "printf" and ("${" not in statement.text or "=" not in statement.text)


def _perhaps(runner: Runner, both_sides: AndOr, frame: Frame, left: CommandResult) -> CommandResult:
    """The right side may run or not."""
    test, statement = both_sides.left, both_sides.right
    condition = condition_in(test) if left.status is Status.OPEN else None
    if condition is None and frame.given is None and sets_nothing(statement, frame):
        certain, frame.certain = frame.certain, False
        try:
            right = runner.run(statement, frame)
        finally:
            frame.certain = certain
    elif condition is None:
        arm = frame.branch()
        right = runner.run(statement, arm)
        frame.join_with(arm)
    else:
        # What a limit ends on the right side must leave the frame as it was.
        arm, other = frame.branch(), frame.copy()
        narrow(runner, test, *((arm, other) if both_sides.operator == "&&" else (other, arm)))
        right = runner.run(statement, arm)
        frame.join([other, arm])
    silent = left.out is NOTHING and right.out is NOTHING
    both = NOTHING if silent else alternatives([*left.out, *concat(left.out, right.out)])
    return CommandResult(Status.PRESUMED if left.status is Status.PRESUMED else Status.OPEN, both)


def if_(runner: Runner, statement: If, frame: Frame) -> CommandResult:
    """``if``, ``elif`` and ``else``."""
    arms: list[tuple[Frame, CommandResult]] = []
    rest = frame.copy()
    before = NOTHING
    for test, body in statement.branches:
        tried = tested(runner, test, rest)
        before = concat(before, tried.out)
        if not rest.going:
            arms.append((rest, tried))
            break
        if tried.status is Status.FALSE:
            continue
        arm = rest if tried.status is Status.TRUE else rest.branch()
        if tried.status is Status.OPEN:
            narrow(runner, test, arm, rest)
        arms.append((arm, _after(before, runner.run(body, arm))))
        if tried.status is Status.TRUE:
            break
    else:
        rest.certain &= not arms
        last = runner.run(statement.otherwise, rest) if statement.otherwise else DONE
        arms.append((rest, _after(before, last)))
    return _joined(frame, arms)


class _Choice(Struct, frozen=True):
    """Bodies that run one after another, and what the subject is known to be there."""

    bodies: tuple[Statement, ...]
    subject: Values | None


def case(runner: Runner, statement: Case, frame: Frame) -> CommandResult:
    """``case … in``. Inside an arm, the name that is its subject has the value that led there."""
    subjects = runner.expander.whole(statement.subject, frame)
    name = plain_name(statement.subject)
    arms: list[tuple[Frame, CommandResult]] = []
    choices = tuple(dict.fromkeys(_choices(runner, statement, subjects, frame)))
    for choice in choices:
        arm = frame.copy() if len(choices) == 1 else frame.branch()
        if name and choice.subject is not None:
            narrow_to(arm, name, choice.subject)
        arms.append((arm, runner.run(Sequence(choice.bodies), arm)))
    return _joined(frame, arms)


def _choices(runner: Runner, statement: Case, subjects: Values, frame: Frame) -> Iterator[_Choice]:
    """Each way to go. A subject that is not known takes every arm, or the one of the platform."""
    for subject in subjects:
        text = known(subject)
        if text is None:
            yield from _unknown_choices(runner, statement, subject, frame)
            continue
        taken: list[Statement] = []
        through = False
        for arm in statement.arms:
            fits = [_fits(runner, pattern, text, frame) for pattern in arm.patterns]
            if True in fits or through:
                taken.append(arm.body)
                through = arm.ending == ";&"
                if arm.ending == ";;":
                    break
            elif None in fits:
                yield _Choice((arm.body,), None)
        yield _Choice(tuple(taken), (subject,) if len(subjects) > 1 else None)


def _unknown_choices(runner: Runner, statement: Case, subject: Text, frame: Frame) -> Iterator[_Choice]:
    of_arms = [literals(runner, arm.patterns, frame) for arm in statement.arms]
    decided = _of_platform(runner, subject, of_arms)
    for arm, values in zip(statement.arms, of_arms, strict=True):
        if decided is None or (values is not None and decided & set(values)):
            yield _Choice((arm.body,), alternatives((value,) for value in values) if values else None)
    if decided is None and not any((Literal("*"),) in arm.patterns for arm in statement.arms):
        yield _Choice((), None)


def _of_platform(runner: Runner, subject: Text, of_arms: list[list[str] | None]) -> frozenset[str] | None:
    """The platform's names, where all arms but ``*`` are for architectures, and one of them is for it."""
    hole = subject[0] if len(subject) == 1 else None
    named = [text for values in of_arms for text in values or ()]
    if not isinstance(hole, Hole) or hole.why not in {Why.IMAGE, Why.BASE} or len(named) < 2:
        return None
    return of_platform(named, runner.platform)


def _fits(runner: Runner, pattern: Word, subject: str, frame: Frame) -> bool | None:
    found = runner.expander.pattern(pattern, frame)
    wanted = known(found[0]) if len(found) == 1 else None
    return None if wanted is None else matches(wanted, subject)


def _after(before: Values, outcome: CommandResult) -> CommandResult:
    """The outcome, with what was written before."""
    return outcome if before is NOTHING else CommandResult(outcome.status, concat(before, outcome.out))


def _joined(frame: Frame, arms: list[tuple[Frame, CommandResult]]) -> CommandResult:
    """One of the arms is taken."""
    frame.join([arm for arm, _ in arms])
    status = together([outcome.status for _, outcome in arms])
    outs = [text for _, outcome in arms for text in outcome.out]
    return CommandResult(status, alternatives(outs) if any(outs) else NOTHING)
