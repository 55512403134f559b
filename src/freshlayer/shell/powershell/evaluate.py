"""A partial evaluator of PowerShell: which commands a script runs, with the values of their words.

Nothing is ever run. Where a condition is not decided, the script goes on in several ways, each with values of
its own; ways that know the same become one. All work is counted, and ends with the budget.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from freshlayer.model.reasons import Reason
from freshlayer.shell import Surroundings
from freshlayer.shell.powershell import nodes
from freshlayer.shell.powershell.binding import Given
from freshlayer.shell.powershell.commands import Commands
from freshlayer.shell.powershell.compute import Computer, single
from freshlayer.shell.powershell.downloads import DOWNLOADS
from freshlayer.shell.powershell.frame import Frame, distinct
from freshlayer.shell.powershell.loops import Loops
from freshlayer.shell.powershell.operators import binary, pattern_of, wildcard
from freshlayer.shell.powershell.parse import parse
from freshlayer.shell.powershell.values import (
    Code,
    Instance,
    Items,
    Value,
    gathered,
    hole,
    items,
    known_text,
    text,
    truth,
)
from freshlayer.shell.status import BudgetError, Call
from freshlayer.shell.values import Hole, Text, Values, Why

STEPS = 20_000
_DEEPEST_SCRIPT = 6
_MOST_EVENTS = 2_000
_BROKEN = frozenset({"break", "continue"})


class Cmdlet(Struct, frozen=True):
    """A command of PowerShell, or a method of .NET that reads from the network, that a script runs.

    ``name`` in small letters; a method's is ``webclient.downloadfile``. ``text`` as written.
    """

    name: str
    given: Given
    text: str


Event = Cmdlet | Call


class Evaluator:
    """Walks a script; ``events`` grows by what it runs. ``whole``: False where not all was understood."""

    def __init__(self, surroundings: Surroundings, *, windows: bool) -> None:
        self.events: dict[Event, None] = {}
        self.whole = True
        self.windows = windows
        self.fetchers = surroundings.fetchers
        self._surroundings = surroundings
        self._steps = 0
        self._depth = 0
        self.computer = Computer(self)
        self._commands = Commands(self)
        loops = Loops(self)
        self._runners: dict[type, Callable[[Any, Frame], list[Frame]]] = {
            nodes.Block: lambda node, frame: self._statements(node.statements, frame),
            nodes.Pipeline: self._pipeline,
            nodes.Chain: self._chain,
            nodes.Assignment: self._assignment,
            nodes.If: self._if,
            nodes.Switch: self._switch,
            nodes.ForEach: loops.over_items,
            nodes.Loop: loops.under_condition,
            nodes.Try: self._try,
            nodes.Function: self._function,
            nodes.Flow: self._flow,
        }

    def run(self, statement: nodes.Statement, frame: Frame) -> list[Frame]:
        """Every way through a statement. Raises BudgetError."""
        self.spend(1)
        return self._runners[type(statement)](statement, frame)

    def spend(self, steps: int) -> None:
        """Count work. Raises BudgetError where it is more than a script is worth."""
        self._steps += steps
        if self._steps > STEPS or len(self.events) > _MOST_EVENTS:
            raise BudgetError

    def note_program(self, words: tuple[Text, ...], given: Values, directory: str) -> None:
        """Note that a program runs."""
        self.events[Call(words, given, directory=directory)] = None

    def note_cmdlet(self, name: str, given: Given, text: str) -> None:
        """Note that a cmdlet runs."""
        self.events[Cmdlet(name, given, text)] = None

    def script(self, text: str) -> nodes.Block:
        """The text of a script inside this one."""
        script = parse(text)
        self.whole &= script.whole
        return script.body

    def followed(self, text: str, frame: Frame) -> list[Frame]:
        """Follow the text of a script inside this one."""
        return self.inside(self.script(text), frame)

    def inside(self, block: nodes.Block, frame: Frame) -> list[Frame]:
        """Follow a block that is called, to a depth."""
        if self._depth >= _DEEPEST_SCRIPT:
            raise BudgetError
        self._depth += 1
        try:
            return self.run(block, frame)
        finally:
            self._depth -= 1

    def output(self, statement: nodes.Statement, frame: Frame) -> list[tuple[Frame, tuple[Value, ...]]]:
        """Every way through a statement, with what it outputs."""
        found: list[tuple[Frame, tuple[Value, ...]]] = []
        for way in self.run(statement, frame.copy(out=[])):
            out, way.out = tuple(way.out), list(frame.out)
            found.append((way, out))
        return found

    def environment(self, name: str) -> Value:
        """A variable of the environment at the start; Windows knows no capitals in names."""
        found = [
            self._surroundings.value(spelled) for spelled in dict.fromkeys((name, name.upper(), name.lower()))
        ]
        known = next((one for one in found if isinstance(one, str)), None)
        if known is None and name.upper() == "PROCESSOR_ARCHITECTURE":
            return self.processor("windows")
        if known is not None:
            return known
        return next((one for one in found if isinstance(one, Hole) and one.why is not Why.BASE), found[0])

    def processor(self, name: str) -> Value:
        """The platform's architecture as Windows or as .NET names it."""
        machine = self._surroundings.platform.split("/")[1:2]
        names = {"amd64": ("AMD64", "X64"), "arm64": ("ARM64", "Arm64"), "386": ("x86", "X86")}
        found = names.get(machine[0] if machine else "")
        return hole("$env:PROCESSOR_ARCHITECTURE") if found is None else found[0 if name == "windows" else 1]

    def called(self, target: Value, type_name: str, name: str, arguments: tuple[Value, ...]) -> Value | None:
        """A method that reads from the network; None where it does not."""
        kind = type_name or (target.type if isinstance(target, Instance) else "")
        answer = DOWNLOADS.get(name)
        if answer is None or not answer.belongs(kind) or isinstance(target, str | Items):
            return None
        options = tuple(
            (small, value)
            for small, _, value in (target.properties.rows if isinstance(target, Instance) else ())
        )
        written = f".{name}({', '.join(''.join(_shown(text(one))) for one in arguments[:1])})"
        self.note_cmdlet(f"{answer.kind}.{name}", Given(options, arguments), written)
        return Hole(Why.ANSWER, Reason("depends-on-answer"), written)

    def _statements(self, statements: tuple[nodes.Statement, ...], frame: Frame) -> list[Frame]:
        ways = [frame]
        for statement in statements:
            following: list[Frame] = []
            for way in ways:
                following += [way] if way.ended else self.run(statement, way)
            ways = distinct(following)
        return ways

    def _pipeline(self, node: nodes.Pipeline, frame: Frame) -> list[Frame]:
        found: list[Frame] = []
        for way, out in self._parts(node.parts, frame, None):
            way.out += out
            found.append(way)
        return found

    def _parts(
        self,
        parts: tuple[nodes.Command | nodes.Expression, ...],
        frame: Frame,
        given: tuple[Value, ...] | None,
    ) -> list[tuple[Frame, tuple[Value, ...]]]:
        """What the last part outputs. ``given`` is the input of the first."""
        first, *rest = parts
        if isinstance(first, nodes.Command):
            ways = self._commands.run(first, frame, given)
        else:
            ways = [(frame, items(self.computer.value(first, frame)))]
        if not rest:
            return ways
        found: list[tuple[Frame, tuple[Value, ...]]] = []
        for way, out in ways:
            found += [(way, ())] if way.ended else self._parts(tuple(rest), way, out)
        return found

    def _chain(self, node: nodes.Chain, frame: Frame) -> list[Frame]:
        """A program before ``&&`` most likely succeeds; what is behind ``||`` may run."""
        ways = [frame]
        for operator, statement in node.parts:
            before = [way.copy() for way in ways] if operator == "||" else []
            after = [one for way in ways for one in ([way] if way.ended else self.run(statement, way))]
            ways = distinct([*before, *after])
        return ways

    def _assignment(self, node: nodes.Assignment, frame: Frame) -> list[Frame]:
        only = single(node.value)
        if only is not None:
            self._assign(node, self.computer.value(only, frame), frame)
            return [frame]
        ways: list[Frame] = []
        for way, out in self.output(node.value, frame):
            if not way.ended:
                self._assign(node, gathered(out), way)
            ways.append(way)
        return distinct(ways)

    def _assign(self, node: nodes.Assignment, value: Value, frame: Frame) -> None:
        if node.operator != "=":
            value = binary(node.operator[:-1], self.computer.value(node.target, frame), value)
        self.computer.assign(node.target, value, frame)

    def decided(self, condition: nodes.Statement, frame: Frame) -> list[tuple[Frame, bool | None]]:
        """Every way through a condition, with its answer; None where that is not known."""
        return [(way, truth(gathered(out))) for way, out in self.output(condition, frame)]

    def _if(self, node: nodes.If, frame: Frame) -> list[Frame]:
        done: list[Frame] = []
        open_ways = [frame]
        for condition, body in node.branches:
            following: list[Frame] = []
            for way in open_ways:
                for after, answer in self.decided(condition, way):
                    if answer is not False:
                        arm = after.copy() if answer is None else after
                        self._narrow(condition, arm)
                        done += self.run(body, arm)
                    if answer is not True:
                        following.append(after)
            open_ways = distinct(following) if following else []
        for way in open_ways:
            done += self.run(node.otherwise, way) if node.otherwise else [way]
        return distinct(done)

    def _narrow(self, condition: nodes.Statement, frame: Frame) -> None:
        """``if ($x -eq 'a')``: inside, an unknown ``$x`` is known."""
        match single(condition):
            case nodes.Binary(nodes.Variable() as variable, "-eq", nodes.String() as wanted):
                if isinstance(self.computer.variable(variable.name, frame), Hole):
                    frame.set(variable.name, self.computer.value(wanted, frame))
            case _:
                return

    def _switch(self, node: nodes.Switch, frame: Frame) -> list[Frame]:
        only = single(node.subject)
        subject = (
            self.computer.value(only, frame) if only else gathered(self.output(node.subject, frame)[0][1])
        )
        ways = [frame]
        for item in items(subject):
            ways = distinct([one for way in ways for one in self._clauses(node, item, only, way)])
        for way in ways:
            way.ended = None if way.ended in _BROKEN else way.ended
        return ways

    def _clauses(
        self, node: nodes.Switch, item: Value, subject: nodes.Expression | None, frame: Frame
    ) -> list[Frame]:
        done: list[Frame] = []
        frame.variables["_"] = item
        ways, taken = [frame], False
        for pattern, body in node.clauses:
            if pattern is None:
                continue
            answer = self._fits(pattern, item, node.options, frame)
            if answer is None:
                arm = frame.copy()
                wanted = self.computer.value(pattern, arm) if isinstance(pattern, nodes.String) else None
                if isinstance(subject, nodes.Variable) and isinstance(item, Hole) and not node.options:
                    arm.set(subject.name, wanted)
                done += self.run(body, arm)
            elif answer:
                ways = [one for way in ways for one in ([way] if way.ended else self.run(body, way))]
                taken = True
        default = next((body for pattern, body in node.clauses if pattern is None), None)
        if default is not None and not taken:
            ways = [one for way in ways for one in self.run(default, way)]
        return distinct([*done, *ways])

    def _fits(
        self, pattern: nodes.Expression, item: Value, options: frozenset[str], frame: Frame
    ) -> bool | None:
        value = self.computer.value(pattern, frame)
        if isinstance(value, Code):
            answers = {answer for _, answer in self.decided(value.block, frame.copy())}
            return answers.pop() if len(answers) == 1 else None
        if options & {"-regex", "-wildcard"}:
            wanted, subject = known_text(value), known_text(item)
            source = wanted if "-regex" in options or wanted is None else wildcard(wanted)
            found = pattern_of(source, exact=False) if source is not None else None
            if found is None or subject is None or not found.fits(subject):
                return None
            return found.compiled.search(subject) is not None
        return truth(binary("-eq", item, value))

    def _try(self, node: nodes.Try, frame: Frame) -> list[Frame]:
        """A handler runs from what was known before the body, which may fail at once."""
        before = frame.copy()
        ways = self.run(node.body, frame)
        done = [way for way in ways if way.ended != "throw"]
        for handler in node.handlers:
            arm = before.copy()
            arm.variables["_"] = hole("$_")
            done += self.run(handler, arm)
        if not node.handlers:
            done = ways
        if node.last is None:
            return distinct(done)
        return distinct([one for way in distinct(done) for one in self._last(node.last, way)])

    def _last(self, block: nodes.Block, way: Frame) -> list[Frame]:
        ended, way.ended = way.ended, None
        found = self.run(block, way)
        for one in found:
            one.ended = one.ended or ended
        return found

    def _function(self, node: nodes.Function, frame: Frame) -> list[Frame]:
        frame.functions[node.name.lower().rpartition(":")[2]] = node.block
        return [frame]

    def _flow(self, node: nodes.Flow, frame: Frame) -> list[Frame]:
        if node.kind == "return" and node.value:
            ways = self.run(node.value, frame)
        elif node.value and node.kind != "exit":
            ways = [way for way, _ in self.output(node.value, frame)]
        else:
            ways = [frame]
        for way in ways:
            way.ended = way.ended or node.kind
        return ways


def _shown(parts: Text) -> list[str]:
    return [part if isinstance(part, str) else part.text for part in parts]
