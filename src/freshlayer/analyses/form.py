"""An analysis as bytes, in which each instruction and each reference is once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from freshlayer.discover.analysis import Analysis
from freshlayer.discover.directives import Directives
from freshlayer.discover.discovery import Discovery
from freshlayer.discover.lock_advice import Unlocked
from freshlayer.dockerfile.model import Dockerfile
from freshlayer.model.base_image import BaseWanted, ImageUse
from freshlayer.model.context_files import Wanted
from freshlayer.model.inputs import NotWatched, Place, RemoteInput
from freshlayer.model.packages import PackageChain, PackageCommand
from freshlayer.reference import Reference
from freshlayer.request_form import RequestForm

_MANY = 200
"""References for which texts that are alike are worth looking for."""

_Fields = tuple[str, str, str, str, RequestForm]
"""Of a reference: two that are equal may be requested differently."""


class _Use(Struct, frozen=True, array_like=True):
    """An ``ImageUse``, whose reference is a number."""

    reference: int
    platform: str
    line: int
    via: str
    written: str
    number: int
    by_context: bool


class _More(Struct, frozen=True, array_like=True):
    """What the smallest Dockerfiles lack: their types are not looked at then."""

    wanted: tuple[Wanted, ...]
    scripts: tuple[int, ...]
    packages: dict[int, tuple[PackageCommand, ...]]
    bases: tuple[BaseWanted, ...]
    unlocked: tuple[Unlocked, ...]
    chains: tuple[PackageChain, ...]
    uses: tuple[_Use, ...]


_NOTHING_MORE = _More((), (), {}, (), (), (), ())


class _Kept(Struct, frozen=True, array_like=True):
    """References and stages are numbers, of ``references`` and ``dockerfile``. ``more``: a ``_More``."""

    references: tuple[Reference, ...]
    dockerfile: Dockerfile
    stages: tuple[int, ...]
    parents: dict[int, int | None]
    by_instruction: dict[int, tuple[int, ...]]
    inputs: tuple[tuple[int, tuple[Place, ...]], ...]
    not_watched: tuple[NotWatched, ...]
    directives: dict[int, Directives]
    names_of_base: frozenset[str]
    more: bytes = b""


def written(analysis: Analysis) -> bytes:
    """Raises ValueError for an analysis that this form does not have: one with other stages than its file."""
    stages = analysis.dockerfile.stages
    parents = {number: stage for number, stage in analysis.parents.items() if stage is not None}
    if any(stages[it.number] is not it for it in (*analysis.stages, *parents.values())):
        raise ValueError("a stage is not of the Dockerfile")
    found, numbers = analysis.discovery, _Numbers()
    kept = _Kept(
        references=(),
        dockerfile=analysis.dockerfile,
        stages=tuple(it.number for it in analysis.stages),
        parents={number: None if it is None else it.number for number, it in analysis.parents.items()},
        by_instruction={number: numbers.all(it) for number, it in found.by_instruction.items()},
        inputs=tuple((numbers.of(it.reference), it.places) for it in found.inputs),
        not_watched=found.not_watched,
        directives=dict(analysis.directives),
        names_of_base=analysis.names_of_base,
        more=_more(analysis, numbers),
    )
    return msgspec.msgpack.encode(replace(kept, references=numbers.references))


def read(data: bytes) -> Analysis:
    """Raises ValueError, LookupError for what ``written`` did not write."""
    try:
        decoded = msgspec.msgpack.decode(data, type=_Kept)
        # Of a large Dockerfile some 20 MB, which nothing else holds.
        del data
        kept = _shared(decoded)
        del decoded
        more = msgspec.msgpack.decode(kept.more, type=_More) if kept.more else _NOTHING_MORE
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from None
    references, stages = kept.references, kept.dockerfile.stages
    return Analysis(
        dockerfile=kept.dockerfile,
        stages=tuple(stages[number] for number in kept.stages),
        parents={it: None if number is None else stages[number] for it, number in kept.parents.items()},
        discovery=_discovery(kept, more),
        directives=kept.directives,
        package_chains=more.chains,
        image_uses=tuple(_use(it, references) for it in more.uses),
        names_of_base=kept.names_of_base,
    )


def _shared(kept: _Kept) -> _Kept:
    if len(kept.references) < _MANY:
        return kept
    from freshlayer.analyses import shared  # noqa: PLC0415 - few Dockerfiles are as large

    numbers: dict[int, int] = {}
    once = numbers.setdefault
    return replace(
        kept,
        references=shared.references(kept.references),
        dockerfile=shared.dockerfile(kept.dockerfile, once),
        inputs=tuple([(number, shared.places(it, once)) for number, it in kept.inputs]),
        by_instruction={once(number, number): it for number, it in kept.by_instruction.items()},
    )


class _Numbers:
    """The numbers of references, in the order in which they are first seen."""

    def __init__(self) -> None:
        self._known: dict[_Fields, int] = {}
        self._references: list[Reference] = []

    def of(self, one: Reference) -> int:
        number = self._known.setdefault(
            (one.kind, one.text, one.address, one.pinned, one.form), len(self._known)
        )
        if number == len(self._references):
            self._references.append(one)
        return number

    def all(self, several: Iterable[Reference]) -> tuple[int, ...]:
        return tuple(map(self.of, several))

    @property
    def references(self) -> tuple[Reference, ...]:
        return tuple(self._references)


def _more(analysis: Analysis, numbers: _Numbers) -> bytes:
    found = analysis.discovery
    more = _More(
        wanted=found.wanted,
        scripts=numbers.all(found.scripts),
        packages=dict(found.packages),
        bases=found.bases,
        unlocked=found.unlocked,
        chains=analysis.package_chains,
        uses=tuple(_numbered(use, numbers) for use in analysis.image_uses),
    )
    return b"" if more == _NOTHING_MORE else msgspec.msgpack.encode(more)


def _numbered(use: ImageUse, numbers: _Numbers) -> _Use:
    number = numbers.of(use.reference)
    return _Use(number, use.platform, use.line, use.via, use.written, use.number, use.by_context)


def _use(kept: _Use, references: Sequence[Reference]) -> ImageUse:
    reference = references[kept.reference]
    return ImageUse(reference, kept.platform, kept.line, kept.via, kept.written, kept.number, kept.by_context)


def _discovery(kept: _Kept, more: _More) -> Discovery:
    references = kept.references
    of_instructions = kept.by_instruction.items()
    return Discovery(
        by_instruction={it: tuple([references[one] for one in found]) for it, found in of_instructions},
        inputs=tuple([RemoteInput(references[number], places) for number, places in kept.inputs]),
        not_watched=kept.not_watched,
        wanted=more.wanted,
        scripts=tuple([references[number] for number in more.scripts]),
        packages=more.packages,
        bases=more.bases,
        unlocked=more.unlocked,
    )
