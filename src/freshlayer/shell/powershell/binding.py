"""The words of a command → its options and operands."""

from __future__ import annotations

from msgspec import Struct

from freshlayer.shell.powershell.values import Items, Table, Value, known_text

_SWITCHES = tuple(
    "usebasicparsing usedefaultcredentials usemsi force recurse passthru wait nonewwindow allowclobber quiet"
    " acceptlicense skippublishercheck allowprerelease"
    " prerelease skipcertificatecheck disablekeepalive resume"
    " allowunencryptedauthentication preserveauthorizationonredirect skiphttperrorcheck skipheadervalidation"
    " verbose debug confirm whatif asynchronous trustrepository nonewline asplaintext"
    " raw leaf parent descending"
    " unique resolve isvalid proxyusedefaultcredentials nooutput nocompress append noprofile".split()
)


class Given(Struct, frozen=True):
    """What a command is given. ``options``: (name in small letters, value; True for a switch)."""

    options: tuple[tuple[str, Value], ...] = ()
    operands: tuple[Value, ...] = ()

    def option(self, *names: str) -> Value:
        """The value of the first of these options that is given, by its name or a prefix of it."""
        for name in names:
            for written, value in self.options:
                if written and name.startswith(written) and (written == name or len(written) > 1):
                    return value
        return None

    def has(self, name: str) -> bool:
        """Whether an option is given."""
        return any(written and name.startswith(written) for written, _ in self.options)

    def take(self, name: str, place: int, *others: str) -> Value:
        """An option, or the operand at this place."""
        found = self.option(name, *others)
        if found is not None:
            return found
        return self.operands[place] if place < len(self.operands) else None

    def named(self, known: tuple[str, ...]) -> bool:
        """Whether every option is one of these or a prefix of one."""
        return all(any(name.startswith(written) for name in known) for written, _ in self.options)


class Mark(Struct, frozen=True):
    """An option among the words. ``joined``: its value follows, whatever it is."""

    name: str
    joined: bool = False


class Splat(Struct, frozen=True):
    """``@name``."""

    value: Value


Part = Mark | Splat | Value
"""A word of a command with its value."""


def bound(parts: list[Part], switches: tuple[str, ...] = _SWITCHES) -> Given:
    """Options take the word behind them, unless they are switches."""
    options: list[tuple[str, Value]] = []
    operands: list[Value] = []
    waiting = list(reversed(parts))
    while waiting:
        part = waiting.pop()
        if isinstance(part, Splat):
            _splat(part.value, options, operands)
        elif not isinstance(part, Mark):
            operands.append(part)
        elif part.joined or (waiting and not _is_switch(part.name, switches) and _is_value(waiting[-1])):
            following = waiting.pop() if waiting else None
            options.append(
                (part.name.lower(), following if not isinstance(following, Mark | Splat) else None)
            )
        else:
            options.append((part.name.lower(), True))
    return Given(tuple(options), tuple(operands))


def _is_value(part: Part) -> bool:
    return not isinstance(part, Mark | Splat)


def _is_switch(name: str, switches: tuple[str, ...]) -> bool:
    return len(name) > 1 and any(switch.startswith(name.lower()) for switch in switches)


def _splat(value: Value, options: list[tuple[str, Value]], operands: list[Value]) -> None:
    match value:
        case Table():
            options += [(small, item) for small, _, item in value.rows]
        case Items():
            operands += value.items
        case _:
            operands.append(value)


def is_option(value: Value) -> Mark | None:
    """A string ``-Name`` that a script passes on as an option."""
    written = known_text(value) if isinstance(value, str) else None
    named = written and written.startswith("-") and written[1:2].isalpha()
    return Mark(written[1:].rstrip(":")) if written and named else None
