"""modules.yaml: the streams of modules, and which of them is the default."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

import msgspec
from msgspec import Struct

from freshlayer.model.packages import Entries
from freshlayer.plain_yaml import Node, documents, node

_MOST = 50_000
_BYTES = 256 << 20


class Stream(Struct, frozen=True):
    """One build of a stream of a module. ``requires``: module → streams; ``-x`` is any stream but x.

    ``context``: what distinguishes builds of one version; builds of the same ``likeness`` differ in version
    alone. ``place``: where its packages are among the entries.
    """

    name: str
    stream: str
    version: int
    context: str
    likeness: str
    arch: str
    place: int
    requires: dict[str, tuple[str, ...]] = {}
    profiles: dict[str, tuple[str, ...]] = {}


class Default(Struct, frozen=True):
    """The default stream of a module, and the default profiles of its streams."""

    name: str
    stream: str
    profiles: dict[str, tuple[str, ...]] = {}
    modified: int = 0


class Modules(Struct, frozen=True):
    """All that one repository states of modules, without their packages."""

    streams: tuple[Stream, ...] = ()
    defaults: tuple[Default, ...] = ()


_MODULES = msgspec.json.Decoder(Modules)


def modules(content: BinaryIO) -> Entries:
    """``modules``, and ``packages:N``: name-version-release.arch of the packages of a stream, a line each."""
    streams: list[Stream] = []
    defaults: list[Default] = []
    text = io.TextIOWrapper(content, "utf-8", "replace")
    try:
        for lines in documents(iter(text)):
            if len(streams) + len(defaults) >= _MOST:
                raise ValueError("it has too many modules")
            document = _mapping(node(lines))
            data = _mapping(document.get("data", ""))
            if document.get("document") == "modulemd":
                streams.append(_stream(data, len(streams)))
                yield f"packages:{len(streams) - 1}", "\n".join(_packages(data)).encode()
            elif document.get("document") == "modulemd-defaults":
                defaults.append(_default(data))
    finally:
        text.detach()
    yield "modules", msgspec.json.encode(Modules(tuple(streams), tuple(defaults)))


def _stream(data: dict[str, Node], place: int) -> Stream:
    requires: dict[str, tuple[str, ...]] = {}
    for entry in _list(data.get("dependencies", "")):
        needed = _mapping(entry).get("requires", "")
        for name, wanted in needed.items() if isinstance(needed, dict) else ():
            requires[name] = tuple(dict.fromkeys((*requires.get(name, ()), *_texts(wanted))))
    context = _text(data.get("context", ""))
    static = _text(data.get("static_context", "")).lower() == "true"
    likeness = ",".join(f"{name}:{'|'.join(sorted(one))}" for name, one in sorted(requires.items()))
    profiles = data.get("profiles", "")
    return Stream(
        _text(data.get("name", "")),
        _text(data.get("stream", "")),
        _number(data.get("version", "")),
        context,
        context if static else likeness,
        _text(data.get("arch", "")) or "noarch",
        place,
        requires,
        {
            name: _texts(_mapping(one).get("rpms", ""))
            for name, one in (profiles.items() if isinstance(profiles, dict) else ())
        },
    )


def _default(data: dict[str, Node]) -> Default:
    profiles = data.get("profiles", "")
    return Default(
        _text(data.get("module", "")),
        _text(data.get("stream", "")),
        {name: _texts(one) for name, one in (profiles.items() if isinstance(profiles, dict) else ())},
        _number(data.get("modified", "")),
    )


def _packages(data: dict[str, Node]) -> Iterator[str]:
    """The packages of a stream, as libsolv writes them: without an epoch of 0."""
    for one in _texts(_mapping(data.get("artifacts", "")).get("rpms", "")):
        name, dash, rest = one.rpartition("-")
        stem, minus, version = name.rpartition("-")
        yield f"{stem}{minus}{version.removeprefix('0:')}{dash}{rest}"


def _mapping(found: Node) -> dict[str, Node]:
    return found if isinstance(found, dict) else {}


def _list(found: Node) -> list[Node]:
    return found if isinstance(found, list) else []


def _texts(found: Node) -> tuple[str, ...]:
    return tuple(one for one in _list(found) if isinstance(one, str))


def _text(found: Node) -> str:
    return found if isinstance(found, str) else ""


def _number(found: Node) -> int:
    text = _text(found)
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def modules_of(value: bytes | None) -> Modules:
    """What ``modules`` gave."""
    return _MODULES.decode(value) if value else Modules()
