"""Where reports meet the terminal. ``rich`` is imported only when something is drawn."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TextIO

from freshlayer.report.text import Line


def show(lines: Iterable[Line], stream: TextIO, prefix: str = "") -> None:
    """Print lines: in colour on a terminal, plain in a pipe."""
    found = list(lines)
    # There is no stream where a service starts us with it closed.
    if not found or stream is None:
        return
    if not stream.isatty():
        stream.write("".join(f"{prefix}{plain(text)}\n" for _, text in found))
        stream.flush()
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(file=stream, highlight=False)
    for style, text in found:
        console.print(Text.assemble((prefix, "dim"), (plain(text), style)), soft_wrap=True)


def plain(text: str) -> str:
    """No control character of a server or a Dockerfile reaches the terminal; lone surrogates neither."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def warn(message: str) -> None:
    """One warning on standard error."""
    show([("yellow", message)], sys.stderr, "freshlayer: ")


class Progress:
    """One line that is overwritten while origins are asked; nothing in a pipe."""

    def __init__(self, stream: TextIO, *, wanted: bool) -> None:
        self._stream = stream
        self._wanted = wanted and stream.isatty()

    def __call__(self, done: int, total: int) -> None:
        if self._wanted:
            end = "\r\x1b[K" if done == total else ""
            self._stream.write(f"\r\x1b[Kfreshlayer: asked {done} of {total} origins{end}")
            self._stream.flush()
