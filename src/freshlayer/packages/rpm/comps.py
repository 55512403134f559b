"""comps.xml: groups and environments of packages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import BinaryIO
from xml.etree import ElementTree as ET

import msgspec
from msgspec import Struct

from freshlayer.model.packages import Entries
from freshlayer.packages.rpm.xml import elements

_MOST = 20_000


class Member(Struct, frozen=True):
    """A package of a group. ``requires``: of a conditional one."""

    name: str
    kind: str = "mandatory"
    requires: str = ""
    base_arch_only: bool = False


class Group(Struct, frozen=True):
    """A group; an environment is one whose ``groups`` are installed."""

    id: str
    name: str
    members: tuple[Member, ...] = ()
    groups: tuple[str, ...] = ()
    environment: bool = False


_GROUPS = msgspec.json.Decoder(tuple[Group, ...])


def group(content: BinaryIO) -> Entries:
    """``groups``: all groups and environments of a comps.xml."""
    found: list[Group] = []
    for element in elements(content, "group", "environment"):
        if len(found) == _MOST:
            raise ValueError("it has too many groups")
        found.append(_group(element))
    yield "groups", msgspec.json.encode(found)


def _group(element: ET.Element) -> Group:
    listed = element.find("grouplist")
    groups = tuple(_text(one) for one in listed if _text(one)) if listed is not None else ()
    members = tuple(_member(one) for one in element.iter("packagereq"))
    name = next((_text(one) for one in element.findall("name") if not one.attrib), "")
    return Group(_text(element.find("id")), name, members, groups, element.tag == "environment")


def _member(one: ET.Element) -> Member:
    only = one.get("basearchonly", "").lower() in {"true", "1", "yes"}
    return Member(_text(one), one.get("type") or "mandatory", one.get("requires", ""), only)


def _text(element: ET.Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


def groups_of(value: bytes | None) -> tuple[Group, ...]:
    """What ``group`` gave."""
    return _GROUPS.decode(value) if value else ()


def members(word: str, groups: Iterable[Group], kinds: Iterable[str]) -> list[Member] | None:
    """The packages that a group brings, or an environment with its groups; None for an unknown one."""
    every, wanted = list(groups), frozenset(kinds)
    environments = [one for one in every if one.environment and _matches(one, word)]
    if environments:
        names = {name for one in environments for name in one.groups}
        found = [one for one in every if not one.environment and one.id in names]
    else:
        found = [one for one in every if not one.environment and _matches(one, word)]
        if not found:
            return None
    return list(dict.fromkeys(_of_kinds(found, wanted)))


def _of_kinds(groups: Iterable[Group], kinds: frozenset[str]) -> Iterator[Member]:
    for one in groups:
        yield from (member for member in one.members if member.kind in kinds and member.name)


def _matches(one: Group, word: str) -> bool:
    pattern = word.lower()
    return any(fnmatchcase(text.lower(), pattern) for text in (one.id, one.name))
