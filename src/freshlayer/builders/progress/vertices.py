"""What BuildKit's displays have in common: names of vertices, ``[linux/amd64 stage 2/4] RUN …``."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.model.progress_event import Counting, ProgressEvent

_MOST_WORDS = 3
_LONGEST_NUMBER = 5
_LONGEST_WORD = 20
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
    inside, closed, rest = name.partition("]")
    *words, place = inside[1:].split() or [""]
    number, _, total = place.partition("/")
    if not (closed and name.startswith("[") and _counts(number) and _counts(total)):
        return None
    if len(words) > _MOST_WORDS:
        return None
    # No stage is named with a slash; every platform is.
    platform = next((word for word in words if "/" in word), "")
    stage = " ".join(word for word in words if word != platform)
    return Label(stage, int(number), int(total), platform, _instruction(rest))


def _counts(text: str) -> bool:
    return len(text) <= _LONGEST_NUMBER and text.isascii() and text.isdecimal()


def _instruction(rest: str) -> str:
    """The word behind a label; empty where that is no name of an instruction."""
    blank, _, text = rest.partition(" ")
    word, closed, _ = text.partition(" ")
    is_name = not blank and closed and word.isascii() and word.isalpha() and word.isupper()
    return word if is_name and len(word) <= _LONGEST_WORD else ""


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
