"""The docker client, started before the origins are probed; its Dockerfile comes on standard input.

Its start is a quarter of a cached build. Until it has read all of the Dockerfile it only requests the version
of the daemon, so that it can be ended without a trace.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from freshlayer.builders.base import Builder, DerivedFile, Ended, Meanwhile, Reader
from freshlayer.builders.run.display import shown_through
from freshlayer.builders.run.process import follow, forwarding
from freshlayer.builders.run.spawned import Spawned, spawn
from freshlayer.errors import BuilderError
from freshlayer.files.temporary import temporary_directory
from freshlayer.interrupts import signals

if TYPE_CHECKING:
    from freshlayer.builders.command_line.build import BuildCommand

STANDARD_INPUT = "-"
NAME = "Dockerfile"
"""What builders show for a Dockerfile on standard input."""

_LARGEST = 32 * 1024
_READ_AS_STDIN = ("/dev/std", "/dev/fd", "/proc/")
"""What names standard input of the builder may begin with."""


class EarlyClient:
    """A builder that was started. It builds one file, or nothing."""

    def __init__(self, argv: list[str], environment: Mapping[str, str], reader: Reader) -> None:
        """Raises BuilderError where it can't be started, OSError where it can't be given a directory."""
        with contextlib.ExitStack() as kept:
            # The client keeps the Dockerfile in a directory of its own, which one that is ended would leave.
            own = {**environment, "TMPDIR": kept.enter_context(temporary_directory())}
            self._display = kept.enter_context(shown_through(reader))
            self._process = spawn(argv, own, self._display.given, with_input=True)
            kept.callback(self._end)
            self._kept = kept.pop_all()

    def takes(self, file: DerivedFile) -> bool:
        """Whether it builds as it would with the file in a directory. If not, it is ended.

        It gets the file at once, or not at all: if this process were killed between two parts of it, the
        client would build the first one.
        """
        plain = file.name == NAME and not (file.inline or file.ignore or file.secrets)
        if plain and self._process.stdin and len(file.content) <= _capacity(self._process):
            return True
        self.close()
        return False

    def build(self, content: bytes, meanwhile: Meanwhile | None = None) -> Ended:
        """Build it, to the end. ``meanwhile`` is called while it builds."""
        stdin = self._process.stdin
        with self._kept, forwarding(self._display) as child:
            child.process = self._process
            # A client that has ended already has stated why.
            with contextlib.suppress(BrokenPipeError):
                if stdin is not None:
                    os.write(stdin.fileno(), content)
                    stdin.close()
            return follow(child, self._display, meanwhile=meanwhile)

    def close(self) -> None:
        """End it, unless it has built."""
        self._kept.close()

    def _end(self) -> None:
        # Before its standard input is closed, which it would take for an empty Dockerfile.
        self._process.send_signal(signals.SIGKILL)
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()


def _capacity(process: Spawned) -> int:
    """Bytes that fit into its standard input at once."""
    return fcntl.fcntl(process.stdin, fcntl.F_GETPIPE_SZ) if process.stdin else 0


@contextlib.contextmanager
def early_client(builder: Builder, command: BuildCommand) -> Iterator[EarlyClient | None]:
    """A client that waits, where that changes nothing but the time; it is ended unless it has built."""
    client = _started(builder, command)
    try:
        yield client
    finally:
        if client is not None:
            client.close()


def _started(builder: Builder, command: BuildCommand) -> EarlyClient | None:
    reader = builder.reader(command) if builder.may_start_early and _is_plain(command) else None
    if reader is None:
        return None
    argv = [*builder.argv, *command.with_file(STANDARD_INPUT)]
    try:
        return EarlyClient(argv, builder.environment, reader)
    except (BuilderError, OSError):
        # It is started once more when it is to build, and that error is the user's.
        return None


def _is_plain(command: BuildCommand) -> bool:
    """Whether it builds a Dockerfile of usual name and size, without an ignore file of its own."""
    path = command.file if command.file is not None else os.path.join(command.context, NAME)
    if command.unclear or command.unknown_options or command.is_help or os.path.basename(path) != NAME:
        return False
    if any(place in word for word in command.words for place in _READ_AS_STDIN):
        return False
    try:
        small = os.stat(path).st_size <= _LARGEST
    except OSError:
        return False
    return small and os.path.isdir(command.context) and not os.path.lexists(f"{path}.dockerignore")
