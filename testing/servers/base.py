"""What every server here has: a directory that it serves, a port of its own, and a log of what it sent."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import socket
import ssl
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self, TypeVar
from urllib.parse import urlsplit

from testing.process import Child, wait_until

# Where a wheel puts its programs.
BESIDE_PYTHON = Path(sys.executable).parent
# Debian keeps daemons in sbin, which a user's PATH may lack.
PLACES = (os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin", str(BESIDE_PYTHON))
T = TypeVar("T")
MOST_HELD = 100
_HELD: deque[int] = deque()
_GIVEN: set[int] = set()
MARK = "/.log-"
SETTLED = 0.1
LINE = re.compile(r"(?P<method>[A-Z]+) (?P<path>\S+) (?P<status>\d{3}) (?P<body_bytes>\d+|-)")


@dataclass(frozen=True, slots=True)
class Served:
    """A request in the server's own log. `body_bytes`: of the body that was sent.

    `headers` holds those that the log has, by their names in lower case; `connection` tells connections
    apart, 0 where the log doesn't.
    """

    method: str
    path: str
    status: int
    body_bytes: int
    headers: Mapping[str, str] = field(default_factory=dict)
    connection: int = 0


def find(program: str) -> str:
    """The path of a program; raises FileNotFoundError where it is not installed."""
    found = shutil.which(program, path=os.pathsep.join(PLACES))
    if found is None:
        raise FileNotFoundError(f"{program} is not installed; scripts/setup brings it")
    return found


def free_port(host: str = "127.0.0.1") -> int:
    """A port on loopback on which no program listens; OSError where there is no such address.

    Never the same twice: an engine that outlives a test knows images by the port of that test's registry.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    port = 0
    while not port or port in _GIVEN:
        with socket.socket(family) as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind((host, 0))
            port = int(free.getsockname()[1])
            _hold(free.detach())
    _GIVEN.add(port)
    return port


def free_ports(count: int) -> list[int]:
    """Different ones."""
    return [free_port() for _ in range(count)]


def _hold(descriptor: int) -> None:
    """Keep the port: the kernel gives it to no other socket that takes any port.

    A server of this number binds it all the same, since both have SO_REUSEADDR and ours does not listen;
    until then connections are refused (socket(7)). Those of long ago are given up.
    """
    _HELD.append(descriptor)
    if len(_HELD) > MOST_HELD:
        os.close(_HELD.popleft())


def as_nobody(argv: list[str], *owned: Path) -> list[str]:
    """`argv`, made to run as nobody where we are root, which some servers refuse; `owned` is given away."""
    if os.geteuid() != 0:
        return argv
    for path in owned:
        shutil.chown(path, "nobody", "nogroup")
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--", *argv]


def parse_lines(text: str) -> Iterator[Served]:
    """The requests in a log of lines `METHOD PATH STATUS OCTETS`; one still being written is left out."""
    for line in text.splitlines(keepends=True):
        found = LINE.fullmatch(line.rstrip("\n"))
        if found and line.endswith("\n"):
            body_bytes = 0 if found["body_bytes"] == "-" else int(found["body_bytes"])
            yield Served(found["method"], found["path"], int(found["status"]), body_bytes)


class Server:
    """A server in the foreground, with a temporary directory of its own; it starts when it is made.

    `directory` is what it serves: one of its own, unless it is given. `restart()` keeps port and directory.
    """

    PROGRAM: ClassVar[str]
    # Seconds for which it may answer from what it knew of a file before.
    REMEMBERS: ClassVar[float] = 0.0
    # Seconds that it has to end, when it is told to.
    GRACE: ClassVar[float] = 5.0
    # Whether several threads write the log, so that what was answered first may be logged last.
    SEVERAL_WRITERS: ClassVar[bool] = False

    def __init__(self, directory: Path | None = None, *, scheme: str = "http") -> None:
        self.program = find(self.PROGRAM)
        self._with_us = contextlib.ExitStack()
        self.home = Path(self.also(tempfile.TemporaryDirectory(prefix="freshlayer-")))
        # For servers that run as nobody.
        self.home.chmod(0o755)
        self.directory = directory or self.home / "served"
        self.directory.mkdir(exist_ok=True)
        self.log = self.home / "access.log"
        self.port = free_port()
        self.url = f"{scheme}://127.0.0.1:{self.port}/"
        self._marks = 0
        self._starts = 0
        self._child: Child | None = None
        try:
            self.prepare()
            self.up()
        except BaseException:
            self.close()
            raise

    def also(self, other: AbstractContextManager[T]) -> T:
        """Enter something that is left when this server is closed."""
        return self._with_us.enter_context(other)

    def prepare(self) -> None:
        """Start, once, what the server needs beside itself."""

    def configure(self) -> None:
        """Write what the program reads before it starts."""

    def command(self) -> list[str]:
        """The program, in the foreground, and its arguments."""
        raise NotImplementedError

    def logged(self) -> Iterable[Served]:
        """What the log has at this moment, oldest first."""
        if not self.log.exists():
            return ()
        return parse_lines(self.log.read_text(encoding="utf-8", errors="replace"))

    def requests(self) -> list[Served]:
        """Every request that was answered before this call, oldest first.

        A log may be behind: a request of our own is sent after the others and waited for.
        """
        self._marks += 1
        mark = f"{MARK}{self._marks}"
        self._ask(mark)
        wait_until(lambda: any(s.path == mark for s in self.logged()), seconds=15, what=f"{mark} in the log")
        if self.SEVERAL_WRITERS:
            time.sleep(SETTLED)
        return [served for served in self.logged() if not served.path.startswith(MARK)]

    @contextlib.contextmanager
    def watched(self) -> Iterator[list[Served]]:
        """The requests that are answered within; the list is full when the block ends."""
        before, made = len(self.requests()), list[Served]()
        yield made
        made += self.requests()[before:]

    def up(self) -> None:
        """Answer, on the port of before."""
        if self._child is not None:
            return
        self.configure()
        self._starts += 1
        log = self.home / f"output-{self._starts}.log"
        self._child = Child(self.command(), log=log, environment=self.environment())
        self._child.wait_until(self.answers, seconds=30)

    def down(self) -> None:
        """Stop answering: connections to the port are refused."""
        if self._child is not None:
            if self.SEVERAL_WRITERS:
                # What was answered may not be written down yet, and never is after the end.
                time.sleep(SETTLED)
            self._child.stop(grace=self.GRACE)
            self._child = None
            # A process that the server started has its socket until it executes a program of its own: what
            # connects then is reset, and a restart would take it for the new server.
            wait_until(lambda: not self.answers(), seconds=30, what=f"{self.PROGRAM}: the end of its socket")

    def restart(self) -> None:
        self.down()
        self.up()

    def close(self) -> None:
        self.down()
        self._with_us.close()

    def environment(self) -> dict[str, str]:
        """The program's environment: no file of the user is read or written."""
        return {**os.environ, "HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home)}

    def answers(self) -> bool:
        """Whether the port is open."""
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", self.port)) == 0

    def _ask(self, path: str) -> None:
        connection = _connection(self.url)
        with contextlib.closing(connection):
            connection.request("HEAD", path)
            connection.getresponse().read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _connection(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=10)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # The request only marks a place in the log: whose certificate it is does not matter.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(host, port, timeout=10, context=context)
