"""docker's config.json with our alias in it, and without it. Text → text; every other character is kept.

docker sends ``docker build`` and ``docker builder …`` to the plugin that ``aliases.builder`` names.
"""

from __future__ import annotations

import json

from msgspec import Struct

from freshlayer.docker_client.config import NAME
from freshlayer.errors import InstallError
from freshlayer.lazy_regex import compiled

ALONE = f'{{\n\t"aliases": {{\n\t\t"builder": "{NAME}"\n\t}}\n}}'
"""A config.json that holds nothing else, as docker itself would write it."""

_BLANK = compiled(r"[ \t\r\n]*")
_INTO_EMPTY = f'"builder":"{NAME}"'
# The space distinguishes the two when the alias is removed.
_MEMBER = f'"builder": "{NAME}"'


class _Member(Struct, frozen=True):
    """``"key": value`` from ``start`` to ``end``; the value starts at ``value``."""

    key: str
    start: int
    value: int
    end: int


def with_alias(text: str) -> str:
    """The text with ``aliases.builder`` set to us. Raises InstallError where it is set to something else."""
    top = _top(text)
    aliases = _find(_members(text, top), "aliases")
    if aliases is None:
        return _insert(text, top, f'"aliases": {_object(_blank(text, top + 1))}')
    inner = _members(text, _aliases(text, aliases))
    builder = _find(inner, "builder")
    if builder is None:
        return _insert(text, aliases.value, _MEMBER if inner else _INTO_EMPTY)
    if _value(text, builder) != NAME:
        value = text[builder.value : builder.end]
        raise InstallError(f"aliases.builder is {value} already (docker buildx install sets it to buildx)")
    return text


def without_alias(text: str) -> str:
    """What ``with_alias`` made this text of; the text itself where there is no alias of ours."""
    top = _top(text)
    members = _members(text, top)
    aliases = _find(members, "aliases")
    if aliases is None:
        return text
    inner = _members(text, _aliases(text, aliases))
    builder = _find(inner, "builder")
    if builder is None or _value(text, builder) != NAME:
        return text
    if len(inner) > 1 or text.startswith(_INTO_EMPTY, aliases.value + 1):
        return _cut(text, aliases.value, inner, builder)
    return _cut(text, top, members, aliases)


def _top(text: str) -> int:
    """The place of the document's ``{``."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InstallError(f"not valid JSON: {error}") from None
    if not isinstance(document, dict):
        raise InstallError("not a JSON object")
    return _blank_end(text, 0)


def _aliases(text: str, aliases: _Member) -> int:
    if text[aliases.value] != "{":
        raise InstallError("aliases is not a JSON object")
    return aliases.value


def _members(text: str, at: int) -> list[_Member]:
    """The members of the object that starts at ``at``, in a text that is JSON."""
    found: list[_Member] = []
    place = _blank_end(text, at + 1)
    while text[place] != "}":
        key, colon = _DECODE(text, place)
        value = _blank_end(text, _blank_end(text, colon) + 1)
        _, end = _DECODE(text, value)
        found.append(_Member(key, place, value, end))
        place = _blank_end(text, end)
        if text[place] == ",":
            place = _blank_end(text, place + 1)
    return found


_DECODE = json.JSONDecoder().raw_decode


def _find(members: list[_Member], key: str) -> _Member | None:
    """Docker ignores the case of keys: of two that are equal to it, which one counts is not known."""
    named = [member for member in members if member.key.casefold() == key]
    if len(named) > 1:
        raise InstallError(f"names {key} {len(named)} times")
    return named[0] if named else None


def _value(text: str, member: _Member) -> object:
    value: object = _DECODE(text, member.value)[0]
    return value


def _object(blank: str) -> str:
    """An object of one member, laid out as the document is: ``blank`` is before its first member."""
    _, newline, indentation = blank.rpartition("\n")
    if not newline:
        return f"{{{_MEMBER}}}"
    end = "\r\n" if "\r\n" in blank else "\n"
    return f"{{{end}{indentation * 2}{_MEMBER}{end}{indentation}}}"


def _insert(text: str, at: int, member: str) -> str:
    """As the first member of the object that starts at ``at``."""
    start = at + 1
    blank = _blank(text, start)
    if text[start + len(blank)] == "}":
        return text[:start] + member + text[start:]
    return f"{text[:start]}{blank}{member},{text[start:]}"


def _cut(text: str, at: int, members: list[_Member], member: _Member) -> str:
    """Without a member of the object that starts at ``at``, and without one comma if there are others."""
    place = members.index(member)
    if place:
        return text[: members[place - 1].end] + text[member.end :]
    comma = 1 if len(members) > 1 else 0
    end = _blank_end(text, member.end) + comma if comma else member.end
    return text[: at + 1] + text[end:]


def _blank(text: str, start: int) -> str:
    return text[start : _blank_end(text, start)]


def _blank_end(text: str, start: int) -> int:
    found = _BLANK.match(text, start)
    return found.end() if found else start
