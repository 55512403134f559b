"""Run the builder as if the user had: its own terminal, its own signals, its own exit code."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import IO

from msgspec import Struct

from freshlayer.builders.base import Ended, Reader
from freshlayer.builders.run.display import Display, shown_through
from freshlayer.children import DOCKER_QUERY, Child, limited
from freshlayer.errors import BuilderError

_SIGNALLED = 128
_AT_ONCE = 64 * 1024
_LARGEST_PIECE = 1024 * 1024
_LARGEST_OUTPUT = 16 * 1024 * 1024


def run(
    argv: list[str],
    environment: Mapping[str, str],
    write: Callable[[IO[bytes]], None] | None = None,
    reader: Reader | None = None,
) -> Ended:
    """Run to the end; the exit code as a shell would report it: 128 and the number of a signal that ended it.

    ``write`` feeds standard input, which is the user's own where it is None. ``reader`` reads the display
    that the user sees; without one nothing is between the builder and the terminal.

    Raises BuilderError where the program can't be started.
    """
    with shown_through(reader) as display, forwarding(display) as child:
        child.process = start(argv, environment, display, with_input=write is not None)
        return follow(child, display, write)


def follow(child: Started, display: Display, write: Callable[[IO[bytes]], None] | None = None) -> Ended:
    """Show a builder that was started, to its end. ``write``: as ``run`` has it."""
    process = child.process
    if process is None:
        raise BuilderError("no builder was started")
    feeder = _feed(process.stdin, write) if write and process.stdin else None
    display.begin()
    code = process.wait()
    if feeder:
        feeder.join()
    happened = display.ended()
    return Ended(code if code >= 0 else _SIGNALLED - code, happened, display.trouble, child.interrupted)


def captured(
    argv: Sequence[str],
    environment: Mapping[str, str],
    *,
    seconds: float | None,
    child: Child = DOCKER_QUERY,
    directory: Path | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run a command whose output is captured, not shown; its output and its exit code.

    Raises BuilderError where it can't be started, does not end within ``seconds``, or prints too much.
    """
    try:
        process = subprocess.Popen(
            limited(argv, child),
            env=dict(environment),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError as error:
        raise BuilderError(f"{argv[0]} can't be started: {error.strerror}") from None
    with process:
        try:
            output, errors = _collected(process, argv[0], seconds)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(argv, process.returncode, output, errors)


@contextlib.contextmanager
def streamed(
    argv: Sequence[str], environment: Mapping[str, str], *, child: Child
) -> Iterator[Iterator[bytes]]:
    """Run a command whose output is read while it comes. It is ended where not all is read.

    Raises BuilderError where it can't be started, and once all is read where it failed.
    """
    try:
        process = subprocess.Popen(
            limited(argv, child),
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        raise BuilderError(f"{argv[0]} can't be started: {error.strerror}") from None
    with process:
        try:
            yield _pieces(process, argv[0])
        finally:
            process.kill()


def _pieces(process: subprocess.Popen[bytes], name: str) -> Iterator[bytes]:
    while process.stdout is not None and (data := os.read(process.stdout.fileno(), _LARGEST_PIECE)):
        yield data
    if process.wait():
        raise BuilderError(f"{name} failed (exit code {process.returncode})")


def _collected(process: subprocess.Popen[bytes], name: str, seconds: float | None) -> tuple[bytes, bytes]:
    """All that it writes, until it ends."""
    deadline = time.monotonic() + seconds if seconds is not None else None
    with selectors.DefaultSelector() as waiting:
        streams = [stream for stream in (process.stdout, process.stderr) if stream]
        for stream in streams:
            waiting.register(stream, selectors.EVENT_READ, bytearray())
        written = [waiting.get_key(stream).data for stream in streams]
        while waiting.get_map():
            left = _left(deadline)
            if left is not None and left <= 0:
                raise BuilderError(f"{name} does not answer within {seconds:g} s")
            for key, _ in waiting.select(left):
                data = os.read(key.fd, _AT_ONCE)
                key.data.extend(data)
                if not data:
                    waiting.unregister(key.fileobj)
            if sum(map(len, written)) > _LARGEST_OUTPUT:
                raise BuilderError(f"{name} prints more than {_LARGEST_OUTPUT // 1024 // 1024} MiB")
        try:
            process.wait(_left(deadline))
        except subprocess.TimeoutExpired:
            raise BuilderError(f"{name} does not answer within {seconds:g} s") from None
        return bytes(written[0]), bytes(written[1])


def _left(deadline: float | None) -> float | None:
    return deadline - time.monotonic() if deadline is not None else None


def start(
    argv: list[str], environment: Mapping[str, str], display: Display, *, with_input: bool
) -> subprocess.Popen[bytes]:
    """Start a builder on a display. Raises BuilderError where the program can't be started."""
    try:
        return subprocess.Popen(
            argv,
            env=dict(environment),
            stdin=subprocess.PIPE if with_input else None,
            stdout=display.given.get(1),
            stderr=display.given.get(2),
            # The builder's own: -f <(…), --secret src=<(…). What Python opens is not inherited (PEP 446).
            close_fds=False,
        )
    except OSError as error:
        raise BuilderError(f"{argv[0]} can't be started: {error.strerror}") from None


def _feed(stream: IO[bytes], write: Callable[[IO[bytes]], None]) -> threading.Thread:
    def feed() -> None:
        # The builder ending early is its own business: its exit code and its output say why.
        try:
            with contextlib.suppress(BrokenPipeError), stream:
                write(stream)
        except (OSError, ValueError) as error:
            sys.stderr.write(f"freshlayer: the build context can't be sent: {error}\n")

    thread = threading.Thread(target=feed, daemon=True)
    thread.start()
    return thread


class Started(Struct):
    """The builder, once it is started, and whether a signal came to us while it ran."""

    process: subprocess.Popen[bytes] | None = None
    interrupted: bool = False


@contextlib.contextmanager
def forwarding(display: Display) -> Iterator[Started]:
    """Signals that reach us reach the builder; then its end, not ours, decides.

    A terminal sends Ctrl-C to the whole foreground group, so the builder has it already: sent twice, docker
    would give up waiting for the daemon. The same goes for a change of its size, which the display passes on.
    """
    child = Started()

    def forward(number: int, _frame: FrameType | None) -> None:
        from_terminal = number in {signal.SIGINT, signal.SIGQUIT} and _in_foreground()
        child.interrupted = True
        if not from_terminal and child.process is not None and child.process.poll() is None:
            child.process.send_signal(number)

    def resize(_number: int, _frame: FrameType | None) -> None:
        display.resize()

    if threading.current_thread() is not threading.main_thread():
        yield child
        return
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
    # What is ignored (nohup) stays ignored, as it would without us.
    heeded = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, forward) for number in heeded}
    before[signal.SIGWINCH] = signal.signal(signal.SIGWINCH, resize)
    try:
        yield child
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _in_foreground() -> bool:
    for descriptor in (0, 1, 2):
        with contextlib.suppress(OSError):
            return os.tcgetpgrp(descriptor) == os.getpgrp()
    return False
