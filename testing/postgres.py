"""A PostgreSQL server of the tests' own, from the distribution's packages."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg.conninfo import make_conninfo

from testing.process import Child
from testing.servers.base import as_nobody, free_port

_FAST = (
    *("fsync=off", "full_page_writes=off", "autovacuum=off", "max_wal_size=64MB", "max_connections=200"),
    # In its own directory: /dev/shm is small in containers, and keeps what a server that crashed had there.
    "dynamic_shared_memory_type=mmap",
)
_INITDB = ("-U", "freshlayer", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")


def programs() -> Path:
    """Where its programs are: Debian keeps them out of PATH. Raises FileNotFoundError."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise FileNotFoundError("PostgreSQL is not installed; scripts/setup brings it")
    return found[-1].parent


class Postgres:
    """``database`` is an empty one for each test. ``tcp``: on a port too, with a password."""

    PASSWORD = "pa ss/w@rd?#%:1"

    def __init__(self, *, tcp: bool = False) -> None:
        # The path of a Unix socket is at most 107 bytes.
        self.directory = Path(tempfile.mkdtemp(prefix="fl-pg-"))
        self.data = self.directory / "data"
        self.port = free_port() if tcp else 5432
        self._listen = "127.0.0.1" if tcp else ""
        self._child: Child | None = None

    def __enter__(self) -> Self:
        argv = as_nobody([str(programs() / "initdb"), "-D", str(self.data), *_INITDB], self.directory)
        subprocess.run(argv, check=True, capture_output=True, cwd="/", timeout=120)
        if self._listen:
            rules = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
            (self.data / "pg_hba.conf").write_text(rules)
        self.start()
        if self._listen:
            with self.connected() as connection:
                connection.execute(psycopg.sql.SQL("ALTER ROLE freshlayer PASSWORD {}").format(self.PASSWORD))
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(crash=True)
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def is_running(self) -> bool:
        return self._child is not None and self._child.is_running

    def start(self, *more: str) -> None:
        """``more``: further settings."""
        settings = [f"listen_addresses={self._listen}", f"unix_socket_directories={self.directory}"]
        options = [word for it in (*settings, *_FAST, *more) for word in ("-c", it)]
        argv = [str(programs() / "postgres"), "-D", str(self.data), "-p", str(self.port), *options]
        self._child = Child(as_nobody(argv), log=self.directory / "log", environment={"LC_ALL": "C"})
        self._child.wait_until(self._answers, seconds=60)

    def stop(self, *, crash: bool = False) -> None:
        """``crash``: without a word to its clients, and with recovery at the next start."""
        child, self._child = self._child, None
        if child is not None and child.is_running:
            os.kill(child.pid, signal.SIGQUIT if crash else signal.SIGINT)
            child.stop(grace=60)

    def _answers(self) -> bool:
        try:
            self.connected().close()
        except psycopg.OperationalError:
            return False
        return True

    def connected(self, name: str = "postgres") -> psycopg.Connection[Any]:
        """As its owner."""
        host = str(self.directory)
        return psycopg.connect(
            make_conninfo(host=host, port=self.port, user="freshlayer", dbname=name), autocommit=True
        )

    def database(self) -> str:
        """The URL of the one database, which is empty then: to make one takes a hundred times as long."""
        with self.connected() as connection:
            connection.execute("DROP SCHEMA IF EXISTS freshlayer CASCADE")
        return self.url("postgres")

    def url(self, name: str) -> str:
        """By its Unix socket."""
        return f"postgresql:///{name}?host={self.directory}&port={self.port}&user=freshlayer"

    def rows(self, url: str, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """What a query returns in the database of a URL, with the tables of freshlayer in sight."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET search_path = freshlayer")
            cursor = connection.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []
