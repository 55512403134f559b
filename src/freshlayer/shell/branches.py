"""``&&``, ``||``, ``if``, ``case`` and conditions: which arms run, and what is known inside each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, product
from typing import cast

from msgspec import Struct

from freshlayer.shell.arms import narrowed
from freshlayer.shell.frame import End, Frame
from freshlayer.shell.patterns import matches, protected_regex
from freshlayer.shell.programs import test as conditions
from freshlayer.shell.programs.architecture import of_platform
from freshlayer.shell.programs.builtins import BUILTINS
from freshlayer.shell.programs.existing import exists_in
from freshlayer.shell.programs.wrapper_rows import first_names
from freshlayer.shell.runner import Runner
from freshlayer.shell.status import DONE, CommandResult, Status, together
from freshlayer.shell.syntax.nodes import (
    AndOr,
    Case,
    Command,
    Condition,
    If,
    Literal,
    Not,
    Parameter,
    Sequence,
    Statement,
    Word,
)
from freshlayer.shell.values import NOTHING, Hole, Text, Values, Why, alternatives, concat, known

_SPECIAL = frozenset("*?[\\(")
_ENDING = frozenset("?(`[")
_REGEX: Word = (Literal("=~"),)
_MAY_END = BUILTINS.keys() | {"eval", ".", "source"}


def tested(runner: Runner, statement: Statement, frame: Frame) -> CommandResult:
    """Follow what a condition, ``!`` or a list tests: its failure ends no script."""
    before = frame.tested
    frame.tested = True
    outcome = runner.run(statement, frame)
    frame.tested = before
    return outcome


def end_where_it_fails(status: Status, frame: Frame) -> None:
    """Under ``set -e`` a failure ends the script, where nothing tests it."""
    if status is Status.FALSE and "e" in frame.options and not frame.tested and frame.going:
        frame.ended = End.EXIT


def and_or(runner: Runner, statement: AndOr, frame: Frame) -> CommandResult:
    """``left && right``, ``left || right``: each side but the last one is tested by what follows."""
    behind: list[AndOr] = []
    first: Statement = statement
    while type(first) is AndOr and not (first.operator == "||" and _is_either(first)):
        behind.append(first)
        first = first.left
    if not behind:
        return _either(runner, statement, cast(AndOr, statement.left), frame)
    runner.spend(len(behind) - 1)
    before = frame.tested
    frame.tested = True
    outcome = runner.run(first, frame)
    while behind:
        one = behind.pop()
        if not behind:
            frame.tested = before
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
        narrow(runner, inner.left, arm, wanted=True)
        narrow(runner, inner.left, other, wanted=False)
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
    before = None if type(then) is Command and _goes_on(then, frame) else frame.copy()
    right = runner.run(then, frame)
    if before is not None and frame.ended is not None:
        frame.go_on_from([before])
    return right if left.out is NOTHING else _after(left.out, right)


def _goes_on(command: Command, frame: Frame) -> bool:
    """Whether a command is a program, which can't end the script, as most are; False where in doubt."""
    if command.fields:
        name = command.fields[0][0]
    else:
        # The others expand to what may end it: ``${NAME:?}``, and any name under ``set -u``.
        ends = command.declares or "u" in frame.options or not _ENDING.isdisjoint(command.text)
        first = command.words[0] if command.words and not ends else ()
        name = first[0].text if len(first) == 1 and type(first[0]) is Literal else ""
    if not name or "/" in name or command.assignments or ("e" in frame.options and not frame.tested):
        return False
    return name not in _MAY_END and name not in first_names() and name not in frame.functions


def _perhaps(runner: Runner, both_sides: AndOr, frame: Frame, left: CommandResult) -> CommandResult:
    """The right side may run or not."""
    test, statement, wanted = both_sides.left, both_sides.right, both_sides.operator == "&&"
    arm, other = frame.branch(), frame.copy()
    if left.status is Status.OPEN:
        narrow(runner, test, arm, wanted=wanted)
        narrow(runner, test, other, wanted=not wanted)
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
            narrow(runner, test, arm, wanted=True)
            narrow(runner, test, rest, wanted=False)
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
    name = _plain_name(statement.subject)
    arms: list[tuple[Frame, CommandResult]] = []
    choices = tuple(dict.fromkeys(_choices(runner, statement, subjects, frame)))
    for choice in choices:
        arm = frame.copy() if len(choices) == 1 else frame.branch()
        if name and choice.subject is not None:
            _narrow(arm, name, choice.subject)
        arms.append((arm, runner.run(Sequence(choice.bodies), arm)))
    return _joined(frame, arms)


def _plain_name(word: Word) -> str:
    """The name of a word that is one variable as it is."""
    match word:
        case (Parameter(operator="", index="", name=name),) if name.isidentifier():
            return name
    return ""


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
    literals = [_literals(runner, arm.patterns, frame) for arm in statement.arms]
    decided = _of_platform(runner, subject, literals)
    for arm, values in zip(statement.arms, literals, strict=True):
        if decided is None or (values is not None and decided & set(values)):
            yield _Choice((arm.body,), alternatives((value,) for value in values) if values else None)
    if decided is None and not any((Literal("*"),) in arm.patterns for arm in statement.arms):
        yield _Choice((), None)


def _literals(runner: Runner, patterns: tuple[Word, ...], frame: Frame) -> list[str] | None:
    """The strings that an arm is for; None where one is a pattern or not known."""
    found: list[str] = []
    for pattern in patterns:
        values = runner.expander.pattern(pattern, frame)
        text = known(values[0]) if len(values) == 1 else None
        if not text or _SPECIAL & set(text):
            return None
        found.append(text)
    return found


def _of_platform(runner: Runner, subject: Text, literals: list[list[str] | None]) -> frozenset[str] | None:
    """The platform's names, where all arms but ``*`` are for architectures, and one of them is for it."""
    hole = subject[0] if len(subject) == 1 else None
    named = [text for values in literals for text in values or ()]
    if not isinstance(hole, Hole) or hole.why not in {Why.IMAGE, Why.BASE} or len(named) < 2:
        return None
    return of_platform(named, runner.platform)


def _fits(runner: Runner, pattern: Word, subject: str, frame: Frame) -> bool | None:
    found = runner.expander.pattern(pattern, frame)
    wanted = known(found[0]) if len(found) == 1 else None
    return None if wanted is None else matches(wanted, subject)


def condition(runner: Runner, statement: Condition, frame: Frame) -> CommandResult:
    """``[ … ]`` and ``[[ … ]]``."""
    operands = _operands(runner, statement, frame)
    few = 1
    fields: list[Text] = []
    for options in operands:
        few *= len(options)
        fields += options[0] if options else ()
    if few > _MOST_COMBINED:
        return CommandResult(Status.OPEN)
    exists = exists_in(runner, frame)
    outcome = conditions.decide(fields, double=statement.double, exists=exists) if few == 1 else None
    if few > 1:
        ways = [[*chain.from_iterable(chosen)] for chosen in product(*operands)]
        outcomes = {conditions.decide(way, double=statement.double, exists=exists) for way in ways}
        outcome = outcomes.pop() if len(outcomes) == 1 else None
    if outcome is not None:
        status = Status.TRUE if outcome else Status.FALSE
        _remember_match(statement, operands, frame)
        end_where_it_fails(status, frame)
        return CommandResult(status)
    _forget_match(statement, frame)
    return CommandResult(Status.OPEN)


_MOST_COMBINED = 64


def _remember_match(statement: Condition, operands: list[list[tuple[Text, ...]]], frame: Frame) -> None:
    """``BASH_REMATCH`` of a single ``[[ TEXT =~ REGEX ]]``."""
    if len(operands) != 3 or statement.words[1] != _REGEX:
        return
    texts = [known(options[0][0]) if len(options) == 1 else None for options in operands]
    groups = conditions.groups(texts[0], texts[2])
    if groups is not None:
        frame.set_array("BASH_REMATCH", [(group,) if group else () for group in groups], appends=False)


def _forget_match(statement: Condition, frame: Frame) -> None:
    if frame.arrays and _REGEX in statement.words:
        frame.arrays.pop("BASH_REMATCH", None)


def _operands(runner: Runner, statement: Condition, frame: Frame) -> list[list[tuple[Text, ...]]]:
    """In ``[[ … ]]`` nothing is split, and what is behind ``=`` or ``=~`` is a pattern."""
    expander = runner.expander
    if not statement.double:
        return [expander.fields(word, frame, unset_vanishes=True) for word in statement.words]
    found: list[list[tuple[Text, ...]]] = []
    before: Word = ()
    for word in statement.words:
        match before:
            case (Literal(text="==" | "=" | "!="),):
                values = expander.pattern(word, frame)
            case (Literal(text="=~"),):
                values = expander.pattern(word, frame, protected_regex)
            case _:
                values = expander.whole(word, frame)
        found.append([(text,) for text in values])
        before = word
    return found


def narrow(runner: Runner, test: Statement, frame: Frame, *, wanted: bool) -> None:
    """In an arm, a variable keeps only the alternatives under which the condition leads there."""
    while isinstance(test, Sequence) and len(test.statements) == 1:
        test = test.statements[0]
    if isinstance(test, Not):
        narrow(runner, test.statement, frame, wanted=not wanted)
    if not isinstance(test, Condition):
        return
    _bind(runner, test, frame, wanted=wanted)
    parts = [part for word in test.words for part in word if isinstance(part, Parameter)]
    for name in dict.fromkeys(part.name for part in parts):
        before = frame.get(name)
        if len(before) > 1:
            against = Status.FALSE if wanted else Status.TRUE
            outcomes = _with_each(runner, test, frame, name, before)
            kept = [text for text, status in zip(before, outcomes, strict=True) if status is not against]
            if kept:
                _narrow(frame, name, alternatives(kept))


def _narrow(frame: Frame, name: str, values: Values) -> None:
    if set(values) <= set(frame.get(name)):
        frame.groups = narrowed(frame.groups, frame.variables, name, values)
    else:
        frame.set(name, values)


def _bind(runner: Runner, test: Condition, frame: Frame, *, wanted: bool) -> None:
    """``[ "$NAME" = TEXT ]``: a value that is not known is TEXT where that holds."""
    match test.words:
        case (subject, (Literal(text="=" | "==" | "!=" as operator),), pattern) if wanted is (
            operator != "!="
        ):
            name = _plain_name(subject)
            values = _literals(runner, (pattern,), frame) if name else None
            if values and all(known(text) is None for text in frame.get(name)):
                frame.set(name, ((values[0],),))


def _with_each(runner: Runner, test: Condition, frame: Frame, name: str, values: Values) -> Iterator[Status]:
    """The outcome of a condition with each of the values. One that changes nothing needs one frame."""
    parts = [part for word in test.words for part in word if not isinstance(part, Literal)]
    plain = [part for part in parts if isinstance(part, Parameter) and not (part.operator or part.index)]
    changes = len(plain) < len(parts) or "u" in frame.options or _REGEX in test.words
    trial = frame.copy()
    for text in values:
        runner.spend(1)
        if changes:
            trial = frame.copy()
        trial.variables[name] = (text,)
        yield condition(runner, test, trial).status


def _after(before: Values, outcome: CommandResult) -> CommandResult:
    """The outcome, with what was written before."""
    return outcome if before is NOTHING else CommandResult(outcome.status, concat(before, outcome.out))


def _joined(frame: Frame, arms: list[tuple[Frame, CommandResult]]) -> CommandResult:
    """One of the arms is taken."""
    frame.join([arm for arm, _ in arms])
    status = together([outcome.status for _, outcome in arms])
    outs = [text for _, outcome in arms for text in outcome.out]
    return CommandResult(status, alternatives(outs) if any(outs) else NOTHING)
