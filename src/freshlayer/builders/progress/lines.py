"""A display as lines of text, for whatever reads lines."""

from __future__ import annotations

from typing import Protocol

from freshlayer.lazy_regex import compiled
from freshlayer.model.progress_event import ProgressEvent

LONGEST = 65_536
"""Bytes of a line that are kept; what is reported of an instruction is at the start of its line."""

# ECMA-48 §5.4, control sequences; and the few escapes of two characters.
_ESCAPES = compiled(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")


class LineReader(Protocol):
    """Reads one form of display, a line at a time."""

    def line(self, text: str, now: float) -> None:
        """Take one line, without its end and without escape sequences."""

    def ended(self, now: float) -> tuple[ProgressEvent, ...]:
        """What happened, once nothing more comes."""


class Lines:
    """Cuts bytes into lines for a LineReader. ``stream``: the one on which the display comes."""

    def __init__(self, reader: LineReader, stream: int, longest: int = LONGEST) -> None:
        self.stream = stream
        self._reader = reader
        self._longest = longest
        self._incomplete = bytearray()

    def feed(self, data: bytes, now: float) -> None:
        *whole, rest = data.split(b"\n")
        for part in whole:
            self._keep(part)
            self._line(now)
        self._keep(rest)

    def ended(self, now: float) -> tuple[ProgressEvent, ...]:
        if self._incomplete:
            self._line(now)
        return self._reader.ended(now)

    def _keep(self, part: bytes) -> None:
        self._incomplete += part[: self._longest - len(self._incomplete)]

    def _line(self, now: float) -> None:
        text = self._incomplete.decode("utf-8", "replace")
        self._incomplete.clear()
        shown = _ESCAPES.sub("", text) if "\x1b" in text else text
        self._reader.line(shown.rstrip("\r"), now)
