"""What the smallest Dockerfiles lack of an analysis, as bytes: its types are looked at where one has it."""

from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from freshlayer.discover.analysis import Analysis
from freshlayer.discover.discovery import Discovery
from freshlayer.model.base_image import BaseWanted, ImageUse
from freshlayer.reference import Reference


class _Use(Struct, frozen=True, array_like=True):
    """An ``ImageUse``, whose reference is a number."""

    reference: int
    platform: str
    line: int
    via: str
    written: str
    number: int
    by_context: bool


class More(Struct, frozen=True, array_like=True):
    """Fields of an analysis and of its discovery; references are numbers."""

    scripts: tuple[int, ...]
    bases: tuple[BaseWanted, ...]
    uses: tuple[_Use, ...]

    def added_to(self, found: Discovery, references: Sequence[Reference]) -> Discovery:
        """With what it lacks."""
        return replace(
            found,
            scripts=tuple([references[number] for number in self.scripts]),
            bases=self.bases,
        )

    def image_uses(self, references: Sequence[Reference]) -> tuple[ImageUse, ...]:
        """With their references."""
        return tuple(_read(it, references[it.reference]) for it in self.uses)


def written_more(analysis: Analysis, number_of: Callable[[Reference], int]) -> bytes:
    """``number_of``: the number of a reference, which is a new one where it is seen for the first time."""
    found = analysis.discovery
    return msgspec.msgpack.encode(
        More(
            scripts=tuple(map(number_of, found.scripts)),
            bases=found.bases,
            uses=tuple([_numbered(use, number_of(use.reference)) for use in analysis.image_uses]),
        )
    )


def _numbered(use: ImageUse, number: int) -> _Use:
    return _Use(number, use.platform, use.line, use.via, use.written, use.number, use.by_context)


def _read(kept: _Use, reference: Reference) -> ImageUse:
    return ImageUse(reference, kept.platform, kept.line, kept.via, kept.written, kept.number, kept.by_context)
