"""Between a builder and the user's terminal: every byte passes through as it is, and a reader looks on."""

from __future__ import annotations

import _thread
import contextlib
import fcntl
import os
import select
import termios
import time
import tty
from collections.abc import Iterator, Mapping

from freshlayer.builders.base import Reader
from freshlayer.model.progress_event import ProgressEvent

_AT_ONCE = 65_536
_STREAMS = (1, 2)
_SETTLED = 0.1
"""Seconds of silence after which a builder that ended has no more output; what it left running may go on."""


class Display:
    """What a builder is given for a terminal.

    ``given``: descriptor of ours (1, 2) → the builder's; what is not in it the builder shares with us.
    ``trouble``: what went wrong with the reader, if anything did; the user sees the display all the same.
    """

    given: Mapping[int, int] = {}
    trouble: str = ""

    def begin(self) -> None:
        """The builder has started."""

    def resize(self) -> None:
        """The user's terminal has another size."""

    def ended(self) -> tuple[ProgressEvent, ...]:
        """The builder has ended: show the rest, and report what happened."""
        return ()

    def close(self) -> None:
        """Let go of everything."""


@contextlib.contextmanager
def shown_through(reader: Reader | None) -> Iterator[Display]:
    """A display that a reader looks on to; a bare one without a reader, or where none can be made."""
    display = _read_by(reader) if reader else Display()
    try:
        yield display
    finally:
        display.close()


def _read_by(reader: Reader) -> Display:
    """A terminal stays one for the builder; all else is a pipe. Two streams that are one file stay one."""
    try:
        ours, theirs = _terminal(reader.stream) if os.isatty(reader.stream) else os.pipe()
    except (OSError, termios.error):
        return Display()
    return _Through(reader, ours, theirs)


def _terminal(stream: int) -> tuple[int, int]:
    """A pseudo-terminal that changes no byte: the user's own terminal does that."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    _copy_size(stream, ours)
    return ours, theirs


def _copy_size(source: int, target: int) -> None:
    with contextlib.suppress(OSError):
        size = fcntl.ioctl(source, termios.TIOCGWINSZ, bytes(8))
        fcntl.ioctl(target, termios.TIOCSWINSZ, size)


def _same_file(one: int, other: int) -> bool:
    try:
        return os.path.sameopenfile(one, other)
    except OSError:
        return False


class _Through(Display):
    """Copies in a thread of its own, so that signals and the builder's end are met at once."""

    def __init__(self, reader: Reader, ours: int, theirs: int) -> None:
        self._reader: Reader | None = reader
        self._stream = reader.stream
        self._ours, self._theirs = ours, theirs
        self._over = False
        # ``threading`` takes as long to load as ten of our modules.
        self._copied: _thread.LockType | None = None
        self.given = {s: theirs for s in _STREAMS if s == self._stream or _same_file(s, self._stream)}
        self.trouble = ""

    def begin(self) -> None:
        # It may have changed before anybody listened.
        self.resize()
        self._let_go_of_theirs()
        self._copied = _thread.allocate_lock()
        self._copied.acquire()
        try:
            _thread.start_new_thread(self._copy, (self._copied,))
        except RuntimeError:
            # The system allows no more threads. The builder, which runs, is waited for in any case.
            self._copy(self._copied)

    def resize(self) -> None:
        if self._ours >= 0:
            _copy_size(self._stream, self._ours)

    def ended(self) -> tuple[ProgressEvent, ...]:
        self._over = True
        if self._copied:
            with self._copied:
                pass
        try:
            return self._reader.ended(time.monotonic()) if self._reader else ()
        except Exception as error:  # noqa: BLE001 - a fault of the reader must not cost the user a build
            self._give_up(error)
            return ()

    def close(self) -> None:
        self._let_go_of_theirs()
        # Where the builder could not be started no thread has closed it.
        if self._copied is None:
            self._let_go_of_ours()

    def _let_go_of_ours(self) -> None:
        descriptor, self._ours = self._ours, -1
        os.close(descriptor)

    def _let_go_of_theirs(self) -> None:
        if self._theirs >= 0:
            os.close(self._theirs)
            self._theirs = -1

    def _copy(self, copied: _thread.LockType) -> None:
        try:
            for data in self._output():
                _write(self._stream, data)
                self._look_on(data)
        except OSError:
            # The output has no reader: the builder learns it, as it would without us.
            pass
        finally:
            self._let_go_of_ours()
            copied.release()

    def _output(self) -> Iterator[bytes]:
        """To the end of the stream, which a terminal reports as an error (EIO)."""
        while True:
            ready, _, _ = select.select([self._ours], [], [], _SETTLED)
            if not ready and self._over:
                return
            if not ready:
                continue
            try:
                data = os.read(self._ours, _AT_ONCE)
            except OSError:
                return
            if not data:
                return
            yield data

    def _look_on(self, data: bytes) -> None:
        try:
            if self._reader:
                self._reader.feed(data, time.monotonic())
        except Exception as error:  # noqa: BLE001 - a fault of the reader must not cost the user a build
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._reader = None
        self.trouble = f"{type(error).__name__}: {error}"


def _write(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        try:
            left = left[os.write(descriptor, left) :]
        except BlockingIOError:
            # A process that shares the terminal with us may have made it so.
            select.select([], [descriptor], [])
