"""What can happen to a file between two probes: each event, and whether its bytes are others afterwards."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

BEFORE = b"one content of forty-two octets, no more.\n"
OTHER = b"two content of forty-two octets, no more.\n"
LONGER = b"other bytes, and some more of them than there were before.\n"
SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Event:
    """`happen` does it to a file; `changes`: the bytes are others then. `young`: to a file just written."""

    changes: bool
    happen: Callable[[Path], None]
    young: bool = False


def lay(path: Path, content: bytes, mtime_ns: int) -> None:
    """Write in place, and set the time, in nanoseconds since 1970."""
    path.write_bytes(content)
    os.utime(path, ns=(mtime_ns, mtime_ns))


def wait_for_an_early_moment() -> None:
    """Return in the first half of a second: more than one second is left in which a file counts as young."""
    fraction = time.time() % 1
    if fraction > 0.5:
        time.sleep(1 - fraction)


def prepare(path: Path, *, young: bool = False) -> None:
    """The file as it is before: hours old, or of the second that has begun."""
    now = int(time.time())
    lay(path, BEFORE, now * SECOND if young else (now - 40_000) * SECOND + 123_456_789)


def replaced(path: Path, content: bytes, mtime_ns: int) -> None:
    """A new file, with an inode of its own, under the old one's name: as rsync and deployments do."""
    new = path.with_name(f".{path.name}.new")
    lay(new, content, mtime_ns)
    # A file system may give the freed number to the very next file: the old one is kept for so long.
    path.rename(path.with_name(f".{path.name}.old"))
    new.replace(path)


def _nothing(path: Path) -> None:
    """The file is left alone."""
    assert path.read_bytes() == BEFORE


def _rewritten(path: Path) -> None:
    lay(path, BEFORE, _mtime(path) + 20_000 * SECOND)


def _new_inode(path: Path) -> None:
    replaced(path, BEFORE, _mtime(path))


def _same_second(path: Path) -> None:
    lay(path, OTHER, _mtime(path) + 1_000_001)


def _mtime_preserved(path: Path) -> None:
    lay(path, OTHER, _mtime(path))


def _mtime_preserved_new_inode(path: Path) -> None:
    replaced(path, OTHER, _mtime(path))


def _other_size(path: Path) -> None:
    lay(path, LONGER, _mtime(path))


def _new_mtime(path: Path) -> None:
    lay(path, OTHER, _mtime(path) + 20_000 * SECOND)


def _mtime_back(path: Path) -> None:
    lay(path, BEFORE, _mtime(path) - 20_000 * SECOND)


def _mtime(path: Path) -> int:
    return path.stat().st_mtime_ns


EVENTS: Mapping[str, Event] = {
    "nothing": Event(changes=False, happen=_nothing),
    "rewritten with equal bytes": Event(changes=False, happen=_rewritten),
    "new inode": Event(changes=False, happen=_new_inode),
    "same size in the same second": Event(changes=True, happen=_same_second, young=True),
    "mtime preserved": Event(changes=True, happen=_mtime_preserved),
    "mtime preserved, new inode": Event(changes=True, happen=_mtime_preserved_new_inode),
    "other size": Event(changes=True, happen=_other_size),
    "other bytes, new mtime": Event(changes=True, happen=_new_mtime),
    "mtime back": Event(changes=False, happen=_mtime_back),
}
