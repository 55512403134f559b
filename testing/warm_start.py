"""Commands that a server forks, one server of each program for each process of the tests."""

from __future__ import annotations

import atexit
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Self

from testing.warm import STATUS

_SERVER = Path(__file__).with_name("warm.py")
_CHUNK = 1 << 16


def fits(environment: Mapping[str, str]) -> bool:
    """Whether a fork will do: nothing in the environment is read before a program's first line."""
    return _early(environment) == _early(os.environ) and hasattr(os, "pidfd_open")


def _early(environment: Mapping[str, str]) -> dict[str, str]:
    known = ("PYTHON", "LC_", "LANG", "LD_", "MALLOC", "GLIBC")
    return {name: value for name, value in environment.items() if name.startswith(known)}


def run(
    words: Sequence[str],
    environment: Mapping[str, str],
    directory: Path,
    *,
    given: bytes = b"",
    seconds: float,
    program: str = "freshlayer",
) -> subprocess.CompletedProcess[bytes]:
    """Like ``subprocess.run`` with the output captured. ``program``: of those of `testing.warm`."""
    with Command(words, environment, directory, program) as command:
        return command.communicate(given, seconds)


@cache
def _server(program: str) -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        server = subprocess.Popen(
            [sys.executable, str(_SERVER), program, str(theirs.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )

    def stop() -> None:
        ours.close()
        server.communicate()

    atexit.register(stop)
    return ours


class Command:
    """A command that runs."""

    def __init__(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        directory: Path,
        program: str = "freshlayer",
    ) -> None:
        self._argv = [program, *words]
        stdin, self._input = os.pipe()
        self._output, stdout = os.pipe()
        self._errors, stderr = os.pipe()
        self._connection, theirs = socket.socketpair()
        socket.send_fds(_server(program), [b"."], [theirs.fileno(), stdin, stdout, stderr])
        theirs.close()
        for end in (stdin, stdout, stderr):
            os.close(end)
        request = json.dumps([list(words), dict(environment), str(directory.absolute())])
        self._connection.sendall(request.encode() + b"\n")
        self.pid = self._number()
        self._open = {self._input, self._output, self._errors}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for end in list(self._open):
            self._close(end)
        self._connection.close()

    def communicate(self, given: bytes, seconds: float) -> subprocess.CompletedProcess[bytes]:
        """Write and read until the command has ended. Raises subprocess.TimeoutExpired; it is killed then."""
        deadline = time.monotonic() + seconds
        read: dict[int, list[bytes]] = {self._output: [], self._errors: []}
        try:
            self._exchange(memoryview(given), read, deadline)
            status = self.ended(deadline - time.monotonic())
        except TimeoutError:
            os.kill(self.pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired(self._argv, seconds) from None
        output, errors = (b"".join(parts) for parts in read.values())
        return subprocess.CompletedProcess(self._argv, status, output, errors)

    def ended(self, seconds: float) -> int:
        """The exit status. Raises TimeoutError."""
        self._connection.settimeout(max(0.01, seconds))
        return self._number()

    def _exchange(self, given: memoryview, read: dict[int, list[bytes]], deadline: float) -> None:
        with selectors.DefaultSelector() as selector:
            for end in read:
                selector.register(end, selectors.EVENT_READ)
            os.set_blocking(self._input, False)
            selector.register(self._input, selectors.EVENT_WRITE)
            while selector.get_map():
                ready = selector.select(deadline - time.monotonic())
                if time.monotonic() > deadline:
                    raise TimeoutError
                for key, _ in ready:
                    if key.fd == self._input:
                        given = self._write(given)
                        done = not given
                    else:
                        part = os.read(key.fd, _CHUNK)
                        read[key.fd].append(part)
                        done = not part
                    if done:
                        selector.unregister(key.fd)
                        self._close(key.fd)

    def _write(self, given: memoryview) -> memoryview:
        """What is left to write: nothing where the command reads no more."""
        try:
            return given[os.write(self._input, given[:_CHUNK]) :] if given else given
        except BrokenPipeError:
            return given[:0]

    def _close(self, end: int) -> None:
        self._open.discard(end)
        os.close(end)

    def _number(self) -> int:
        found = b""
        while len(found) < STATUS.size:
            part = self._connection.recv(STATUS.size - len(found))
            if not part:
                raise RuntimeError("the server of commands has ended")
            found += part
        return int(STATUS.unpack(found)[0])
