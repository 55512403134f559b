"""Run the builder as if the user had: its own terminal, its own signals, its own exit code."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import IO, TYPE_CHECKING

from msgspec import Struct

from freshlayer.builders.base import Ended, Meanwhile, Reader
from freshlayer.builders.run.display import Display, shown_through
from freshlayer.builders.run.spawned import Spawned, spawn
from freshlayer.errors import BuilderError
from freshlayer.interrupts import signals

if TYPE_CHECKING:
    import threading

_SIGNALLED = 128


def run(
    argv: list[str],
    environment: Mapping[str, str],
    write: Callable[[IO[bytes]], None] | None = None,
    reader: Reader | None = None,
    meanwhile: Meanwhile | None = None,
) -> Ended:
    """Run to the end; the exit code as a shell would report it: 128 and the number of a signal that ended it.

    ``write`` feeds standard input, which is the user's own where it is None. ``reader`` reads the display
    that the user sees; without one nothing is between the builder and the terminal. ``meanwhile`` is called
    while it runs.

    Raises BuilderError where the program can't be started.
    """
    with shown_through(reader) as display, forwarding(display) as child:
        child.process = spawn(argv, environment, display.given, with_input=write is not None)
        return follow(child, display, write, meanwhile)


def follow(
    child: Started,
    display: Display,
    write: Callable[[IO[bytes]], None] | None = None,
    meanwhile: Meanwhile | None = None,
) -> Ended:
    """Show a builder that was started, to its end. ``write``, ``meanwhile``: as ``run`` has them.

    Raises BuilderError where it gets no input; it has ended then, too.
    """
    process = child.process
    if process is None:
        raise BuilderError("no builder was started")
    try:
        feeder = _feed(process.stdin, write) if write and process.stdin else None
    except RuntimeError as error:
        # Without its input it ends by itself.
        process.wait()
        raise BuilderError(f"the build context can't be sent: {error}") from None
    display.begin()
    if meanwhile:
        # A builder that runs is waited for, whatever fails here.
        with contextlib.suppress(Exception):
            meanwhile()
    code = process.wait()
    if feeder:
        feeder.join()
    happened = display.ended()
    return Ended(code if code >= 0 else _SIGNALLED - code, happened, display.trouble, child.interrupted)


def _feed(stream: IO[bytes], write: Callable[[IO[bytes]], None]) -> threading.Thread:
    """Raises RuntimeError where the system allows no more threads; the stream is closed then."""
    import threading  # noqa: PLC0415 - most builders read no standard input

    def feed() -> None:
        # The builder ending early is its own business: its exit code and its output say why.
        try:
            with contextlib.suppress(BrokenPipeError), stream:
                write(stream)
        except (OSError, ValueError) as error:
            sys.stderr.write(f"freshlayer: the build context can't be sent: {error}\n")

    thread = threading.Thread(target=feed, daemon=True)
    try:
        thread.start()
    except RuntimeError:
        stream.close()
        raise
    return thread


class Started(Struct):
    """The builder, once it is started, and whether a signal came to us while it ran."""

    process: Spawned | None = None
    interrupted: bool = False


@contextlib.contextmanager
def forwarding(display: Display) -> Iterator[Started]:
    """Signals that reach us reach the builder; then its end, not ours, decides.

    A terminal sends Ctrl-C to the whole foreground group, so the builder has it already: sent twice, docker
    would give up waiting for the daemon. The same goes for a change of its size, which the display passes on.
    """
    child = Started()

    def forward(number: int, _frame: FrameType | None) -> None:
        from_terminal = number in {signals.SIGINT, signals.SIGQUIT} and _in_foreground()
        child.interrupted = True
        if not from_terminal and child.process is not None:
            child.process.send_signal(number)

    def resize(_number: int, _frame: FrameType | None) -> None:
        display.resize()

    try:
        before = {signals.SIGWINCH: signals.signal(signals.SIGWINCH, resize)}
    except ValueError:
        # Only the main thread may, and it is not this one.
        yield child
        return
    numbers = (signals.SIGINT, signals.SIGTERM, signals.SIGHUP, signals.SIGQUIT)
    # What is ignored (nohup) stays ignored, as it would without us.
    heeded = [number for number in numbers if signals.getsignal(number) != signals.SIG_IGN]
    before |= {number: signals.signal(number, forward) for number in heeded}
    try:
        yield child
    finally:
        for number, handler in before.items():
            signals.signal(number, handler)


def _in_foreground() -> bool:
    for descriptor in (0, 1, 2):
        with contextlib.suppress(OSError):
            return os.tcgetpgrp(descriptor) == os.getpgrp()
    return False
