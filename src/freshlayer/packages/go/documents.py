"""What a module proxy states (https://go.dev/ref/mod#goproxy-protocol)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.model.packages import Entries
from freshlayer.packages.go.versions import Interval, is_listed, is_version
from freshlayer.packages.named.member import RELEASES

_BARE = compiled(r"module \S+\n?")
_BLOCK = compiled(r"retract\s*\($")
_ITEM = compiled(r"\[\s*(v[^\s,]+)\s*,\s*(v[^\s,\]]+)\s*\]|(v\S+)")
_COMMIT = compiled(r"[0-9a-f]{40}")


class Info(Struct, frozen=True, array_like=True):
    """A version, and the commit that it is, where the proxy states it."""

    version: str
    commit: str = ""


class Module(Struct, frozen=True, array_like=True):
    """A go.mod. ``bare``: it has nothing but the name, so that the module may have none of its own."""

    bare: bool
    retracted: tuple[Interval, ...] = ()


class _Origin(Struct):
    hash: object = msgspec.field(name="Hash", default="")


class _Info(Struct):
    version: str = msgspec.field(name="Version")
    origin: _Origin | None = msgspec.field(name="Origin", default=None)


def entries(kind: str, body: bytes) -> Entries:
    """Of a ``list``, an ``info`` or a ``mod``. Raises ValueError."""
    text = body.decode("utf-8", "replace")
    if kind == "list":
        yield RELEASES, msgspec.msgpack.encode(_listed(text))
    elif kind == "mod":
        if "module" not in text:
            raise ValueError("it is no go.mod")
        found = Module(_BARE.fullmatch(text) is not None, tuple(_retracted(text)))
        yield RELEASES, msgspec.msgpack.encode(found)
    else:
        yield RELEASES, msgspec.msgpack.encode(_info(body))


def _listed(text: str) -> list[str]:
    words = [line.split()[0] for line in text.splitlines() if line.strip()]
    found = [word for word in words if is_listed(word)]
    if words and not any(map(is_version, words)):
        raise ValueError("it is no list of versions")
    return found


def _info(body: bytes) -> Info:
    try:
        found = msgspec.json.decode(body, type=_Info)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from None
    if not is_version(found.version):
        raise ValueError("it names no version")
    commit = found.origin.hash if found.origin else ""
    return Info(found.version, commit if isinstance(commit, str) and _COMMIT.fullmatch(commit) else "")


def _retracted(text: str) -> Iterator[Interval]:
    inside = False
    for line in text.splitlines():
        known = line.partition("//")[0].strip()
        if _BLOCK.fullmatch(known):
            inside = True
        elif inside and known == ")":
            inside = False
        elif inside or re.match(r"retract[\s\[]", known):
            match = _ITEM.fullmatch(known.removeprefix("retract").strip())
            if match:
                yield (match[1], match[2]) if match[1] else (match[3], match[3])
