"""Programs that a protocol runs, beside the transfers of libcurl: bounded in time, memory and output.

They read nothing of the working directory (``children.py`` lists them all).
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from typing import IO

from msgspec import Struct

from freshlayer import children
from freshlayer.children import EmptyDirectory
from freshlayer.model.reasons import Reason
from freshlayer.probe.network.hosts import Talk
from freshlayer.probe.network.messages import Answer, Run
from freshlayer.reference import shown

_AT_ONCE = 64 * 1024


class Running(Struct):
    """One program. Its output comes through a pipe: nothing is written to a file."""

    process: subprocess.Popen[bytes]
    pipe: int
    deadline: float
    most: int
    output: bytearray

    def poll(self) -> Answer | None:
        """The answer, once there is one; a program that exceeds its time or its output is ended."""
        # Before the output is read: what comes between the two is read by the next call.
        code = self.process.poll()
        self._read()
        too_long = len(self.output) > self.most
        if code is None and not too_long and time.monotonic() < self.deadline:
            return None
        self.end()
        text = self.output[: self.most].decode("utf-8", "replace")
        if code is not None:
            return Answer(exit_code=code, output=text)
        limit = "program-output-too-large" if too_long else "program-timed-out"
        return Answer(error=Reason(limit), output=text)

    def end(self) -> None:
        """End it, and every program that it started."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        if self.pipe >= 0:
            os.close(self.pipe)
            self.pipe = -1

    def _read(self) -> None:
        """Read what is there now, up to a little more than the answer may hold."""
        with contextlib.suppress(BlockingIOError):
            while len(self.output) <= self.most and (data := os.read(self.pipe, _AT_ONCE)):
                self.output += data


class Programs:
    """Those that run for conversations."""

    def __init__(self) -> None:
        self._running: list[tuple[Talk, Running]] = []
        self._nowhere = EmptyDirectory(os.environ)

    def __len__(self) -> int:
        return len(self._running)

    def begin(self, talk: Talk, run: Run, seconds: float) -> Answer | None:
        """Start one; the answer if it can't be started."""
        started = start(run, seconds, self._nowhere)
        if isinstance(started, Answer):
            return started
        self._running.append((talk, started))
        return None

    def ended(self) -> Iterator[tuple[Talk, Answer]]:
        """Those that have ended since the last time."""
        for item in list(self._running):
            talk, running = item
            answer = running.poll()
            if answer is not None:
                self._running.remove(item)
                yield talk, answer

    def close(self) -> None:
        """End those that did not end."""
        for _, running in self._running:
            running.end()
        self._nowhere.close()


def start(run: Run, seconds: float, nowhere: EmptyDirectory) -> Running | Answer:
    """Start a program in a new session, so that it has no terminal for a prompt, and in ``nowhere``."""
    path = children.search_path(os.environ.get("PATH", os.defpath))
    name = run.argv[0]
    program = children.program(name, path)
    if not program:
        why = "a relative path, which may be in a checkout" if "/" in name else "not in PATH"
        return _not_started(name, why)
    reader, writer = os.pipe()
    try:
        process = _started(run, [program, *run.argv[1:]], _environment(run, path, nowhere), writer, nowhere)
    except OSError as error:
        os.close(reader)
        return _not_started(name, str(error.strerror))
    finally:
        os.close(writer)
    os.set_blocking(reader, False)
    return Running(process, reader, time.monotonic() + seconds, run.most, bytearray())


def _not_started(name: str, why: str) -> Answer:
    return Answer(error=Reason("program-not-started", detail=f"{shown(name, 60)} can't be started: {why}"))


def _started(
    run: Run, argv: list[str], environment: Mapping[str, str], output: int, nowhere: EmptyDirectory
) -> subprocess.Popen[bytes]:
    with _given(run.stdin) as stdin:
        return subprocess.Popen(
            children.limited(argv, run.child),
            env=environment,
            cwd=nowhere.path,
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT if run.errors else subprocess.DEVNULL,
            start_new_session=True,
        )


def _environment(run: Run, path: str, nowhere: EmptyDirectory) -> dict[str, str]:
    """The user's environment, without paths into the checkout."""
    users = children.outside_of_repositories(os.environ, children.checkout(os.environ))
    above = os.path.dirname(nowhere.path)
    return {**run.defaults, **users, "GIT_CEILING_DIRECTORIES": above, **run.environment, "PATH": path}


def _given(text: str) -> IO[bytes]:
    """Standard input with a text in it; a pipe holds it, so that it never reaches a disk."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with open(writer, "wb", buffering=0) as pipe:
        pipe.write(text.encode())
    return open(reader, "rb", buffering=0)
