"""The rpm database of an image → one JSON object a line, in no format of rpm's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from freshlayer.bases import paths
from freshlayer.bases.limits import ImageError
from freshlayer.bases.rpm import berkeley, ndb, sqlite
from freshlayer.bases.rpm.header import package
from freshlayer.model.base_image import InstalledRpm

_KEY = "gpg-pubkey"
_MOST_TEXT = 64 * 1024 * 1024

Find = Callable[[str], Path | None]
"""The path of a file in the image → the temporary file that has its content."""


def installed(find: Find) -> str | None:
    """The packages, sorted; None where the image has no database. Raises ImageError."""
    blobs = _blobs(find)
    return None if blobs is None else _lines(blobs)


def _blobs(find: Find) -> Iterator[bytes] | None:
    """The newest format that is there: what was converted leaves the old one behind."""
    for path in paths.RPM_SQLITE:
        database = find(path)
        if database is not None:
            return sqlite.blobs(database, find(f"{path}{paths.RPM_SQLITE_LOG}"))
    for read, places in ((ndb.blobs, paths.RPM_NDB), (berkeley.blobs, paths.RPM_BERKELEY)):
        database = next((found for path in places if (found := find(path)) is not None), None)
        if database is not None:
            return read(database)
    return None


def _lines(blobs: Iterable[bytes]) -> str:
    packages = sorted((it for it in map(package, blobs) if it.name != _KEY), key=_order)
    lines: list[str] = []
    length = 0
    for item in packages:
        line = msgspec.json.encode(item).decode()
        length += len(line)
        if length > _MOST_TEXT:
            raise ImageError(
                "base-limit-reached", f"its rpm database has more than {_MOST_TEXT >> 20} MiB of text"
            )
        lines.append(line)
    return "".join(f"{line}\n" for line in lines)


def _order(item: InstalledRpm) -> tuple[str, str, str, str]:
    return item.name, item.version, item.release, item.arch
