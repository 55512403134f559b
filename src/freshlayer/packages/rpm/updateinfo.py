"""updateinfo.xml: which versions of packages are updates, and which of them are security updates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO
from xml.etree import ElementTree as ET

import msgspec

from freshlayer.model.packages import Entries
from freshlayer.packages.rpm.xml import elements

_MOST = 2_000_000
_TYPES = ("security", "bugfix", "enhancement", "newpackage")
_Updates = dict[str, list[str]]
_DECODER = msgspec.json.Decoder(_Updates)


def updateinfo(content: BinaryIO) -> Entries:
    """``all`` and each type of update (``security``): name.arch → the versions that updates bring."""
    found: dict[str, dict[str, dict[str, None]]] = {kind: {} for kind in ("all", *_TYPES)}
    count = 0
    for update in elements(content, "update"):
        keys = ("all", *(kind for kind in _TYPES if kind == update.get("type")))
        for name, version in _packages(update):
            count += 1
            if count > _MOST:
                raise ValueError("it has too many updates")
            for key in keys:
                found[key].setdefault(name, {})[version] = None
    for key, updates in found.items():
        yield key, msgspec.json.encode({name: list(versions) for name, versions in updates.items()})


def _packages(update: ET.Element) -> Iterator[tuple[str, str]]:
    for one in update.iter("package"):
        epoch = one.get("epoch") or "0"
        bare = f"{one.get('version', '')}-{one.get('release', '')}"
        yield f"{one.get('name', '')}.{one.get('arch', '')}", bare if epoch == "0" else f"{epoch}:{bare}"


def updates_of(value: bytes | None) -> _Updates:
    """What ``updateinfo`` gave under one key."""
    return _DECODER.decode(value) if value else {}
