"""What an expression of PowerShell can be: strings with holes, numbers, arrays, tables, blocks, objects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeGuard

from msgspec import Struct

from freshlayer.model.reasons import Reason
from freshlayer.shell.powershell.nodes import Block
from freshlayer.shell.values import LONGEST, Hole, Text, Why, known, text_of, worst

MOST_ITEMS = 2000


class Mixed(Struct, frozen=True):
    """A string of which a part is not known."""

    text: Text


class Items(Struct, frozen=True):
    """An array."""

    items: tuple[Value, ...]


class Table(Struct, frozen=True):
    """A hash table or the properties of an object: (key in small letters, as written, value), in order."""

    rows: tuple[tuple[str, str, Value], ...]

    def get(self, key: str) -> Value:
        """The value of a key, whatever its capitals; None where there is none."""
        return next((value for small, _, value in self.rows if small == key.lower()), None)

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return any(small == key.lower() for small, _, _ in self.rows)

    def changed(self, key: str, value: Value) -> Table:
        """The same with another value of a key."""
        kept = tuple(row for row in self.rows if row[0] != key.lower())
        return Table((*kept, (key.lower(), key, value)))


class Code(Struct, frozen=True):
    """A script block."""

    block: Block


class Instance(Struct, frozen=True):
    """An object of .NET: the type as in ``TypeName``, how it is shown, and what is known of it."""

    type: str
    text: str = ""
    properties: Table = Table(())


Value = str | int | float | bool | None | Mixed | Hole | Items | Table | Code | Instance
"""A Hole is a value of which nothing is known."""

NOT_COMPUTED = Reason("not-computed")
TOO_LONG = Hole(Why.OTHER, Reason("limit-reached", detail="the value is too long"), "…")


def table(rows: Iterable[tuple[str, Value]]) -> Table:
    """A table of known keys; the last of two equal ones counts."""
    found = {key.lower(): (key.lower(), key, value) for key, value in rows}
    return Table(tuple(found.values()))


def hole(text: str, reason: Reason = NOT_COMPUTED, why: Why = Why.OTHER) -> Hole:
    """A value that is not known, as it is written."""
    return Hole(why, reason, text if len(text) <= 200 else f"{text[:200]}…")


def text(value: Value, separator: str = " ") -> Text:
    """A value as a string: as in ``"$value"``."""
    match value:
        case Hole():
            return (value,)
        case Mixed():
            return value.text
        case Items():
            return text_of(*_between([text(item) for item in value.items], separator))
        case _:
            return text_of(plain(value))


def _between(texts: list[Text], separator: str) -> Iterable[str | Hole]:
    for number, item in enumerate(texts):
        if number:
            yield separator
        yield from item


def plain(value: str | float | Table | Code | Instance | None) -> str:
    """A value without holes and items as a string."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "True" if value else "False"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case int():
            return str(value)
        case Table():
            return "System.Collections.Hashtable"
        case Code():
            return ""
        case Instance():
            return value.text or f"System.{value.type}"


def string(parts: Text) -> Value:
    """A string of parts, with or without holes."""
    length = sum(len(part) if isinstance(part, str) else 1 for part in parts)
    if length > LONGEST:
        return TOO_LONG
    found = known(parts)
    return Mixed(parts) if found is None else found


def known_text(value: Value) -> str | None:
    """The string, where nothing of it is unknown."""
    return known(text(value))


def unknown(*values: Value) -> Hole | None:
    """The hole that is reported of these values, if there is one."""
    return worst(tuple(part for value in values for part in text(value) if isinstance(part, Hole)))


def items(value: Value) -> tuple[Value, ...]:
    """What a value is in a pipeline: an array is its items, nothing is no item."""
    if value is None:
        return ()
    return value.items if isinstance(value, Items) else (value,)


def gathered(values: tuple[Value, ...]) -> Value:
    """What the output of a pipeline is as a value."""
    if len(values) > MOST_ITEMS:
        return TOO_LONG
    if not values:
        return None
    return values[0] if len(values) == 1 else Items(values)


def is_known(value: Value) -> TypeGuard[str | int | float | bool | None]:
    """Whether a value is a known string, number or truth, or nothing."""
    return value is None or isinstance(value, str | int | float | bool)


def truth(value: Value) -> bool | None:
    """What a condition makes of a value; None where that is not known."""
    match value:
        case Hole():
            return None
        case Mixed():
            return True if any(isinstance(part, str) for part in value.text) else None
        case Items():
            return truth(value.items[0]) if len(value.items) == 1 else bool(value.items)
        case Table() | Code() | Instance():
            return True
        case _:
            return bool(value)


def number(value: Value) -> int | float | None:
    """The number of a value; None where it is not a known one."""
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and len(value) < 16:
        try:
            return int(value) if value.strip().lstrip("-").isdecimal() else float(value)
        except ValueError:
            return None
    return 0 if value is None else None
