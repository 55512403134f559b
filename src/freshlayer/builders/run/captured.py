"""Programs that are run for their output, which is read and not shown."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from freshlayer.children import DOCKER_QUERY, Child, limited
from freshlayer.errors import BuilderError

_AT_ONCE = 64 * 1024
_LARGEST_PIECE = 1024 * 1024
_LARGEST_OUTPUT = 16 * 1024 * 1024


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
    with _started(argv, environment, child, subprocess.PIPE, directory) as process:
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
    with _started(argv, environment, child, subprocess.DEVNULL) as process:
        try:
            yield _pieces(process, argv[0])
        finally:
            process.kill()


def _started(
    argv: Sequence[str],
    environment: Mapping[str, str],
    child: Child,
    errors: int,
    directory: Path | None = None,
) -> subprocess.Popen[bytes]:
    """``errors``: where its standard error goes."""
    try:
        return subprocess.Popen(
            limited(argv, child),
            env=dict(environment),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    except OSError as error:
        raise BuilderError(f"{argv[0]} can't be started: {error.strerror}") from None


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
