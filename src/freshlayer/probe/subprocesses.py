"""Programs that a protocol asks through, beside the transfers of libcurl: bounded in time and in output."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from typing import IO

from msgspec import Struct

from freshlayer.probe.wire import Answer, Run


class Running(Struct):
    """One program; its output goes to a file, so that it can neither block nor fill memory."""

    process: subprocess.Popen[bytes]
    output: IO[bytes]
    deadline: float
    most: int

    def poll(self) -> Answer | None:
        """The answer, once there is one; a program that outlasts its time or its output is ended."""
        code = self.process.poll()
        if code is None and time.monotonic() < self.deadline and self._length() <= self.most:
            return None
        self.end()
        late = "gave no answer in time" if self._length() <= self.most else "says more than is read"
        self.output.seek(0)
        text = self.output.read(self.most).decode("utf-8", "replace")
        self.output.close()
        return Answer(error="" if code is not None else late, exit_code=code or 0, output=text)

    def end(self) -> None:
        """End it with all that it has started."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _length(self) -> int:
        return os.fstat(self.output.fileno()).st_size


def start(run: Run, seconds: float) -> Running | Answer:
    """Start a program in a session of its own, so that it has no terminal to ask on."""
    environment = {**run.defaults, **os.environ, **run.environment}
    output = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the answer
    try:
        with _given(run.stdin) as stdin:
            process = subprocess.Popen(
                run.argv,
                env=environment,
                stdin=stdin,
                stdout=output,
                stderr=subprocess.STDOUT if run.errors else subprocess.DEVNULL,
                start_new_session=True,
            )
    except OSError as error:
        output.close()
        return Answer(error=f"can't be asked: {run.argv[0]} can't be started ({error.strerror})")
    return Running(process, output, time.monotonic() + seconds, run.most)


def _given(text: str) -> IO[bytes]:
    """Standard input with a text in it; a pipe holds it, so that it never reaches a disk."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with open(writer, "wb", buffering=0) as pipe:
        pipe.write(text.encode())
    return open(reader, "rb", buffering=0)
