"""A partial evaluator: which commands a script runs, with the values that their words can take.

Nothing is ever run. What is known is followed; where a condition is not decided both arms are; an arm that
exits is dropped. All work is counted, and ends with the budget.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from freshlayer.shell.expand import Expander
from freshlayer.shell.frame import Frame
from freshlayer.shell.loops import Loops
from freshlayer.shell.patterns import matches, protected_regex
from freshlayer.shell.programs import test as conditions
from freshlayer.shell.programs.dispatch import LOCAL, Programs
from freshlayer.shell.status import DONE, BudgetError, Call, CommandResult, Status, opposite, together
from freshlayer.shell.syntax.nodes import (
    AndOr,
    Assignment,
    Case,
    Command,
    Condition,
    For,
    Function,
    If,
    Literal,
    Not,
    Parameter,
    Pipeline,
    Redirected,
    Sequence,
    Statement,
    While,
    Word,
)
from freshlayer.shell.syntax.operands import operand
from freshlayer.shell.syntax.parse import parse
from freshlayer.shell.values import (
    NOTHING,
    Text,
    Values,
    alternatives,
    concat,
    known,
    text_of,
    without_line_ends,
)
from freshlayer.shell.variants import one_at_a_time

STEPS = 8_000
_DEEPEST_CALL = 6
_FIELDS_A_STEP = 20


class Evaluator:
    """Walks a script; ``calls`` grows in the order in which the script would run them.

    ``whole``: False where a script inside the script (``eval``, ``sh -c``) was not understood.
    ``at``: what is known where the last command runs.
    """

    def __init__(self, platform: str, fetchers: frozenset[str]) -> None:
        self.calls: list[Call] = []
        self.at: Frame | None = None
        self._steps = 0
        self._depth = 0
        self._substituted = Status.TRUE
        self.whole = True
        self.expander = Expander(self._captured)
        self._programs = Programs(self, platform, fetchers)
        self._loops = Loops(self, self._programs)
        self._runners: dict[type, Callable[..., CommandResult]] = {
            Command: self._command,
            Redirected: self._redirected,
            Condition: self._condition,
            Pipeline: self._pipeline,
            AndOr: self._and_or,
            Sequence: self._sequence,
            Not: self._not,
            If: self._if,
            Case: self._case,
            For: self._loops.over_words,
            While: self._loops.under_condition,
            Function: self._function,
        }

    def run(self, statement: Statement, frame: Frame, given: Values | None = None) -> CommandResult:
        """Follow a statement. ``given`` is its standard input, where that is known. Raises BudgetError."""
        self.spend(1)
        if not frame.going:
            return DONE
        outcome: CommandResult = self._runners[type(statement)](statement, frame, given)
        return outcome

    def spend(self, steps: int) -> None:
        """Count work. Raises BudgetError where it is more than a script is worth."""
        self._steps += steps
        if self._steps > STEPS:
            raise BudgetError

    def exec_form(self, words: tuple[str, ...], frame: Frame) -> None:
        """Follow a command that no shell reads."""
        self._programs.run(tuple(text_of(word) for word in words), frame, None)

    def called(self, words: tuple[Text, ...], given: Values | None = None) -> None:
        """Note that a program runs."""
        proxies, directory = (self.at.proxies(), self.at.directory) if self.at else ((), "/")
        self.calls.append(Call(words, given or NOTHING, proxies, directory))

    def script(self, text: str, frame: Frame, given: Values | None = None) -> CommandResult:
        """Follow the text of a script inside this one: ``sh -c``, ``eval``, ``$(…)``."""
        if self._depth >= _DEEPEST_CALL:
            raise BudgetError
        self._depth += 1
        try:
            script = parse(text)
            self.whole &= script.whole
            return self.run(script.body, frame, given)
        finally:
            self._depth -= 1

    def _captured(self, text: str, frame: Frame) -> Values:
        """The output of ``$(…)``; trailing line ends are dropped."""
        outcome = self.script(text, frame.copy())
        self._substituted = outcome.status
        return alternatives(without_line_ends(item) for item in outcome.out)

    def _sequence(self, statement: Sequence, frame: Frame, given: Values | None) -> CommandResult:
        inside = frame.copy() if statement.own else frame
        outcome = DONE
        out = NOTHING
        for item in statement.statements:
            if not inside.going:
                break
            outcome = self.run(item, inside, given)
            out = concat(out, outcome.out)
        return CommandResult(outcome.status, out)

    def _redirected(self, statement: Redirected, frame: Frame, given: Values | None) -> CommandResult:
        if statement.given is not None:
            given = self.expander.whole(statement.given, frame)
        outcome = self.run(statement.statement, frame, given)
        return replace(outcome, out=NOTHING) if statement.writes else outcome

    def _pipeline(self, statement: Pipeline, frame: Frame, given: Values | None) -> CommandResult:
        """Each part has an environment of its own; what it exits, it exits alone."""
        outcome = CommandResult(Status.TRUE)
        for part in statement.parts:
            outcome = self.run(part, frame.copy(), given)
            given = outcome.out
        return outcome

    def _and_or(self, statement: AndOr, frame: Frame, given: Values | None) -> CommandResult:
        match statement:
            case AndOr(left=AndOr(operator="&&") as inner, operator="||"):
                return self._either(statement, inner, frame, given)
            case _:
                return self._right(statement, self.run(statement.left, frame, given), frame, given)

    def _either(self, statement: AndOr, inner: AndOr, frame: Frame, given: Values | None) -> CommandResult:
        """``condition && one || other``: mostly an if with an else."""
        asked = self.run(inner.left, frame, given)
        if asked.status is not Status.OPEN or not frame.going:
            return self._right(statement, self._right(inner, asked, frame, given), frame, given)
        arm, other = frame.copy(), frame.copy()
        self._narrow(inner.left, arm, wanted=True)
        self._narrow(inner.left, other, wanted=False)
        arms = [(arm, _behind(asked.out, self.run(inner.right, arm, given)))]
        if arms[0][1].status is not Status.TRUE:
            failed = arm.copy()
            arms.append((failed, _behind(arms[0][1].out, self.run(statement.right, failed, given))))
        arms.append((other, _behind(asked.out, self.run(statement.right, other, given))))
        return _joined(frame, arms)

    def _right(
        self, statement: AndOr, left: CommandResult, frame: Frame, given: Values | None
    ) -> CommandResult:
        """What becomes of the right side, when the left one has run."""
        if not frame.going:
            return left
        wanted = Status.TRUE if statement.operator == "&&" else Status.FALSE
        if left.status is opposite(wanted):
            return left
        if left.status is wanted:
            right = self.run(statement.right, frame, given)
            return CommandResult(right.status, concat(left.out, right.out))
        if wanted is Status.TRUE and left.status is Status.PRESUMED:
            return self._most_likely(statement.right, frame, left, given)
        return self._perhaps(statement, frame, left, given)

    def _most_likely(
        self, then: Statement, frame: Frame, left: CommandResult, given: Values | None
    ) -> CommandResult:
        """Behind a program that may fail: what ends the script there does not end it for certain."""
        before = frame.copy()
        right = self.run(then, frame, given)
        if not frame.going:
            frame.go_on_from([before])
        return CommandResult(right.status, concat(left.out, right.out))

    def _perhaps(
        self, both_sides: AndOr, frame: Frame, left: CommandResult, given: Values | None
    ) -> CommandResult:
        """The right side may run or not."""
        condition, statement, wanted = both_sides.left, both_sides.right, both_sides.operator == "&&"
        arm, other = frame.copy(), frame.copy()
        if left.status is Status.OPEN:
            self._narrow(condition, arm, wanted=wanted)
            self._narrow(condition, other, wanted=not wanted)
        right = self.run(statement, arm, given)
        frame.join([other, arm])
        both = alternatives([*left.out, *concat(left.out, right.out)])
        return CommandResult(Status.PRESUMED if left.status is Status.PRESUMED else Status.OPEN, both)

    def _not(self, statement: Not, frame: Frame, given: Values | None) -> CommandResult:
        outcome = self.run(statement.statement, frame, given)
        return replace(outcome, status=opposite(outcome.status))

    def _if(self, statement: If, frame: Frame, given: Values | None) -> CommandResult:
        arms: list[tuple[Frame, CommandResult]] = []
        rest = frame.copy()
        before = NOTHING
        for condition, body in statement.branches:
            asked = self.run(condition, rest, given)
            before = concat(before, asked.out)
            if not rest.going:
                arms.append((rest, asked))
                break
            if asked.status is Status.FALSE:
                continue
            arm = rest if asked.status is Status.TRUE else rest.copy()
            if asked.status is Status.OPEN:
                self._narrow(condition, arm, wanted=True)
                self._narrow(condition, rest, wanted=False)
            arms.append((arm, _behind(before, self.run(body, arm, given))))
            if asked.status is Status.TRUE:
                break
        else:
            last = self.run(statement.otherwise, rest, given) if statement.otherwise else DONE
            arms.append((rest, _behind(before, last)))
        return _joined(frame, arms)

    def _case(self, statement: Case, frame: Frame, given: Values | None) -> CommandResult:
        subjects = self.expander.whole(statement.subject, frame)
        arms: list[tuple[Frame, CommandResult]] = []
        for bodies in self._chosen(statement, subjects, frame):
            arm = frame.copy()
            arms.append((arm, self.run(Sequence(bodies), arm, given)))
        return _joined(frame, arms)

    def _chosen(self, statement: Case, subjects: Values, frame: Frame) -> list[tuple[Statement, ...]]:
        """The bodies that can be run, for each way to go. A subject that is not known takes every arm."""
        chosen: list[tuple[Statement, ...]] = []
        for subject in subjects:
            text = known(subject)
            taken: list[Statement] = []
            through = False
            for arm in statement.arms:
                fits = [self._fits(pattern, text, frame) for pattern in arm.patterns]
                if text is not None and (True in fits or through):
                    taken.append(arm.body)
                    through = arm.ending == ";&"
                    if arm.ending == ";;":
                        break
                elif True in fits or None in fits:
                    chosen.append((arm.body,))
            if taken or text is not None or not _catches_all(statement):
                chosen.append(tuple(taken))
        return list(dict.fromkeys(chosen))

    def _fits(self, pattern: Word, subject: str | None, frame: Frame) -> bool | None:
        if subject is None:
            return None
        found = self.expander.pattern(pattern, frame)
        wanted = known(found[0]) if len(found) == 1 else None
        return None if wanted is None else matches(wanted, subject)

    def _function(self, statement: Function, frame: Frame, _given: Values | None) -> CommandResult:
        frame.functions[statement.name] = statement.body
        return DONE

    def _condition(self, statement: Condition, frame: Frame, _given: Values | None) -> CommandResult:
        outcomes = {
            conditions.decide(list(fields), double=statement.double)
            for fields in one_at_a_time(self._operands(statement, frame))
        }
        if len(outcomes) == 1 and None not in outcomes:
            return CommandResult(Status.TRUE if outcomes.pop() else Status.FALSE)
        return CommandResult(Status.OPEN)

    def _operands(self, statement: Condition, frame: Frame) -> list[list[tuple[Text, ...]]]:
        """In ``[[ … ]]`` nothing is split, and what stands behind ``=`` or ``=~`` is a pattern."""
        if not statement.double:
            return [self.expander.fields(word, frame, unset_vanishes=True) for word in statement.words]
        found: list[list[tuple[Text, ...]]] = []
        before: Word = ()
        for word in statement.words:
            match before:
                case (Literal(text="==" | "=" | "!="),):
                    values = self.expander.pattern(word, frame)
                case (Literal(text="=~"),):
                    values = self.expander.pattern(word, frame, protected_regex)
                case _:
                    values = self.expander.whole(word, frame)
            found.append([(text,) for text in values])
            before = word
        return found

    def _narrow(self, condition: Statement, frame: Frame, *, wanted: bool) -> None:
        """In an arm, a variable keeps only the alternatives under which the condition leads there."""
        while isinstance(condition, Sequence) and len(condition.statements) == 1:
            condition = condition.statements[0]
        if isinstance(condition, Not):
            self._narrow(condition.statement, frame, wanted=not wanted)
        if not isinstance(condition, Condition):
            return
        parts = [part for word in condition.words for part in word if isinstance(part, Parameter)]
        for name in dict.fromkeys(part.name for part in parts):
            before = frame.get(name)
            if len(before) > 1:
                against = Status.FALSE if wanted else Status.TRUE
                kept = [text for text in before if self._with(condition, frame, name, text) is not against]
                frame.variables[name] = alternatives(kept or before)

    def _with(self, condition: Condition, frame: Frame, name: str, text: Text) -> Status:
        self.spend(1)
        trial = frame.copy()
        trial.variables[name] = (text,)
        return self._condition(condition, trial, None).status

    def _command(self, statement: Command, frame: Frame, given: Values | None) -> CommandResult:
        if not statement.words or statement.declares:
            return self._declare(statement, frame, given)
        variants = self.variants(statement.words, frame)
        hidden = {item.name: frame.variables.get(item.name) for item in statement.assignments}
        for assignment in statement.assignments:
            self._assign(assignment, frame)
        arms = [(fields, self._programs.run(fields, frame, given)) for fields in variants]
        for name, values in hidden.items():
            frame.restore(name, values)
        outs = [text for _, outcome in arms for text in outcome.out]
        return CommandResult(together([outcome.status for _, outcome in arms]), alternatives(outs or NOTHING))

    def _declare(self, statement: Command, frame: Frame, given: Values | None) -> CommandResult:
        """Assignments that stay. Their status is that of the last substitution in them (POSIX 2.9.1)."""
        self._substituted = Status.TRUE
        variants = self.variants(statement.words, frame) if statement.words else []
        if variants and variants[0] and known(variants[0][0]) in LOCAL:
            for assignment in statement.assignments:
                frame.hide(assignment.name)
        for assignment in statement.assignments:
            self._assign(assignment, frame)
        for fields in variants:
            self._programs.run(fields, frame, given)
        return CommandResult(Status.TRUE if statement.words else self._substituted)

    def _assign(self, assignment: Assignment, frame: Frame) -> None:
        name = assignment.name
        if assignment.array is not None:
            items = [field for fields in self.variants(assignment.array, frame) for field in fields]
            frame.set_array(name, items, appends=assignment.appends)
            return
        value = self.expander.whole(assignment.value, frame)
        if assignment.index:
            key = self.expander.whole(operand(assignment.index, quoted=True), frame)
            frame.arrays[name] = {**frame.arrays.get(name, {}), known(key[0]) or "": value}
        else:
            before = frame.get(name) if assignment.appends else NOTHING
            frame.variables[name] = concat(before, value)
            frame.arrays.pop(name, None)

    def variants(self, words: tuple[Word, ...], frame: Frame) -> list[tuple[Text, ...]]:
        """The words as fields; where a word has alternatives, each once, beside the first of the others."""
        found = [self.expander.fields(word, frame) for word in words]
        self.spend(sum(len(options[0]) for options in found) // _FIELDS_A_STEP)
        return one_at_a_time(found)


def _behind(before: Values, outcome: CommandResult) -> CommandResult:
    return replace(outcome, out=concat(before, outcome.out))


def _joined(frame: Frame, arms: list[tuple[Frame, CommandResult]]) -> CommandResult:
    """One of the arms is taken."""
    frame.join([arm for arm, _ in arms])
    outs = [text for _, outcome in arms for text in outcome.out]
    return CommandResult(together([outcome.status for _, outcome in arms]), alternatives(outs or NOTHING))


def _catches_all(statement: Case) -> bool:
    return any((Literal("*"),) in arm.patterns for arm in statement.arms)
