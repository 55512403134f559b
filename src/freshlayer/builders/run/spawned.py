"""A builder as a process, by ``posix_spawn``: to load ``subprocess`` takes a tenth of a cached build."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Mapping, Sequence
from typing import IO

from freshlayer import children
from freshlayer.errors import BuilderError
from freshlayer.interrupts import signals

# Python ignores these itself, which a program that it starts would inherit.
_AS_BY_DEFAULT = [signals.SIGPIPE, signals.SIGXFSZ]


class Spawned:
    """A process that was started. ``stdin`` writes to it, where that was wanted."""

    def __init__(self, pid: int, stdin: IO[bytes] | None) -> None:
        self._pid = pid
        self._code: int | None = None
        self._ended = False
        self.stdin = stdin

    @property
    def is_running(self) -> bool:
        """Whether it was not seen to end."""
        return not self._ended

    def wait(self) -> int:
        """Its exit code, or the number of the signal that ended it, below zero."""
        if self._code is None:
            self._see_end()
            try:
                self._code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
            except ChildProcessError:
                # Where SIGCHLD is ignored, the kernel forgets how it ended.
                self._code = 0
        return self._code

    def _see_end(self) -> None:
        """Until the process is waited for, no other one gets its id, which a signal might go to."""
        if hasattr(os, "waitid"):
            with contextlib.suppress(ChildProcessError):
                os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOWAIT)
            self._ended = True

    def send_signal(self, number: int) -> None:
        """Nothing, where it has ended."""
        if self.is_running and self._code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, number)


def spawn(
    argv: Sequence[str], environment: Mapping[str, str], given: Mapping[int, int], *, with_input: bool
) -> Spawned:
    """Start a program. ``given``: its descriptor → the one of ours that it gets; the others it shares.

    What Python opens is not inherited (PEP 446). What else is open is the builder's own: ``-f <(…)``,
    ``--secret src=<(…)``. Raises BuilderError.
    """
    theirs, ours = os.pipe() if with_input else (-1, -1)
    actions = [(os.POSIX_SPAWN_DUP2, source, target) for target, source in given.items()]
    if with_input:
        actions.append((os.POSIX_SPAWN_DUP2, theirs, 0))
    try:
        path = _path(argv[0], environment)
        pid = os.posix_spawn(
            path, list(argv), dict(environment), file_actions=actions, setsigdef=_AS_BY_DEFAULT
        )
    except OSError as error:
        if with_input:
            os.close(ours)
        raise BuilderError(f"{argv[0]} can't be started: {error.strerror}") from None
    finally:
        if with_input:
            os.close(theirs)
    return Spawned(pid, open(ours, "wb") if with_input else None)


def _path(program: str, environment: Mapping[str, str]) -> str:
    """Raises FileNotFoundError."""
    found = program if os.sep in program else children.program(program, environment.get("PATH", os.defpath))
    if not found:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    return found
