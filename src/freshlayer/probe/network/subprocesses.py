"""Programs that a protocol asks through, beside the transfers of libcurl: bounded in time, memory and output.

They read nothing of the working directory (``children.py`` lists them all).
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from typing import IO

from msgspec import Struct

from freshlayer import children
from freshlayer.children import EmptyDirectory
from freshlayer.probe.network.wire import Answer, Run
from freshlayer.reference import shown

_AT_ONCE = 64 * 1024


class Running(Struct):
    """One program. Its output comes through a pipe: nothing is written that is not read."""

    process: subprocess.Popen[bytes]
    pipe: int
    deadline: float
    most: int
    output: bytearray

    def poll(self) -> Answer | None:
        """The answer, once there is one; a program that outlasts its time or its output is ended."""
        # Before what it has written is read: what comes between the two is read by the next look.
        code = self.process.poll()
        self._read()
        too_long = len(self.output) > self.most
        if code is None and not too_long and time.monotonic() < self.deadline:
            return None
        self.end()
        late = "says more than is read" if too_long else "gave no answer in time"
        text = self.output[: self.most].decode("utf-8", "replace")
        return Answer(error="" if code is not None else late, exit_code=code or 0, output=text)

    def end(self) -> None:
        """End it with all that it has started."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        if self.pipe >= 0:
            os.close(self.pipe)
            self.pipe = -1

    def _read(self) -> None:
        """What is there now, and a little more than the answer may hold."""
        with contextlib.suppress(BlockingIOError):
            while len(self.output) <= self.most and (data := os.read(self.pipe, _AT_ONCE)):
                self.output += data


def start(run: Run, seconds: float, nowhere: EmptyDirectory) -> Running | Answer:
    """Start a program in a session of its own, so that it has no terminal to ask on, and in ``nowhere``."""
    path = children.search_path(os.environ.get("PATH", os.defpath))
    name = run.argv[0]
    program = children.program(name, path)
    if not program:
        why = "named by a relative path, which may lead into a checkout" if "/" in name else "not in PATH"
        return Answer(error=f"can't be asked: {shown(name, 60)} can't be started (it is {why})")
    reader, writer = os.pipe()
    try:
        process = _started(run, [program, *run.argv[1:]], _environment(run, path, nowhere), writer, nowhere)
    except OSError as error:
        os.close(reader)
        return Answer(error=f"can't be asked: {shown(name, 60)} can't be started ({error.strerror})")
    finally:
        os.close(writer)
    os.set_blocking(reader, False)
    return Running(process, reader, time.monotonic() + seconds, run.most, bytearray())


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
    """The user's, without what leads into the checkout."""
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
