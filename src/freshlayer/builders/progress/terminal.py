"""BuildKit's display on a terminal: everything is drawn again and again, and the last state counts.

::

     => CACHED [stage 2/3] RUN make                 0.0s
     => [stage 3/3] RUN make install                1.2s
     => => # a line of the instruction's own output
"""

from __future__ import annotations

from collections import Counter

from freshlayer.builders.progress.vertices import LONGEST_NAME, label, merged
from freshlayer.lazy_regex import compiled
from freshlayer.model.progress_event import ProgressEvent

_LINE = compiled(r" => (?P<cached>CACHED )?(?P<name>\[.*) (?P<seconds>\d+\.\d)s$")
_HEADER = compiled(r"\[\+\] Building .* FINISHED")
# compose counts its services below, in words of its own: ``[+] Building 2/3``.
_SERVICES = compiled(r"\[\+\] Building \d+/\d+\s*$")
_MOST = 10_000


class Terminal:
    """Reads the redraws. Only the last (FINISHED) leaves nothing out for the terminal's height."""

    def __init__(self) -> None:
        self._ended: list[tuple[str, ProgressEvent]] = []
        self._last = False

    def line(self, text: str, now: float) -> None:  # noqa: ARG002 - it reports times itself
        if "[+] Building " in text:
            if not _SERVICES.search(text):
                self._last = _HEADER.search(text) is not None
                self._ended.clear()
            return
        match = _LINE.match(text) if text.startswith(" => ") else None
        found = label(match["name"]) if match else None
        if match is None or found is None or not self._last or len(self._ended) >= _MOST:
            return
        cached = match["cached"] is not None
        seconds = None if cached else float(match["seconds"])
        self._ended.append(
            (match["name"].rstrip()[:LONGEST_NAME], found.happened(cached=cached, seconds=seconds))
        )

    def ended(self, now: float) -> tuple[ProgressEvent, ...]:  # noqa: ARG002
        events = merged(self._ended)
        places = Counter((item.stage, item.number, item.platform) for item in events)
        return tuple(item for item in events if places[item.stage, item.number, item.platform] == 1)
