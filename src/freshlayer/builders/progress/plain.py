"""BuildKit's ``--progress=plain``.

::

    #7 [s1 2/3] RUN make
    #7 0.455 a line of the instruction's own output
    #7 DONE 0.5s

A vertex that was cached prints ``#7 CACHED``. Parts of several vertices come in turn, each with its number.
"""

from __future__ import annotations

from freshlayer.builders.progress.vertices import LONGEST_NAME, Label, label, merged
from freshlayer.model.progress_event import ProgressEvent

_MOST = 10_000
_LONGEST_NUMBER = 7
_DONE = "DONE "


class Plain:
    """Reads the plain form. A vertex keeps its first name: what follows by its number is output."""

    def __init__(self) -> None:
        self._named: dict[str, tuple[str, Label]] = {}
        self._ended: dict[str, ProgressEvent] = {}
        self._failed = False

    def line(self, text: str, now: float) -> None:  # noqa: ARG002 - it reports times itself
        # From here on a failure is reported, with the raw output of what failed.
        self._failed = self._failed or text == "------"
        vertex, _, rest = text.partition(" ")
        if self._failed or not _is_number(vertex):
            return
        seconds, cached = _seconds(rest), rest == "CACHED"
        if rest.startswith("["):
            self._name(vertex, rest, label(rest))
        elif vertex in self._named and (cached or seconds is not None):
            self._ended[vertex] = self._named[vertex][1].happened(cached=cached, seconds=seconds)

    def ended(self, now: float) -> tuple[ProgressEvent, ...]:  # noqa: ARG002
        began = (
            (name, self._ended[vertex]) for vertex, (name, _) in self._named.items() if vertex in self._ended
        )
        return merged(began)

    def _name(self, vertex: str, name: str, found: Label | None) -> None:
        if found is not None and len(self._named) < _MOST:
            self._named.setdefault(vertex, (name[:LONGEST_NAME], found))


def _is_number(word: str) -> bool:
    """``#7``. Patterns would be compiled for the lines of a cached build, for as long as it prints them."""
    digits = word[1:]
    return word[:1] == "#" and len(word) <= _LONGEST_NUMBER and digits.isascii() and digits.isdecimal()


def _seconds(text: str) -> float | None:
    """Of ``DONE 0.5s``."""
    whole, point, part = text.removeprefix(_DONE).removesuffix("s").partition(".")
    if not (text.startswith(_DONE) and text.endswith("s") and point and text.isascii()):
        return None
    return float(f"{whole}.{part}") if whole.isdecimal() and part.isdecimal() else None
