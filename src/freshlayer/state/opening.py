"""The state file as a file: it is opened, read and written here, and set aside where it is damaged.

A file that is locked, on a full disk or read-only is not a damaged one. It is left as it is, and the run
goes on without it.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from freshlayer.errors import StateError
from freshlayer.files.bounded_read import kind_in
from freshlayer.files.file_lock import locked
from freshlayer.state.columns import DamagedError, Row, checked
from freshlayer.state.libsqlite import sqlite3
from freshlayer.state.migrations import TABLES, VERSION, migrate

_WAIT = 30.0
_WAIT_OF_SQLITE = 0.25
_LAST_VERSION = 1_000
"""A larger number is damage, and not a newer freshlayer's."""

_CHECKED_UP_TO = 16 * 1024 * 1024
_LONGEST_VALUE = 16 * 1024 * 1024
_MOST_STEPS = 2_000
_STEP = 100_000
"""Instructions of SQLite's machine between two looks at how many there were."""

_MOST_ASIDE = 9
"""Corrupt files that are kept."""

_NOT_DAMAGE = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_ABORT,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOLFS,
        sqlite3.SQLITE_AUTH,
    }
)
"""Primary result codes (sqlite.org/rescode.html) that are not about the content.

SQLITE_INTERRUPT is our own limit of steps, or a signal that arrived while they were counted.
"""


class StateFile:
    """One state file. Reading gives nothing, and writing does nothing, where the file can't be used.

    ``warn`` is called with the reason, once.
    """

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        self.path = path
        self._warn = warn
        self._usable = True
        self._connection: sqlite3.Connection | None = None
        self._inode = 0

    def close(self) -> None:
        """End the connection; the file can be used again."""
        if self._connection is not None:
            with contextlib.suppress(TimeoutError), locked(self.path, is_shared=True):
                self._close()

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            _close(connection)

    def read(self, sql: str, values: Sequence[object], first: frozenset[object] | None = None) -> list[Row]:
        """The rows of a query, each value checked by the name of its column.

        ``first``: what the first column may be, where the query selects rows by it. A damaged tree can give
        others.
        """
        rows: list[Row] = []

        def query(connection: sqlite3.Connection) -> None:
            cursor = connection.execute(sql, tuple(values))
            found = checked([column[0] for column in cursor.description], cursor.fetchall())
            if first is not None and any(row[0] not in first for row in found):
                raise DamagedError("a query gave a row that it did not select")
            rows[:] = found

        self._with_connection(query, "nothing is remembered")
        return rows

    def write(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Do some work in one transaction: all of it or none. It may be done twice, in two files."""

        def transaction(connection: sqlite3.Connection) -> None:
            # BEGIN IMMEDIATE waits for other writers. One that begins by reading could not wait any more.
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                work(connection)

        self._with_connection(transaction, "nothing was recorded")

    @property
    def own_tables(self) -> Sequence[str]:
        """None."""
        return ()

    @property
    def glob(self) -> str:
        """The operator that compares a column with a pattern."""
        return "GLOB ?"

    def pattern(self, text: str) -> str:
        """Of GLOB, where ``?`` and ``[`` have a meaning too."""
        return "".join(f"[{it}]" if it in "[?" else it for it in text)

    @property
    def is_usable(self) -> bool:
        """False once reading or writing failed: then nothing that was read since counts."""
        return self._usable

    @property
    def size(self) -> int:
        """Bytes of the file, with what is not yet written into it (sqlite.org/wal.html)."""
        total = 0
        for suffix in ("", "-wal"):
            with contextlib.suppress(OSError):
                total += os.stat(f"{self.path}{suffix}").st_size
        return total

    def compact(self) -> None:
        """Give the space of removed rows back (sqlite.org/lang_vacuum.html); their bytes are gone then."""

        def vacuum(connection: sqlite3.Connection) -> None:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

        self._with_connection(vacuum, "the file keeps its size")

    def _with_connection(self, act: Callable[[sqlite3.Connection], None], consequence: str) -> None:
        """Act, and once more on a new file where the old one turns out to be damaged."""
        if not self._usable:
            return
        try:
            try:
                self._act(act)
            except (sqlite3.Error, DamagedError, UnicodeDecodeError) as error:
                if not is_damage(error):
                    raise
                self._set_aside()
                self._act(act)
        except (sqlite3.Error, OSError, StateError, UnicodeDecodeError) as error:
            clause = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
            self._warn(f"{self.path}: {clause}; {consequence} (pass --state PATH to use another file)")
            self._usable = False
            self.close()

    def _act(self, act: Callable[[sqlite3.Connection], None]) -> None:
        """Act, again and again while another process has the file locked, or put another in its place.

        SQLite waits in C, where Python handles no signal: each of its waits is short.
        """
        latest = time.monotonic() + _WAIT
        while True:
            try:
                connection = self._open()
                _limit_steps(connection)
                act(connection)
                if not self._is_replaced() or time.monotonic() >= latest:
                    return
            except (sqlite3.OperationalError, FileNotFoundError) as error:
                if not (_is_busy(error) or self._is_replaced()) or time.monotonic() >= latest:
                    raise

    def _is_replaced(self) -> bool:
        """Whether another process set the file aside: what was read and written since was that file's."""
        return bool(self._inode) and _inode(self.path) != self._inode

    def _open(self) -> sqlite3.Connection:
        if self._is_replaced():
            self.close()
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            connection, version = self._connected()
            self._connection = connection
            try:
                if version < VERSION:
                    self._migrate(connection)
                _check_schema(connection)
                self._check_tree(connection)
            except BaseException:
                self.close()
                raise
        return self._connection

    def _connected(self) -> tuple[sqlite3.Connection, int]:
        """A connection, and the version of its file. Raises StateError, DamagedError, sqlite3.Error.

        With the first query SQLite opens the files beside it, by their names.
        """
        with locked(self.path, is_shared=True):
            self._inode = _inode(self.path)
            connection = sqlite3.connect(self.path, timeout=_WAIT_OF_SQLITE)
            try:
                self._inode = _inode(self.path)
                _limit(connection)
                return connection, _version(connection)
            except BaseException:
                _close(connection)
                raise

    def _migrate(self, connection: sqlite3.Connection) -> None:
        """SQLite does not wait for others when it changes the journal mode."""
        with locked(self.path):
            if not self._is_replaced():
                migrate(connection, self.path)

    def _check_tree(self, connection: sqlite3.Connection) -> None:
        """A tree out of order loses rows without an error: 0.4 ms for 400 instructions, 6 ms for 4,000."""
        if os.stat(self.path).st_size <= _CHECKED_UP_TO:
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            if found != "ok":
                raise DamagedError("its tree is out of order")

    def _set_aside(self) -> None:
        """Rename the file, so that the next one to open it makes a new one. One of several processes does.

        SQLite opens and removes the files beside it by their names: under the lock none of them is the new
        file's (sqlite.org/howtocorrupt.html, "Unlinking or renaming a database file while in use").
        """
        with locked(self.path):
            self._close()
            if self._is_replaced():
                return
            aside = _unused_name(self.path)
            for suffix in ("-wal", "-shm", "-journal"):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(f"{self.path}{suffix}")
            os.replace(self.path, aside)
        self._warn(f"{self.path}: the state file was corrupt; moved to {aside}; started a new one")


def _unused_name(path: Path) -> Path:
    """Where a corrupt file goes. One that was set aside before is kept; of many, the last one is replaced."""
    names = [f"{path.name}.corrupt", *(f"{path.name}.corrupt-{n}" for n in range(2, _MOST_ASIDE + 1))]
    found = (it for it in map(path.with_name, names) if not os.path.lexists(it))
    return next(found, path.with_name(names[-1]))


def _close(connection: sqlite3.Connection) -> None:
    """What closing writes back may fail for the reason that reading did."""
    with contextlib.suppress(sqlite3.Error):
        connection.close()


def _inode(path: Path) -> int:
    """0 if the file does not exist. Raises StateError where something else is there.

    A device would be taken for a corrupt file and renamed, away from the whole machine.
    """
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return 0
    if kind := kind_in(status):
        raise StateError(f"{kind}, not a state file")
    return status.st_ino


def _limit(connection: sqlite3.Connection) -> None:
    """What a file may make us do: a value, a program and a schema of its own are bounded."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
    connection.execute("PRAGMA trusted_schema = OFF")
    # In WAL mode a commit that a power failure undoes leaves the file consistent (sqlite.org/wal.html). What
    # it held is probed again, and gives the same keys; a message of it is sent again, with the same key.
    connection.execute("PRAGMA synchronous = NORMAL")
    _limit_steps(connection)


def _limit_steps(connection: sqlite3.Connection) -> None:
    """From now on: each query and each transaction has the whole limit."""
    steps = iter(range(_MOST_STEPS))
    connection.set_progress_handler(lambda: next(steps, None) is None, _STEP)


def _version(connection: sqlite3.Connection) -> int:
    """Raises DamagedError where it is not a version, StateError where a newer freshlayer wrote the file."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if not 0 <= version <= _LAST_VERSION:
        raise DamagedError("the version of the file is not one of freshlayer's")
    if version > VERSION:
        raise StateError("a newer freshlayer wrote this state file")
    return int(version)


def _check_schema(connection: sqlite3.Connection) -> None:
    """There are tables and indexes only. A trigger or a view would change what is read and written."""
    for (kind,) in connection.execute("SELECT DISTINCT type FROM sqlite_schema"):
        if kind not in {"table", "index"}:
            raise DamagedError(f"the schema has a {kind}")
    # One query is one lock.
    selects = (f"SELECT * FROM (SELECT 1 FROM {table} LIMIT 1)" for table in TABLES)  # noqa: S608 - constants of ours
    connection.execute(" UNION ALL ".join(selects)).fetchall()


def _is_busy(error: Exception) -> bool:
    """Python's own errors have no code."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def is_damage(error: Exception) -> bool:
    """Python's own errors have no code: text that is not UTF-8 is damage, a wrong call is not.

    Where SQLite quotes such text in a message, Python raises UnicodeDecodeError in place of the error.
    """
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return not isinstance(error, sqlite3.ProgrammingError | sqlite3.InterfaceError)
    return code & 0xFF not in _NOT_DAMAGE
