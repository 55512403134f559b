"""A partial evaluator: which commands a script runs, with the values that their words can take.

Nothing is executed. What is known is followed; where a condition is not decided both arms are; an arm that
exits is dropped. All work is counted, and ends with the budget.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast
from weakref import proxy

from freshlayer.shell import arithmetic, branches, loops
from freshlayer.shell.arms import each_arm, independent
from freshlayer.shell.assignments import assign, declare
from freshlayer.shell.conditions import condition, end_where_it_fails
from freshlayer.shell.expand import Expander, literal_fields, one_at_a_time
from freshlayer.shell.frame import Frame
from freshlayer.shell.programs.dispatch import dispatch
from freshlayer.shell.redirections import redirected
from freshlayer.shell.runner import Runner
from freshlayer.shell.script_runs import ScriptRuns
from freshlayer.shell.status import DONE, BudgetError, Call, CommandResult, Status, opposite, together
from freshlayer.shell.syntax.nodes import (
    AndOr,
    Case,
    Command,
    Compute,
    Condition,
    CountedFor,
    For,
    Function,
    If,
    Not,
    Pipeline,
    Redirected,
    Sequence,
    Statement,
    While,
)
from freshlayer.shell.syntax.parse import parse
from freshlayer.shell.values import (
    NOTHING,
    Text,
    Values,
    alternatives,
    concat,
    text_of,
    without_line_ends,
)

STEPS = 8_000
_MOST_APART = 5 * STEPS
_DEEPEST_CALL = 6
_DEEPEST_FUNCTIONS = 24
_FIELDS_A_STEP = 20
_LONGEST_GIVEN = 20
_PLACED = (Command, Condition, For, Case)


class Evaluator:
    """Walks a script; ``calls`` grows in the order in which the script would run them.

    ``whole``: False where a script inside the script (``eval``, ``sh -c``) was not understood.
    """

    whole = True
    _expander: Expander | None = None
    _steps = _apart = _depth = _functions = 0

    def __init__(self, platform: str, fetchers: frozenset[str], runs: ScriptRuns) -> None:
        self.runs = runs
        self.platform = platform
        self.fetchers = fetchers
        self.calls: list[Call] = []

    @property
    def expander(self) -> Expander:
        """Words to values: most scripts have plain words alone, and need none."""
        if self._expander is None:
            self._expander = _expander(self)
        return self._expander

    def run(self, statement: Statement, frame: Frame) -> CommandResult:
        """Follow a statement. Raises BudgetError."""
        self._steps += 1
        if self._steps > STEPS:
            raise BudgetError
        if frame.ended is not None:
            return DONE
        if self.runs.file is not None and isinstance(statement, _PLACED):
            self.runs.at(statement.row)
        return _RUNNERS[type(statement)](self, statement, frame)

    def spend(self, steps: int) -> None:
        """Count work. Raises BudgetError where it is more than a script is worth."""
        self._steps += steps
        if self._steps > STEPS:
            raise BudgetError

    def run_script(self, body: Statement, frame: Frame) -> CommandResult:
        """Follow the statements of a script; of most it is one, which is a step of its own."""
        if type(body) is Sequence and len(body.statements) == 1 and not body.own:
            self._steps += 1
            body = body.statements[0]
        return self.run(body, frame)

    def command(self, fields: tuple[Text, ...], frame: Frame) -> CommandResult:
        """Follow one command after its expansion."""
        return dispatch(self, fields, frame)

    def called(self, words: tuple[Text, ...], frame: Frame) -> None:
        """Note that a program runs. Input read in part belongs to it only where its words name it."""
        given = frame.given
        if frame.touched and not any(_names_input(word) for word in words[1:]):
            given = None
        runs = self.runs
        place = None if runs.file is None else runs.place
        settings, home = (frame.settings(), frame.home_directory) if frame.variables else ((), frame.home)
        self.calls.append(
            Call(
                words,
                given or NOTHING,
                frame.proxies(),
                frame.directory,
                place,
                runs.files.now(),
                settings,
                home,
            )
        )

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Count the work of a downloaded script by itself: its length is not the user's."""
        before = self._steps, self._depth, self._functions
        self._steps = 0 if self._apart < _MOST_APART else self._steps
        try:
            yield
        finally:
            self._apart += self._steps
            self._steps, self._depth, self._functions = before

    def enter_function(self) -> None:
        """Count how deep functions call each other."""
        self._functions += 1
        if self._functions > _DEEPEST_FUNCTIONS:
            raise BudgetError

    def leave_function(self) -> None:
        """The other end of it."""
        self._functions -= 1

    def script(self, text: str, frame: Frame) -> CommandResult:
        """Follow the text of a script inside this one: ``eval``, ``.``, ``$(…)``."""
        if self._depth >= _DEEPEST_CALL:
            raise BudgetError
        self._depth += 1
        self.runs.nested += 1
        try:
            script = parse(text)
            self.whole &= script.whole
            return self.run_script(script.body, frame)
        finally:
            self.runs.nested -= 1
            self._depth -= 1

    def child(
        self, text: str, frame: Frame, name: Values | None, arguments: tuple[Values, ...]
    ) -> CommandResult:
        """Follow the text of a script in a shell of its own, which sees exported variables alone."""
        return self.script(text, frame.child(name, arguments))

    def captured(self, text: str, frame: Frame) -> tuple[Values, Status]:
        """The output of ``$(…)``, without the line ends at its end, and how it ended."""
        inside = frame.copy()
        inside.heard = True
        outcome = self.script(text, inside)
        out = tuple([without_line_ends(item) for item in outcome.out])
        return out if len(out) == 1 else alternatives(out), outcome.status


def _expander(evaluator: Evaluator) -> Expander:
    """One that does not keep its evaluator: a cycle of references is left to the garbage collector."""
    weak = proxy(evaluator)
    return Expander(lambda text, frame: cast(Evaluator, weak).captured(text, frame))


def _sequence(runner: Runner, statement: Sequence, frame: Frame) -> CommandResult:
    if len(statement.statements) == 1 and not statement.own:
        return runner.run(statement.statements[0], frame)
    inside = frame.copy() if statement.own else frame
    outcome = DONE
    out = NOTHING
    for item in statement.statements:
        if inside.ended is not None:
            break
        outcome = runner.run(item, inside)
        if outcome.out is not NOTHING:
            out = concat(out, outcome.out)
    if outcome.out is not out:
        outcome = CommandResult(outcome.status, out)
    if statement.own:
        frame.given, frame.touched = inside.given, inside.touched
        return _checked(outcome, frame)
    return outcome


def _pipeline(runner: Runner, statement: Pipeline, frame: Frame) -> CommandResult:
    """Each part has an environment of its own; what it exits, it exits alone."""
    before = given, touched, heard = frame.given, frame.touched, frame.heard
    outcome = DONE
    statuses: list[Status] = []
    last = len(statement.parts) - 1
    for place, part in enumerate(statement.parts):
        inside = frame if branches.sets_nothing(part, frame) else frame.copy()
        inside.given, inside.touched, inside.heard = given, touched, heard or place < last
        try:
            outcome = runner.run(part, inside)
        finally:
            frame.given, frame.touched, frame.heard = before
        statuses.append(outcome.status)
        given, touched = outcome.out, False
    if "pipefail" in frame.options:
        outcome = CommandResult(_of_all(statuses), outcome.out)
    return _checked(outcome, frame)


def _of_all(statuses: list[Status]) -> Status:
    """How a pipeline ends under ``pipefail``."""
    if Status.FALSE in statuses:
        return Status.FALSE
    worst = [status for status in (Status.OPEN, Status.PRESUMED) if status in statuses]
    return worst[0] if worst else Status.TRUE


def _checked(outcome: CommandResult, frame: Frame) -> CommandResult:
    """Under ``set -e`` a failure ends the script, where nothing tests it."""
    end_where_it_fails(outcome.status, frame)
    return outcome


def _not(runner: Runner, statement: Not, frame: Frame) -> CommandResult:
    outcome = branches.tested(runner, statement.statement, frame)
    return CommandResult(opposite(outcome.status), outcome.out)


def _function(runner: Runner, statement: Function, frame: Frame) -> CommandResult:
    runner.runs.define(statement.name)
    frame.functions[statement.name] = statement.body
    return DONE


def _compute(runner: Runner, statement: Compute, frame: Frame) -> CommandResult:
    status = arithmetic.status(arithmetic.compute(statement.expression, frame, runner.expander.quoted))
    return _checked(CommandResult(status), frame)


def _command(runner: Runner, statement: Command, frame: Frame) -> CommandResult:
    plain: tuple[Text, ...] | None = statement.fields
    if not plain:
        if not statement.words or statement.declares:
            return _checked(declare(runner, statement, frame), frame)
        plain = literal_fields(statement.words)
        if plain is None and not frame.groups:
            plain = runner.expander.plain_fields(statement.words, frame)
    if plain is not None:
        if len(plain) >= _FIELDS_A_STEP:
            runner.spend(len(plain) // _FIELDS_A_STEP)
        variants = [plain]
    else:
        variants = _expanded(runner, statement, frame)
        if frame.ended is not None:
            return CommandResult(Status.FALSE)
    if statement.assignments:
        outcome = _with_assignments(runner, statement, variants, frame)
    elif plain is not None:
        outcome = dispatch(runner, plain, frame)
    else:
        outcome = _each_variant(runner, variants, frame)
    if outcome.status is Status.FALSE:
        end_where_it_fails(Status.FALSE, frame)
    return outcome


def _with_assignments(
    runner: Runner, statement: Command, variants: list[tuple[Text, ...]], frame: Frame
) -> CommandResult:
    """What is assigned in front of a command is set, and exported, while it runs."""
    hidden = {item.name: frame.variables.get(item.name) for item in statement.assignments}
    exported = frame.exported
    for assignment in statement.assignments:
        assign(runner, assignment, frame)
    frame.exported |= hidden.keys()
    outcome = _each_variant(runner, variants, frame)
    for name, values in hidden.items():
        frame.restore(name, values)
    frame.exported = exported
    return outcome


def _each_variant(runner: Runner, variants: list[tuple[Text, ...]], frame: Frame) -> CommandResult:
    """One of the variants runs: what ``set`` or a function does in one of them is not seen by the next."""
    if len(variants) == 1:
        return dispatch(runner, variants[0], frame)
    ways = [frame.copy() for _ in variants]
    outcomes = [dispatch(runner, fields, way) for fields, way in zip(variants, ways, strict=True)]
    frame.join(ways)
    outs = [text for outcome in outcomes for text in outcome.out]
    status = together([outcome.status for outcome in outcomes])
    return CommandResult(status, alternatives(outs or NOTHING))


def _expanded(runner: Runner, statement: Command, frame: Frame) -> list[tuple[Text, ...]]:
    """The words as fields; where a word has alternatives, each once, beside the first of the others."""
    once = not frame.groups and statement.text.count("$") < 2
    if once or independent(frame.groups, frame.variables):
        found = _fields(runner, statement, frame)
        return found if once or len(found) == 1 else list(dict.fromkeys(found))
    variants = each_arm(
        frame.groups, frame.variables, statement.text, lambda: _fields(runner, statement, frame)
    )
    return list(dict.fromkeys(fields for found in variants for fields in found))


def _fields(runner: Runner, statement: Command, frame: Frame) -> list[tuple[Text, ...]]:
    expander = runner.expander
    found = [expander.fields(word, frame) for word in statement.words]
    runner.spend(sum([len(options[0]) for options in found]) // _FIELDS_A_STEP)
    return one_at_a_time(found)


def _names_input(word: Text) -> bool:
    """``-``, ``@-``, ``--file=-``, ``/dev/stdin``."""
    last = word[-1] if word else ""
    return isinstance(last, str) and (last[-_LONGEST_GIVEN:].endswith("-") or last.endswith("/stdin"))


_RUNNERS = cast(
    dict[type, Callable[[Runner, Statement, Frame], CommandResult]],
    {
        Command: _command,
        Redirected: redirected,
        Condition: condition,
        Compute: _compute,
        Pipeline: _pipeline,
        AndOr: branches.and_or,
        Sequence: _sequence,
        Not: _not,
        If: branches.if_,
        Case: branches.case,
        For: loops.over_words,
        While: loops.under_condition,
        CountedFor: loops.counted,
        Function: _function,
    },
)
"""Kind of statement → what follows it."""


def exec_form(evaluator: Evaluator, words: tuple[str, ...], frame: Frame) -> None:
    """Follow a command that no shell reads."""
    evaluator.command(tuple(text_of(word) for word in words), frame)
