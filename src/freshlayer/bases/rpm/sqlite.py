"""rpm's database in SQLite (rpm 4.16 and later). The file is untrusted."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from freshlayer.bases.limits import ImageError

if TYPE_CHECKING:
    import sqlite3

_MOST_STEPS = 200_000_000
_AT_ONCE = 1_000_000
_LARGEST_BLOB = 64 * 1024 * 1024
_MOST_PACKAGES = 100_000
_TABLE = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'Packages'"
_BLOBS = "SELECT blob FROM Packages ORDER BY hnum"
_READ = frozenset({"Packages", "sqlite_master"})


def blobs(database: Path, log: Path | None) -> Iterator[bytes]:
    """The headers. ``log``: what was written and is not yet in the database itself. Raises ImageError."""
    import sqlite3  # noqa: PLC0415 - only for an image with such a database

    if log is not None:
        # SQLite looks for it by this name.
        os.replace(log, f"{database}-wal")
    try:
        with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
            _restrict(connection)
            (tables,) = connection.execute(_TABLE).fetchone()
            if not tables:
                raise ImageError("rpm-database-invalid", "its rpm database has no table of packages")
            yield from _read(connection)
    except sqlite3.Error as error:
        raise ImageError("rpm-database-invalid", f"its rpm database can't be read ({error})") from None


def _read(connection: sqlite3.Connection) -> Iterator[bytes]:
    for count, (blob,) in enumerate(connection.execute(_BLOBS)):
        if count >= _MOST_PACKAGES:
            raise ImageError("base-limit-reached", f"more than {_MOST_PACKAGES} packages are installed")
        if isinstance(blob, bytes):
            yield blob


def _restrict(connection: sqlite3.Connection) -> None:
    """Only these two queries, no function and no view, within a number of steps and bytes."""
    import sqlite3  # noqa: PLC0415 - see above

    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST_BLOB)
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0", "cache_size = -8192"):
        connection.execute(f"PRAGMA {pragma}")
    steps = iter(range(_MOST_STEPS // _AT_ONCE))
    connection.set_progress_handler(lambda: int(next(steps, None) is None), _AT_ONCE)

    def allowed(action: int, name: str | None, value: str | None, *_: object) -> int:
        reads = action == sqlite3.SQLITE_READ and name in _READ
        counts = action == sqlite3.SQLITE_FUNCTION and value == "count"
        fine = reads or counts or action == sqlite3.SQLITE_SELECT
        return sqlite3.SQLITE_OK if fine else sqlite3.SQLITE_DENY

    connection.set_authorizer(allowed)
