"""Where reports meet the terminal. ``rich`` is imported only when something is drawn."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from itertools import chain, islice
from typing import TextIO

from freshlayer.masking import public_text
from freshlayer.report.text import Line

_AT_ONCE = 1_000
"""Lines that are in memory: a report may have one for each of 100,000 instructions."""


def show(lines: Iterable[Line], stream: TextIO, prefix: str = "") -> None:
    """Print lines: with colour if ``is_coloured`` is true, else as plain text."""
    found = iter(lines)
    first = next(found, None)
    # There is no stream where a service starts us with it closed.
    if first is None or stream is None:
        return
    found = chain([first], found)
    if not is_coloured(os.environ, terminal=stream.isatty()):
        while some := "".join(f"{prefix}{plain(text)}\n" for _, text in islice(found, _AT_ONCE)):
            stream.write(some)
        stream.flush()
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    # The decision is made above: rich would drop the colours of FORCE_COLOR where TERM is dumb or unset.
    console = Console(file=stream, highlight=False, force_terminal=True, color_system="standard")
    for style, text in found:
        console.print(Text.assemble((prefix, "dim"), (plain(text), style)), soft_wrap=True)


def is_coloured(environ: Mapping[str, str], *, terminal: bool) -> bool:
    """Whether output gets escape codes, colour, bold and dim alike.

    NO_COLOR (no-color.org) wins over FORCE_COLOR (force-color.org); an empty value counts as unset. Without
    either, a terminal other than TERM=dumb does.
    """
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return terminal and environ.get("TERM") != "dumb"


def plain(text: str) -> str:
    """No control character of a server or a Dockerfile reaches the terminal; lone surrogates neither."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def warn(message: str) -> None:
    """One warning on standard error."""
    show([("yellow", public_text(message))], sys.stderr, "freshlayer: ")


class Progress:
    """One line that is overwritten while inputs are probed; nothing in a pipe or on a dumb terminal."""

    def __init__(self, stream: TextIO, *, wanted: bool) -> None:
        self._stream = stream
        self._wanted = wanted and stream.isatty() and os.environ.get("TERM") != "dumb"

    def __call__(self, done: int, total: int) -> None:
        if self._wanted:
            end = "\r\x1b[K" if done == total else ""
            self._stream.write(f"\r\x1b[Kfreshlayer: probed {done} of {total} inputs{end}")
            self._stream.flush()
