"""BuildKit's ``--progress=plain``.

::

    #7 [s1 2/3] RUN make
    #7 0.455 a line of the instruction's own output
    #7 DONE 0.5s

A vertex that was cached prints ``#7 CACHED``. Parts of several vertices come in turn, each with its number.
"""

from __future__ import annotations

from freshlayer.builders.progress.vertices import LONGEST_NAME, Label, label, merged
from freshlayer.lazy_regex import compiled
from freshlayer.model.build import ProgressEvent

_LINE = compiled(r"#(?P<vertex>\d{1,6}) (?:(?P<cached>CACHED)$|DONE (?P<seconds>\d+\.\d+)s$|(?P<name>\[.*))")
_MOST = 10_000


class Plain:
    """Reads the plain form. A vertex keeps its first name: what follows by its number is output."""

    def __init__(self) -> None:
        self._named: dict[str, tuple[str, Label]] = {}
        self._ended: dict[str, ProgressEvent] = {}
        self._failed = False

    def line(self, text: str, now: float) -> None:  # noqa: ARG002 - it reports times itself
        # From here on a failure is reported, with the raw output of what failed.
        self._failed = self._failed or text == "------"
        match = _LINE.match(text)
        if self._failed or match is None:
            return
        vertex = match["vertex"]
        if match["name"]:
            self._name(vertex, match["name"], label(match["name"]))
        elif vertex in self._named:
            seconds = float(match["seconds"]) if match["seconds"] else None
            cached = match["cached"] is not None
            self._ended[vertex] = self._named[vertex][1].happened(cached=cached, seconds=seconds)

    def ended(self, now: float) -> tuple[ProgressEvent, ...]:  # noqa: ARG002
        began = (
            (name, self._ended[vertex]) for vertex, (name, _) in self._named.items() if vertex in self._ended
        )
        return merged(began)

    def _name(self, vertex: str, name: str, found: Label | None) -> None:
        if found is not None and len(self._named) < _MOST:
            self._named.setdefault(vertex, (name[:LONGEST_NAME], found))
