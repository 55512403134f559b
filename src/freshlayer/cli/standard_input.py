"""Standard input: what is read of it stays available to the builder."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from typing import IO


def standard_input() -> IO[bytes] | None:
    """None where a service starts us with it closed."""
    return sys.stdin.buffer if sys.stdin is not None else None


class KeptInput:
    """Keeps what is read. ``stream`` is None where it is closed."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        self._stream = stream
        self._read = b""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes. Raises OSError."""
        if self._stream is None:
            raise OSError(errno.EBADF, "standard input is closed")
        data = self._stream.read(size)
        self._read += data
        return data

    @property
    def writer(self) -> Callable[[IO[bytes]], None] | None:
        """Writes all of it, what was read included; None where nothing was read."""
        return self._write if self._read else None

    def _write(self, target: IO[bytes]) -> None:
        target.write(self._read)
        if self._stream is not None:
            import shutil

            shutil.copyfileobj(self._stream, target)
