"""What BuildKit's displays have in common: names of vertices, ``[linux/amd64 stage 2/4] RUN …``."""

from __future__ import annotations

from msgspec import Struct

from freshlayer.lazy import compiled
from freshlayer.model import Counting, Happened

_LABEL = compiled(r"\[(?P<words>(?:\S+ ){0,3}) *(?P<number>\d{1,5})/(?P<total>\d{1,5})\]")


class Label(Struct, frozen=True):
    """Which instruction a vertex is: its stage (empty where there is but one), and its place there."""

    stage: str
    number: int
    total: int
    platform: str

    def happened(self, *, cached: bool, seconds: float | None) -> Happened:
        """What is known of it now."""
        return Happened(
            Counting.VERTICES, self.stage, self.number, self.total, self.platform, cached, seconds
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
    return Label(stage, int(match["number"]), int(match["total"]), platform)
