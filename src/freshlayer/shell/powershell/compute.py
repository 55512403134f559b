"""Expressions → values. What they call runs on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from freshlayer.model.reasons import Reason
from freshlayer.shell.powershell import nodes
from freshlayer.shell.powershell.frame import TOO_MANY, Frame, short_name
from freshlayer.shell.powershell.methods import cast, indexed, member, method, static
from freshlayer.shell.powershell.operators import binary, gathered_array, pattern_of, unary
from freshlayer.shell.powershell.spelling import TooDeepError
from freshlayer.shell.powershell.strings import Piece, pieces
from freshlayer.shell.powershell.values import (
    Code,
    Instance,
    Items,
    Table,
    Value,
    gathered,
    hole,
    items,
    known_text,
    number,
    string,
    table,
    text,
    truth,
)
from freshlayer.shell.values import Hole, Why, text_of

_CONSTANTS: dict[str, Value] = {"true": True, "false": False, "null": None}
_SETTINGS = frozenset(
    "erroractionpreference progresspreference verbosepreference warningpreference debugpreference"
    " informationpreference psnativecommanduseerroractionpreference confirmpreference".split()
)
_OF_SESSION = frozenset(
    "? $ lastexitcode error pwd home profile psversiontable psscriptroot pscommandpath host pid psedition"
    " iswindows islinux ismacos iscoreclr executioncontext myinvocation psculture psuiculture"
    " shellid stacktrace"
    " nestedpromptlevel pshome input matches foreach switch event sender".split()
)


NO_PROPERTIES = Table(())


class Runner(Protocol):
    """The evaluator, as expressions and commands see it. Every method raises BudgetError."""

    def spend(self, steps: int) -> None:
        """Count work."""

    def output(self, statement: nodes.Statement, frame: Frame) -> list[tuple[Frame, tuple[Value, ...]]]:
        """Every way through a statement, with what it outputs."""

    def environment(self, name: str) -> Value:
        """A variable of the environment at the start of the script."""

    def called(self, target: Value, type_name: str, name: str, arguments: tuple[Value, ...]) -> Value | None:
        """A method that reads from the network; None where it does not."""

    def script(self, text: str) -> nodes.Block:
        """The text of a script inside this one."""

    def processor(self, name: str) -> Value:
        """What the platform decides."""


class Computer:
    """Computes expressions in a frame."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._kinds: dict[type, Callable[[Any, Frame], Value]] = {
            nodes.String: self._string,
            nodes.Constant: lambda node, _: node.value,
            nodes.Variable: lambda node, frame: self.variable(node.name, frame),
            nodes.TypeName: lambda node, _: node.name,
            nodes.Unary: lambda node, frame: unary(node.operator, self.value(node.operand, frame)),
            nodes.Binary: self._binary,
            nodes.Step: self._step,
            nodes.ArrayOf: lambda node, frame: gathered_array(
                tuple(self.value(i, frame) for i in node.items)
            ),
            nodes.Cast: self._cast,
            nodes.Member: self._member,
            nodes.Invocation: self._invocation,
            nodes.Index: self._index,
            nodes.Hash: self._hash,
            nodes.Inner: self._inner,
            nodes.ScriptBlock: lambda node, _: Code(node.block),
            nodes.Opaque: lambda node, _: hole(node.text),
        }

    def value(self, node: nodes.Expression, frame: Frame) -> Value:
        """The value of an expression. Raises BudgetError."""
        self._runner.spend(1)
        return self._kinds[type(node)](node, frame)

    def variable(self, name: str, frame: Frame) -> Value:
        """``$name`` or ``$env:name``."""
        scope, colon, rest = name.partition(":")
        if colon and scope.lower() == "env":
            found = frame.environment.get(rest.lower())
            return self._runner.environment(rest) if rest.lower() not in frame.environment else found
        short = short_name(name)
        if short in frame.variables:
            return frame.variables[short]
        if short in _CONSTANTS:
            return _CONSTANTS[short]
        if short in _SETTINGS:
            return hole(f"${name}")
        if short in _OF_SESSION or colon:
            return hole(f"${name}", Reason("needs-command-output", detail=f"${name} is set by PowerShell"))
        return hole(f"${name}", Reason("not-set", f"${name}"))

    def expanded(self, inside: str, frame: Frame) -> Value:
        """The inside of a double-quoted string."""
        try:
            found = pieces(inside)
        except TooDeepError:
            return hole(inside)
        return string(text_of(*(part for piece in found for part in self._piece(piece, frame))))

    def _piece(self, piece: Piece, frame: Frame) -> tuple[str | Hole, ...]:
        if piece.variable:
            return text(self.variable(piece.variable, frame))
        if piece.script is not None:
            return text(self._gathered(self._runner.script(piece.script), frame))
        return (piece.text,)

    def _string(self, node: nodes.String, frame: Frame) -> Value:
        if not node.expands or not ("$" in node.text or "`" in node.text or '"' in node.text):
            return node.text
        return self.expanded(node.text, frame)

    def _binary(self, node: nodes.Binary, frame: Frame) -> Value:
        left = self.value(node.left, frame)
        decided = truth(left)
        if (node.operator, decided) in {("-and", False), ("-or", True)}:
            return decided
        if node.operator in {"-is", "-isnot"}:
            return hole("…")
        if node.operator == "-as":
            return cast(node.right.name, left) if isinstance(node.right, nodes.TypeName) else hole("…")
        right = self.value(node.right, frame)
        result = binary(node.operator, left, right, exact=node.exact)
        if node.operator == "-match" and result is True:
            self._remember(left, right, frame, exact=node.exact)
        return result

    @staticmethod
    def _remember(left: Value, right: Value, frame: Frame, *, exact: bool) -> None:
        """``$Matches`` after a match."""
        subject, wanted = known_text(left), known_text(right)
        found = pattern_of(wanted, exact=exact) if wanted is not None else None
        match = found.compiled.search(subject) if found and subject is not None else None
        groups = (match[0], *match.groups()) if match else ()
        frame.variables["matches"] = table([(str(n), one or "") for n, one in enumerate(groups)])

    def _step(self, node: nodes.Step, frame: Frame) -> Value:
        before = number(self.value(node.target, frame))
        self.assign(node.target, hole("…") if before is None else before + node.by, frame)
        return None

    def _cast(self, node: nodes.Cast, frame: Frame) -> Value:
        operand = self.value(node.operand, frame)
        if node.type == "scriptblock" and isinstance(operand, str):
            return Code(self._runner.script(operand))
        return cast(node.type, operand)

    def _member(self, node: nodes.Member, frame: Frame) -> Value:
        if isinstance(node.target, nodes.TypeName):
            if node.target.name == "runtime.interopservices.runtimeinformation" and node.name.endswith(
                "architecture"
            ):
                return self._runner.processor(".net")
            return (
                "\n"
                if (node.target.name, node.name) == ("environment", "newline")
                else hole(f"[{node.target.name}]::{node.name}")
            )
        return member(self.value(node.target, frame), node.name) if node.name else hole("…")

    def _invocation(self, node: nodes.Invocation, frame: Frame) -> Value:
        if node.name == "add" and isinstance(node.target, nodes.Variable | nodes.Member):
            return self._add(node, frame)
        type_name = node.target.name if isinstance(node.target, nodes.TypeName) else ""
        target = None if type_name else self.value(node.target, frame)
        if node.name in {"foreach", "where"} and node.arguments:
            return self._each(target, node, frame)
        arguments = tuple(self.value(argument, frame) for argument in node.arguments)
        found = self._runner.called(target, type_name, node.name, arguments)
        if found is not None:
            return found
        if not type_name:
            return method(target, node.name, arguments) if node.name else hole("…")
        return self._static(type_name, node.name, arguments, frame)

    def _static(self, type_name: str, name: str, arguments: tuple[Value, ...], frame: Frame) -> Value:
        first = arguments[0] if arguments else None
        if name == "new":
            return made(type_name, arguments)
        if type_name == "environment" and name == "getenvironmentvariable" and isinstance(first, str):
            return self.variable(f"env:{first}", frame)
        if type_name == "environment" and name == "setenvironmentvariable" and isinstance(first, str):
            if len(arguments) == 2 or (known_text(arguments[-1]) or "").lower() == "process":
                frame.environment[first.lower()] = arguments[1] if len(arguments) > 1 else None
            return None
        if type_name in {"scriptblock", "management.automation.scriptblock"} and name == "create":
            return (
                Code(self._runner.script(first))
                if isinstance(first, str)
                else hole("…")
                if first is None
                else first
            )
        return static(type_name, name, arguments)

    def _add(self, node: nodes.Invocation, frame: Frame) -> Value:
        """``$table.Add(key, value)``, ``$client.Headers.Add(name, value)``, ``$list.Add(item)``."""
        target = self.value(node.target, frame)
        arguments = [self.value(argument, frame) for argument in node.arguments]
        key = known_text(arguments[0]) if arguments else None
        if isinstance(target, Table) and key is not None:
            name, colon, rest = key.partition(":")
            value = arguments[1] if len(arguments) > 1 else rest.strip() if colon else None
            self.assign(node.target, target.changed(name if len(arguments) < 2 else key, value), frame)
        elif isinstance(target, Table):
            self.assign(node.target, target.changed("…", hole("…")), frame)
        elif isinstance(target, Items | None) and len(arguments) == 1:
            self.assign(node.target, gathered_array((*items(target), arguments[0])), frame)
        return None

    def _each(self, target: Value, node: nodes.Invocation, frame: Frame) -> Value:
        block = self.value(node.arguments[0], frame)
        if not isinstance(block, Code) or node.name == "where":
            return hole("…")
        found: list[Value] = []
        for item in items(target):
            frame.variables["_"] = item
            found += items(self._gathered(block.block, frame))
        return gathered_array(tuple(found))

    def _index(self, node: nodes.Index, frame: Frame) -> Value:
        return indexed(self.value(node.target, frame), self.value(node.index, frame))

    def _hash(self, node: nodes.Hash, frame: Frame) -> Value:
        rows: list[tuple[str, Value]] = []
        for key, statement in node.entries:
            name = known_text(self.value(key, frame))
            rows.append(("…" if name is None else name, self._gathered(statement, frame)))
        return table(rows)

    def _inner(self, node: nodes.Inner, frame: Frame) -> Value:
        if not node.array:
            return self._gathered(node.body, frame)
        value = self._gathered(node.body, frame)
        return value if isinstance(value, Hole) else Items(items(value))

    def _gathered(self, statement: nodes.Statement, frame: Frame) -> Value:
        """What a statement outputs as one value. Where ways differ, their outputs are not known."""
        only = single(statement)
        if only is not None:
            return self.value(only, frame)
        ways = [way for way in self._runner.output(statement, frame) if way[0].ended not in {"exit", "throw"}]
        if not ways:
            return None
        outputs = list(dict.fromkeys(out for _, out in ways))
        if len(ways) == 1:
            frame.adopt(ways[0][0])
        return gathered(outputs[0]) if len(outputs) == 1 else TOO_MANY

    def assign(self, target: nodes.Expression, value: Value, frame: Frame) -> None:
        """``target = value``."""
        match target:
            case nodes.Variable():
                frame.set(target.name, value)
            case nodes.Cast():
                self.assign(target.operand, cast(target.type, value), frame)
            case nodes.ArrayOf():
                given = items(value)
                for place, item in enumerate(target.items):
                    last = place == len(target.items) - 1
                    rest = gathered(given[place:]) if last else given[place] if place < len(given) else None
                    self.assign(item, value if isinstance(value, Hole) else rest, frame)
            case nodes.Member():
                self._assign_member(target, value, frame)
            case nodes.Index():
                self._assign_index(target, value, frame)
            case _:
                return

    def _assign_member(self, target: nodes.Member, value: Value, frame: Frame) -> None:
        if isinstance(target.target, nodes.TypeName):
            return
        base = self.value(target.target, frame)
        if isinstance(base, Table):
            self.assign(target.target, base.changed(target.name, value), frame)
        elif isinstance(base, Instance):
            changed = base.properties.changed(target.name, value)
            self.assign(target.target, Instance(base.type, base.text, changed), frame)

    def _assign_index(self, target: nodes.Index, value: Value, frame: Frame) -> None:
        base, index = self.value(target.target, frame), self.value(target.index, frame)
        key, place = known_text(index), number(index)
        if isinstance(base, Table):
            self.assign(target.target, base.changed("…" if key is None else key, value), frame)
        elif isinstance(base, Items) and isinstance(place, int) and 0 <= place < len(base.items):
            found = (*base.items[:place], value, *base.items[place + 1 :])
            self.assign(target.target, Items(found), frame)
        else:
            self.assign(target.target, hole("…"), frame)


def single(statement: nodes.Statement) -> nodes.Expression | None:
    """The expression that a statement consists of."""
    while isinstance(statement, nodes.Block) and len(statement.statements) == 1:
        statement = statement.statements[0]
    if isinstance(statement, nodes.Pipeline) and len(statement.parts) == 1:
        only = statement.parts[0]
        return None if isinstance(only, nodes.Command) else only
    return None


def made(type_name: str, arguments: tuple[Value, ...], properties: Table = NO_PROPERTIES) -> Value:
    """``New-Object type arguments``."""
    name = type_name.lower().removeprefix("system.")
    first = arguments[0] if arguments else None
    if name in {"uri", "string", "version"}:
        return cast(name, first)
    if name.startswith("collections.") or name in {"hashtable", "psobject", "pscustomobject"}:
        return properties if "hash" in name or "dictionary" in name or name.startswith("ps") else Items(())
    return Instance(name, "", properties)


def not_known(written: str, program: str) -> Hole:
    """The output of a program."""
    return Hole(Why.OTHER, Reason("needs-command-output", detail=f"needs the output of {program}"), written)
