"""What a PowerShell script knows at a point of one way through it."""

from __future__ import annotations

from msgspec import Struct, field
from msgspec.structs import replace

from freshlayer.model.reasons import Reason
from freshlayer.shell.powershell.nodes import Block
from freshlayer.shell.powershell.values import Value, hole
from freshlayer.shell.values import MOST_ALTERNATIVES, Hole, Why

_ENDS = ("exit", "throw", "return", "break", "continue")
_SCOPES = frozenset({"script", "global", "local", "private", "using"})
TOO_MANY = Hole(Why.OTHER, Reason("limit-reached", detail="it has too many possible values"), "…")


class Frame(Struct):
    """``out``: what was output so far. ``ended``: how the way ended, where nothing more runs on it.

    ``shared``: what a function sets in the scope of its script. ``directory``: with slashes.
    """

    variables: dict[str, Value] = field(default_factory=dict)
    environment: dict[str, Value] = field(default_factory=dict)
    functions: dict[str, Block] = field(default_factory=dict)
    out: list[Value] = field(default_factory=list)
    ended: str | None = None
    shared: dict[str, Value] = field(default_factory=dict)
    directory: str = "/"

    def copy(self, *, out: list[Value] | None = None) -> Frame:
        """One that goes its own way."""
        return replace(
            self,
            variables=dict(self.variables),
            environment=dict(self.environment),
            functions=dict(self.functions),
            shared=dict(self.shared),
            out=list(self.out) if out is None else out,
        )

    def adopt(self, other: Frame) -> None:
        """Go on with what another way knows."""
        self.variables = other.variables
        self.environment = other.environment
        self.functions = other.functions
        self.directory = other.directory

    def set(self, name: str, value: Value) -> None:
        """``$name = value``, with its scope as written."""
        scope, colon, rest = name.lower().partition(":")
        if colon and scope == "env":
            self.environment[rest] = value
            return
        self.variables[short_name(name)] = value
        if colon and scope in {"script", "global"}:
            self.shared[rest] = value


def short_name(name: str) -> str:
    """A variable's name without its scope, in small letters."""
    scope, colon, rest = name.lower().partition(":")
    return rest if colon and scope in _SCOPES else name.lower()


def distinct(ways: list[Frame]) -> list[Frame]:
    """Ways without repeats. Where they are too many they become one, in which what differs is not known."""
    found: list[Frame] = []
    for way in ways:
        if way.ended != "exit" and way not in found:
            found.append(way)
    if not found:
        return ways[:1]
    return found if len(found) <= MOST_ALTERNATIVES else _merged(found)


def _merged(ways: list[Frame]) -> list[Frame]:
    result: list[Frame] = []
    for end in (None, *_ENDS):
        alike = [way for way in ways if way.ended == end]
        if alike:
            result.append(_one(alike))
    return result


def _one(ways: list[Frame]) -> Frame:
    first = ways[0].copy()
    for other in ways[1:]:
        first.variables = _common(first.variables, other.variables)
        first.environment = _common(first.environment, other.environment)
        first.functions = {**other.functions, **first.functions}
        if first.out != other.out:
            first.out = [TOO_MANY]
    return first


def _common(one: dict[str, Value], other: dict[str, Value]) -> dict[str, Value]:
    missing = hole("…")
    return {
        name: one[name] if one.get(name, missing) == other.get(name, missing) else TOO_MANY
        for name in dict.fromkeys((*one, *other))
        if name in one
    } | {name: TOO_MANY for name in other if name not in one}
