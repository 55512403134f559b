"""Commands: functions, blocks and aliases are followed, cmdlets change values, the rest is noted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason
from freshlayer.shell.command_line import divided, moved
from freshlayer.shell.powershell import nodes
from freshlayer.shell.powershell.binding import Given, Mark, Part, Splat, bound, is_option
from freshlayer.shell.powershell.cmdlets import ALIASES, CHANGES
from freshlayer.shell.powershell.compute import Computer, made, not_known
from freshlayer.shell.powershell.frame import Frame, distinct
from freshlayer.shell.powershell.operators import binary
from freshlayer.shell.powershell.values import (
    MOST_ITEMS,
    Code,
    Items,
    Mixed,
    Table,
    Value,
    gathered,
    hole,
    items,
    known_text,
    text,
    truth,
)
from freshlayer.shell.status import BudgetError
from freshlayer.shell.values import NOTHING, Hole, Text, Values, Why, text_of

Pipe = tuple[Value, ...] | None
"""What comes through the pipe; None for a first command."""

Ways = list[tuple[Frame, tuple[Value, ...]]]
"""Every way through a command, with what it outputs."""

_CMDLET = compiled(r"[a-z]+-[a-z][a-z0-9]*")
_MODULE = compiled(r"(?i)[\w.]+\\(?=[a-z]+-[a-z])")
_REQUESTS = frozenset({"invoke-webrequest", "invoke-restmethod"})
_REQUEST_OPTIONS = tuple(
    "uri outfile usebasicparsing method headers useragent body contenttype timeoutsec maximumredirection"
    " credential certificate infile passthru proxy proxycredential sessionvariable"
    " websession transferencoding"
    " usedefaultcredentials disablekeepalive skipcertificatecheck verbose erroraction resume".split()
)
_ANSWER = Reason("depends-on-answer")


class Host(Protocol):
    """The evaluator, as commands see it. Every method raises BudgetError."""

    computer: Computer
    windows: bool
    fetchers: frozenset[str]

    def run(self, statement: nodes.Statement, frame: Frame) -> list[Frame]:
        """Every way through a statement."""

    def inside(self, block: nodes.Block, frame: Frame) -> list[Frame]:
        """Every way through a block that is called."""

    def followed(self, text: str, frame: Frame) -> list[Frame]:
        """Every way through the text of a script."""

    def note_program(self, words: tuple[Text, ...], given: Values, directory: str) -> None:
        """Note that a program runs."""

    def note_cmdlet(self, name: str, given: Given, text: str) -> None:
        """Note that a cmdlet runs."""

    def spend(self, steps: int) -> None:
        """Count work."""


class Commands:
    """Follows commands."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._control: dict[str, Callable[[Given, Frame, Pipe], Ways]] = {
            "foreach-object": self._foreach,
            "where-object": self._where,
            "invoke-expression": self._expression,
            **dict.fromkeys(
                ("invoke-command", "measure-command", "start-job", "start-threadjob"), self._invoked
            ),
            **dict.fromkeys(("set-variable", "new-variable"), self._set_variable),
            "get-variable": self._get_variable,
            "set-item": self._set_item,
            "new-item": self._set_item,
            "new-object": self._new_object,
            "start-process": self._started,
            **dict.fromkeys(("set-location", "push-location", "pop-location"), self._located),
            "set-alias": self._set_alias,
            "new-alias": self._set_alias,
        }

    def run(self, command: nodes.Command, frame: Frame, given: Pipe) -> Ways:
        """Every way through a command, with what it outputs."""
        self._host.spend(1)
        called = self._host.computer.value(command.name, frame)
        parts = [self._part(word, frame) for word in command.words]
        if isinstance(called, Code):
            return self._call(called.block, parts, frame, given, own=not command.sourced)
        name = known_text(called)
        if name is None or isinstance(called, Items | Table):
            return self._program(called, parts, frame, given)
        if name.lower() in frame.functions:
            return self._call(frame.functions[name.lower()], parts, frame, given, own=True)
        return self._named(name, parts, command, frame, given)

    def _part(self, word: nodes.Expression | nodes.Option, frame: Frame) -> Part:
        if isinstance(word, nodes.Option):
            return Mark(word.name, word.joined)
        value = self._host.computer.value(word, frame)
        if isinstance(word, nodes.Variable) and word.splat:
            return Splat(value)
        return (is_option(value) or value) if isinstance(word, nodes.String) else value

    def _named(self, name: str, parts: list[Part], command: nodes.Command, frame: Frame, given: Pipe) -> Ways:
        small = _MODULE.sub("", name).lower()
        cmdlet = ALIASES.get(small, small)
        if small in {"curl", "wget"} and self._host.windows and bound(parts).named(_REQUEST_OPTIONS):
            cmdlet = "invoke-webrequest"
        if cmdlet in self._control:
            return self._control[cmdlet](bound(parts), frame, given)
        if cmdlet in CHANGES:
            return [(frame, CHANGES[cmdlet](bound(parts), given or ()))]
        if not _CMDLET.fullmatch(cmdlet):
            return self._program(name, parts, frame, given)
        return self._cmdlet(cmdlet, bound(parts), command.text, frame, given)

    def _cmdlet(self, name: str, given: Given, written: str, frame: Frame, pipe: Pipe) -> Ways:
        piped = Given(given.options, (*given.operands, *(pipe or ()))) if pipe else given
        self._host.note_cmdlet(name, piped if name not in _REQUESTS else given, written)
        if name not in _REQUESTS:
            return [(frame, (not_known(f"({written})", name),))]
        saved = given.option("outfile") is not None and not given.has("passthru")
        return [(frame, () if saved else (Hole(Why.ANSWER, _ANSWER, f"({written})"),))]

    def _program(self, name: Value, parts: list[Part], frame: Frame, given: Pipe) -> Ways:
        words = (text(name), *(word for part in parts for word in _words(part)))
        self._host.note_program(words, (text(Items(given), "\n"),) if given else NOTHING, frame.directory)
        written = "".join(part if isinstance(part, str) else part.text for part in words[0])
        short = written.replace("\\", "/").rpartition("/")[2].lower().removesuffix(".exe")
        if short in self._host.fetchers:
            reason = Reason("depends-on-answer", detail=f"depends on the answer to {short}")
            return [(frame, (Hole(Why.ANSWER, reason, f"$({written} …)"),))]
        return [(frame, (not_known(f"$({written} …)", short or "a program"),))]

    def _call(self, block: nodes.Block, parts: list[Part], frame: Frame, given: Pipe, *, own: bool) -> Ways:
        """A function or a block with its arguments; with ``own``, in a scope of its own."""
        names = tuple(name for name, _ in block.parameters)
        found = bound(parts, switches=())
        inside = frame.copy(out=[])
        operands = list(found.operands)
        for name, default in block.parameters:
            value = found.option(name)
            if value is None and operands:
                value = operands.pop(0)
            if value is None and default is not None:
                value = self._host.computer.value(default, inside)
            inside.variables[name] = value
        inside.variables["args"] = Items(tuple(operands))
        inside.variables["input"] = Items(given or ())
        if given:
            inside.variables["_"] = gathered(given)
            if names and not found.options and not found.operands:
                inside.variables[names[0]] = gathered(given)
        ways: Ways = []
        for way in self._host.inside(block, inside):
            out, way.out = tuple(way.out), list(frame.out)
            if own:
                way.variables = {**frame.variables, **way.shared}
            way.ended = None if way.ended == "return" else way.ended
            ways.append((way, out))
        return ways

    def _foreach(self, given: Given, frame: Frame, pipe: Pipe) -> Ways:
        blocks = [one for one in (given.option("process"), *given.operands) if isinstance(one, Code)]
        name = known_text(given.take("membername", 0))
        if not blocks:
            method = nodes.Invocation(nodes.Variable("_"), (name or "").lower(), ())
            field = nodes.Member(nodes.Variable("_"), (name or "").lower())
            return self._members(field if name and not _is_method(name) else method, frame, pipe)
        ways = [frame.copy(out=[])]
        for item in pipe or ():
            for way in ways:
                way.variables["_"] = item
            ways = distinct(
                [
                    one
                    for way in ways
                    for one in ([way] if way.ended else self._host.run(blocks[0].block, way))
                ]
            )
        return _outputs(ways, frame)

    def _members(self, node: nodes.Expression, frame: Frame, pipe: Pipe) -> Ways:
        out: list[Value] = []
        for item in pipe or ():
            frame.variables["_"] = item
            out += items(self._host.computer.value(node, frame))
        return [(frame, tuple(out))]

    def _where(self, given: Given, frame: Frame, pipe: Pipe) -> Ways:
        """What may pass passes; where that is not known of a known item, nothing is known of the output."""
        block = given.option("filterscript") or (given.operands[0] if given.operands else None)
        kept: list[Value] = []
        for item in pipe or ():
            answer = self._passes(item, block, given, frame)
            if answer is None:
                return [(frame, (item if isinstance(item, Hole) else hole("…"),))]
            kept += [item] if answer else []
        return [(frame, tuple(kept))]

    def _passes(self, item: Value, block: Value, given: Given, frame: Frame) -> bool | None:
        inside = frame.copy(out=[])
        inside.variables["_"] = item
        if isinstance(block, Code):
            answers = {truth(gathered(tuple(way.out))) for way in self._host.run(block.block, inside)}
            return answers.pop() if len(answers) == 1 else None
        field = known_text(block)
        comparison = next(((name, value) for name, value in given.options if name in _COMPARISONS), None)
        if field is None or comparison is None:
            return None
        value = self._host.computer.value(nodes.Member(nodes.Variable("_"), field.lower()), inside)
        return truth(binary(f"-{comparison[0]}", value, comparison[1]))

    def _expression(self, given: Given, frame: Frame, pipe: Pipe) -> Ways:
        """``Invoke-Expression``. A script that is an answer of a server is watched by its URL."""
        command = given.take("command", 0)
        value = gathered(pipe) if command is None and pipe else command
        script = known_text(Items(items(value))) if not isinstance(value, Code) else None
        if script is None:
            self._host.note_cmdlet("invoke-expression", Given((), (value,)), "Invoke-Expression")
            return [(frame, (hole("…"),))]
        return _outputs(self._host.followed(script, frame.copy(out=[])), frame)

    def _invoked(self, given: Given, frame: Frame, pipe: Pipe) -> Ways:
        block = given.option("scriptblock", "expression") or next(
            (one for one in given.operands if isinstance(one, Code)), None
        )
        if not isinstance(block, Code):
            return [(frame, (hole("…"),))]
        arguments = [*items(given.option("argumentlist"))]
        return self._call(block.block, list(arguments), frame, pipe, own=True)

    def _set_variable(self, given: Given, frame: Frame, pipe: Pipe) -> Ways:
        name = known_text(given.take("name", 0))
        place = 0 if given.option("name") is not None else 1
        value = given.take("value", place)
        if name:
            frame.set(name, gathered(pipe) if value is None and pipe else value)
        return [(frame, ())]

    def _get_variable(self, given: Given, frame: Frame, _pipe: Pipe) -> Ways:
        name = known_text(given.take("name", 0))
        return [(frame, (self._host.computer.variable(name, frame) if name else hole("…"),))]

    def _set_item(self, given: Given, frame: Frame, _pipe: Pipe) -> Ways:
        """``Set-Item Env:NAME value``."""
        path = known_text(given.take("path", 0, "name")) or ""
        provider, _, name = path.partition(":")
        place = 0 if given.option("path", "name") is not None else 1
        if provider.lower() == "env" and name:
            frame.environment[name.strip("\\/").lower()] = given.take("value", place)
        return [(frame, ())]

    def _located(self, given: Given, frame: Frame, _pipe: Pipe) -> Ways:
        """``cd``. Where the way back is not known, so is the directory."""
        path = given.take("path", 0, "literalpath")
        known = known_text(path)
        frame.directory = "…" if known is None or path is None else moved(frame.directory, known)
        return [(frame, ())]

    def _set_alias(self, given: Given, frame: Frame, _pipe: Pipe) -> Ways:
        name, value = known_text(given.take("name", 0)), known_text(given.take("value", 1))
        if name and value:
            target = nodes.Command(
                nodes.String(value, expands=False), (nodes.Variable("args", splat=True),), value
            )
            frame.functions[name.lower()] = nodes.Block((nodes.Pipeline((target,)),))
        return [(frame, ())]

    def _new_object(self, given: Given, frame: Frame, _pipe: Pipe) -> Ways:
        name = known_text(given.take("typename", 0)) or ""
        arguments = given.option("argumentlist")
        values = given.operands[1:] if arguments is None else (arguments,)
        flat = tuple(item for one in values for item in items(one))
        properties = given.option("property")
        found = made(name, flat, properties if isinstance(properties, Table) else Table(()))
        return [(frame, (found,))]

    def _started(self, given: Given, frame: Frame, _pipe: Pipe) -> Ways:
        """``Start-Process``: Windows divides the arguments into words again."""
        program = given.take("filepath", 0)
        place = 0 if given.option("filepath") is not None else 1
        arguments = items(given.take("argumentlist", place, "args"))
        words: list[Part] = []
        for argument in arguments[:MOST_ITEMS]:
            known = known_text(argument)
            words += [argument] if known is None else divided(known)
        return self._program(program, words, frame, None)


_COMPARISONS = frozenset(
    "eq ne like notlike match notmatch in notin contains notcontains gt ge lt le".split()
)
_METHODS = frozenset("tolower toupper trim tostring".split())


def _is_method(name: str) -> bool:
    return name.lower() in _METHODS


def _outputs(ways: list[Frame], frame: Frame) -> Ways:
    """Ways with an output of their own → ways that go on with the output of the frame."""
    found: Ways = []
    for way in ways:
        out, way.out = tuple(way.out), list(frame.out)
        found.append((way, out))
    return found


def _words(part: Part) -> list[Text]:
    """The words of a program that a word of a command is."""
    match part:
        case Mark():
            return [text_of(f"-{part.name}" + (":" if part.joined else ""))]
        case Splat():
            return _words(part.value)
        case Items():
            return [text(item) for item in part.items]
        case Table():
            return [text_of(f"-{key}:", *text(value)) for _, key, value in part.rows]
        case Mixed() | Hole():
            return [text(part)]
        case _:
            return [text(part)]


__all__ = ["BudgetError", "Commands", "Host"]
