"""``[ … ]``, ``[[ … ]]`` and ``test``: how they end, and what is known where they hold and fail."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, product

from freshlayer.model.base_image import DIRECTORIES, is_kept
from freshlayer.shell.arms import narrowed
from freshlayer.shell.expand import literal_fields
from freshlayer.shell.files import FilesSeen, FileText
from freshlayer.shell.frame import End, Frame
from freshlayer.shell.patterns import protected_regex
from freshlayer.shell.programs import test as conditions
from freshlayer.shell.programs.script_files import path_of
from freshlayer.shell.runner import Runner
from freshlayer.shell.status import CommandResult, Status
from freshlayer.shell.syntax.nodes import Condition, Literal, Not, Parameter, Sequence, Statement, Word
from freshlayer.shell.values import Text, Values, alternatives, known

_SPECIAL = frozenset("*?[\\(")
_REGEX: Word = (Literal("=~"),)
_MOST_COMBINED = 64


def end_where_it_fails(status: Status, frame: Frame) -> None:
    """Under ``set -e`` a failure ends the script, where nothing tests it."""
    if status is Status.FALSE and "e" in frame.options and not frame.tested and frame.going:
        frame.ended = End.EXIT


def condition(runner: Runner, statement: Condition, frame: Frame) -> CommandResult:
    """``[ … ]`` and ``[[ … ]]``."""
    plain = None if statement.double else literal_fields(statement.words)
    operands: list[list[tuple[Text, ...]]]
    operands = [[(field,)] for field in plain] if plain else _operands(runner, statement, frame)
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


def condition_in(test: Statement) -> Condition | None:
    """The condition that a test is, perhaps behind ``!``; None where it is another statement."""
    while True:
        if type(test) is Sequence and len(test.statements) == 1:
            test = test.statements[0]
        elif type(test) is Not:
            test = test.statement
        else:
            return test if type(test) is Condition else None


def narrow(runner: Runner, test: Statement, held: Frame, failed: Frame) -> None:
    """Where a condition held, and where it failed, a variable keeps the alternatives that lead there."""
    while isinstance(test, Sequence) and len(test.statements) == 1:
        test = test.statements[0]
    if isinstance(test, Not):
        narrow(runner, test.statement, failed, held)
    if not isinstance(test, Condition):
        return
    parts = [part for word in test.words for part in word if isinstance(part, Parameter)]
    names = list(dict.fromkeys([part.name for part in parts]))
    if not names:
        return
    _bind(runner, test, held, wanted=True)
    _bind(runner, test, failed, wanted=False)
    before = held.get(names[0])
    if len(names) == 1 and failed.get(names[0]) == before and not _may_change(test, held):
        # It has the same outcomes in both.
        outcomes = [*_with_each(runner, test, held, names[0], before)] if len(before) > 1 else []
        runner.spend(len(outcomes))
        _keep(held, names[0], before, outcomes, Status.FALSE)
        _keep(failed, names[0], before, outcomes, Status.TRUE)
        return
    for frame, against in ((held, Status.FALSE), (failed, Status.TRUE)):
        for name in names:
            before = frame.get(name)
            if len(before) > 1:
                _keep(frame, name, before, [*_with_each(runner, test, frame, name, before)], against)


def _keep(frame: Frame, name: str, before: Values, outcomes: list[Status], against: Status) -> None:
    """Of the values of a name, those of which the outcome is another one."""
    kept = [text for text, status in zip(before, outcomes, strict=False) if status is not against]
    if kept:
        narrow_to(frame, name, alternatives(kept))


def narrow_to(frame: Frame, name: str, values: Values) -> None:
    """A name has these of its values alone."""
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
            name = plain_name(subject)
            values = literals(runner, (pattern,), frame) if name else None
            if values and all(known(text) is None for text in frame.get(name)):
                frame.set(name, ((values[0],),))


def _with_each(runner: Runner, test: Condition, frame: Frame, name: str, values: Values) -> Iterator[Status]:
    """The outcome of a condition with each of the values. One that changes nothing needs one frame."""
    changes = _may_change(test, frame)
    trial = frame.copy()
    for text in values:
        runner.spend(1)
        if changes:
            trial = frame.copy()
        trial.variables[name] = (text,)
        yield condition(runner, test, trial).status


def _may_change(test: Condition, frame: Frame) -> bool:
    """Whether a condition may change the frame that it is tried in."""
    parts = [part for word in test.words for part in word if not isinstance(part, Literal)]
    plain = [part for part in parts if isinstance(part, Parameter) and not (part.operator or part.index)]
    return len(plain) < len(parts) or "u" in frame.options or _REGEX in test.words


def plain_name(word: Word) -> str:
    """The name of a word that is one variable as it is."""
    match word:
        case (Parameter(operator="", index="", name=name),) if name.isidentifier():
            return name
    return ""


def literals(runner: Runner, patterns: tuple[Word, ...], frame: Frame) -> list[str] | None:
    """The strings that an arm is for; None where one is a pattern or not known."""
    found: list[str] = []
    for pattern in patterns:
        values = runner.expander.pattern(pattern, frame)
        text = known(values[0]) if len(values) == 1 else None
        if not text or _SPECIAL & set(text):
            return None
        found.append(text)
    return found


def test(runner: Runner, fields: tuple[Text, ...], frame: Frame) -> CommandResult:
    """``[ … ]``, ``test …``."""
    words = list(fields[1:])
    if words and known(words[-1]) in {"]", "]]"}:
        words = words[:-1]
    double = known(fields[0]) == "[["
    decided = conditions.decide(words, double=double, exists=exists_in(runner, frame))
    return CommandResult(Status.OPEN if decided is None else Status.TRUE if decided else Status.FALSE)


def exists_in(runner: Runner, frame: Frame) -> conditions.Exists:
    """What decides the operators of files here."""

    def exists(operator: str, path: str) -> bool | None:
        absolute = path_of((path,), frame)
        decides = absolute is not None and (is_kept(absolute) or absolute in DIRECTORIES)
        return _decided(operator, absolute, runner.runs.files) if absolute and decides else None

    return exists


def _decided(operator: str, path: str, files: FilesSeen) -> bool | None:
    found = files.exists(path)
    if operator == "-s" and found:
        file = files.find(path)
        return any(file.text) if isinstance(file, FileText) and len(file.text) == 1 else None
    if operator in {"-f", "-s"}:
        return found
    if files.names(path):
        return True
    # A directory may be empty.
    return found if operator != "-d" or path in DIRECTORIES else False if found else None
