"""Which of the processes that watch judges, in one database.

A row names the session of the process that judges, and one a session that serves an API; a row counts while
its session is there. An advisory lock would need no right: every role that may connect could hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import psycopg

from freshlayer.state.postgres.schema import LOCK
from freshlayer.state.postgres.server import PostgresDatabase

_JUDGES, _SERVES = "judges", "serves"

_TAKE = (
    "INSERT INTO judge (what, pid, role, started) SELECT %s, pid, usename::text,"
    " cast(extract(epoch FROM backend_start) * 1000000 AS BIGINT)"
    " FROM pg_stat_activity WHERE pid = pg_backend_pid()"
)
_HOLDERS = (
    "SELECT it.what, it.pid FROM judge AS it JOIN pg_stat_activity AS there ON there.pid = it.pid"
    " AND there.datname = current_database() AND there.usename = it.role"
    " AND coalesce(cast(extract(epoch FROM there.backend_start) * 1000000 AS BIGINT) = it.started, TRUE)"
)
"""What → the session that has it. When a session of another role started is not shown to this one."""


class Judging:
    """``serves``: whether this process has an API. It shows what it judged, so the turn is left to it.

    ``warn`` gets why the server can't be used. Not shared between threads.
    """

    def __init__(self, url: str, warn: Callable[[str], None], *, serves: bool) -> None:
        self._database = PostgresDatabase(url, warn)
        self._warn, self._serves = warn, serves

    def close(self) -> None:
        """End the connection, and with it the turn."""
        self._database.close()

    def __call__(self) -> bool:
        """Whether this process is the one that judges, for as long as its connection is there."""
        try:
            connection = self._database.connected()
            pid = connection.info.backend_pid
            if self._wanted(_holders(connection), pid):
                with connection.transaction():
                    connection.execute(LOCK)
                    _write(connection, self._wanted(_holders(connection), pid))
            return _holders(connection).get(_JUDGES) == pid
        except (psycopg.Error, OSError) as error:
            self._database.close()
            self._warn(self._database.failure(error, "nothing is judged"))
            return False

    def _wanted(self, holders: Mapping[str, int], pid: int) -> dict[str, bool]:
        """What this session is to take, and what it is to leave."""
        wanted: dict[str, bool] = {}
        if self._serves and _SERVES not in holders:
            wanted[_SERVES] = True
        is_left = not self._serves and _SERVES in holders
        if is_left and holders.get(_JUDGES) == pid:
            wanted[_JUDGES] = False
        elif not is_left and _JUDGES not in holders:
            wanted[_JUDGES] = True
        return wanted


def _holders(connection: psycopg.Connection[Any]) -> dict[str, int]:
    return dict(connection.execute(_HOLDERS).fetchall())


def _write(connection: psycopg.Connection[Any], wanted: Mapping[str, bool]) -> None:
    for what, is_taken in wanted.items():
        connection.execute("DELETE FROM judge WHERE what = %s", (what,))
        if is_taken:
            connection.execute(_TAKE, (what,))
