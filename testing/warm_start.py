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
from contextlib import suppress
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


class Forked:
    """A process that a server has forked, with the part of ``subprocess.Popen`` that `testing.process` uses.

    ``streams``: its standard input, output and errors, which are the caller's to close.
    """

    def __init__(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        directory: Path,
        streams: tuple[int, int, int],
        program: str = "freshlayer",
    ) -> None:
        self.args = [program, *words]
        self.returncode: int | None = None
        self._connection, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(_server(program), [b"."], [theirs.fileno(), *streams])
        request = json.dumps([list(words), dict(environment), str(directory.absolute())])
        self._connection.sendall(request.encode() + b"\n")
        self.pid = self._number()

    def poll(self) -> int | None:
        """The exit status, if it has ended."""
        with suppress(TimeoutError):
            self._wait(0.001)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit status. Raises subprocess.TimeoutExpired."""
        try:
            return self._wait(timeout)
        except TimeoutError:
            raise subprocess.TimeoutExpired(self.args, timeout or 0) from None

    def _wait(self, timeout: float | None) -> int:
        if self.returncode is None:
            self._connection.settimeout(timeout)
            self.returncode = self._number()
            self._connection.close()
        return self.returncode

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def _number(self) -> int:
        found = self._connection.recv(STATUS.size, socket.MSG_WAITALL)
        if len(found) < STATUS.size:
            raise RuntimeError("the server of commands has ended")
        return int(STATUS.unpack(found)[0])

    def close(self) -> None:
        """Hear no more of it."""
        self._connection.close()


class Command:
    """A command that runs."""

    def __init__(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        directory: Path,
        program: str = "freshlayer",
    ) -> None:
        stdin, self._input = os.pipe()
        self._output, stdout = os.pipe()
        self._errors, stderr = os.pipe()
        self.process = Forked(words, environment, directory, (stdin, stdout, stderr), program)
        for end in (stdin, stdout, stderr):
            os.close(end)
        self._open = {self._input, self._output, self._errors}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for end in list(self._open):
            self._close(end)
        self.process.close()

    def communicate(self, given: bytes, seconds: float) -> subprocess.CompletedProcess[bytes]:
        """Write and read until the command has ended. Raises subprocess.TimeoutExpired; it is killed then."""
        deadline = time.monotonic() + seconds
        read: dict[int, list[bytes]] = {self._output: [], self._errors: []}
        try:
            self._exchange(memoryview(given), read, deadline)
            status = self.process.wait(max(0.01, deadline - time.monotonic()))
        except (TimeoutError, subprocess.TimeoutExpired):
            self.process.kill()
            raise subprocess.TimeoutExpired(self.process.args, seconds) from None
        output, errors = (b"".join(parts) for parts in read.values())
        return subprocess.CompletedProcess(self.process.args, status, output, errors)

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
