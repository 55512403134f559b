"""Children of a test: started, waited for with a deadline, and stopped by their process id."""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Self

from testing.warm_start import Forked


class ChildError(RuntimeError):
    """A child ended, or printed nothing, before it was ready."""


def wait_until(ready: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Return once `ready()` is true; raise TimeoutError, naming `what`, when the time is over."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(0.02)


def tied(argv: Sequence[str]) -> list[str]:
    """`argv`, made to end with the thread that starts it, where the system can do that.

    Only for what the main thread starts: a child of a pool's thread would end with that thread.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return list(argv)
    # To change the user clears what was set before.
    rest = argv[1:] if argv[:1] == ["setpriv"] else argv
    return [setpriv, "--pdeathsig", "TERM", *rest]


class Child:
    """A process whose output goes to a file."""

    def __init__(
        self, argv: Sequence[str], *, log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.argv = list(argv)
        self.log = log
        with log.open("wb") as output:
            self._process = self._started(output, environment)

    def _started(
        self, output: BinaryIO, environment: Mapping[str, str] | None
    ) -> subprocess.Popen[bytes] | Forked:
        # A session of its own: a Ctrl-C at the terminal is ours to answer, not the child's. A test that is
        # killed can't stop it: the child of a main thread ends with that.
        is_main = threading.current_thread() is threading.main_thread()
        return subprocess.Popen(
            tied(self.argv) if is_main else self.argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def output(self) -> str:
        """All that the child has written so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Like the function of this name, but a child that ends first is an error that quotes its output."""

        def ready_or_dead() -> bool:
            if self.is_running:
                return ready()
            raise ChildError(
                f"{self.argv[0]} ended with {self._process.returncode}:\n{self.output()[-2000:]}"
            )

        try:
            wait_until(ready_or_dead, seconds=seconds, what=" ".join(self.argv))
        except TimeoutError as error:
            raise ChildError(f"{error}; it printed:\n{self.output()[-2000:]}") from None

    def line(self, prefix: str) -> str | None:
        """The rest of the first whole line that starts with `prefix`, if there is one yet."""
        for line in self.output().splitlines(keepends=True):
            if line.startswith(prefix) and line.endswith("\n"):
                return line.removeprefix(prefix).strip()
        return None

    def wait_for_line(self, prefix: str, *, seconds: float = 15) -> str:
        """That line, waited for."""
        self.wait_until(lambda: self.line(prefix) is not None, seconds=seconds)
        return self.line(prefix) or ""

    def stop(self, *, grace: float = 5) -> int:
        """End the child, by force when it has not ended in time; its exit status."""
        self._process.terminate()
        try:
            return self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class ForkedChild(Child):
    """freshlayer, forked by a process that has loaded it. ``argv``: the words after its name."""

    def _started(self, output: BinaryIO, environment: Mapping[str, str] | None) -> Forked:
        own = os.environ if environment is None else environment
        with open(os.devnull, "rb") as nothing:
            streams = (nothing.fileno(), output.fileno(), output.fileno())
            return Forked(self.argv, own, Path.cwd(), streams)
