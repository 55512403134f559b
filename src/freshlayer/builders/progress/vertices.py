"""What BuildKit's displays have in common: names of vertices, ``[linux/amd64 stage 2/4] RUN …``."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.lazy_regex import compiled
from freshlayer.model.build import Counting, ProgressEvent

_LABEL = compiled(
    r"\[(?P<words>(?:\S+ ){0,3}) *(?P<number>\d{1,5})/(?P<total>\d{1,5})\](?: (?P<name>[A-Z]{1,20}) )?"
)


_ADD = "] ADD "
LONGEST_NAME = 300
"""Characters of a vertex' name that are kept."""


class Label(Struct, frozen=True):
    """Which instruction a vertex is: its stage (empty where there is but one), its place there, its name."""

    stage: str
    number: int
    total: int
    platform: str
    name: str

    def happened(self, *, cached: bool, seconds: float | None) -> ProgressEvent:
        """What is known of it now."""
        return ProgressEvent(
            Counting.VERTICES,
            self.stage,
            self.number,
            self.total,
            self.platform,
            cached,
            seconds,
            self.name,
        )


def label(name: str) -> Label | None:
    """The label at the start of a vertex' name; None where the vertex is no instruction."""
    match = _LABEL.match(name)
    if match is None:
        return None
    words = match["words"].split()
    # No stage is named with a slash; every platform is.
    platform = next((word for word in words if "/" in word), "")
    stage = " ".join(word for word in words if word != platform)
    return Label(stage, int(match["number"]), int(match["total"]), platform, match["name"] or "")


def merged(named: Iterable[tuple[str, ProgressEvent]]) -> tuple[ProgressEvent, ...]:
    """(name, what is known) of vertices, in the order in which they began → one for each instruction.

    BuildKit of Docker 26 and 28 shows an ADD of URLs as several vertices by one name: a download for each
    URL, then the copy. Only the copy shows whether the instruction was cached.
    """
    found: dict[object, ProgressEvent] = {}
    for place, (name, item) in enumerate(named):
        key = name[:LONGEST_NAME] if _ADD in name else place
        before = found.get(key)
        if before is not None and not item.cached:
            item = replace(item, seconds=(before.seconds or 0) + (item.seconds or 0))  # noqa: PLW2901
        found[key] = item
    return tuple(found.values())
