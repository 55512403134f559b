"""An analysis as bytes, in which each instruction and each reference is once.

Modules with what is decoded here have no ``from __future__ import annotations``: msgspec would compile the
text of each annotation in each run.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from sys import intern
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from freshlayer.discover.analysis import Analysis
from freshlayer.discover.directives import Directives
from freshlayer.discover.discovery import Discovery
from freshlayer.dockerfile.model import Dockerfile, Heredoc, Instruction, Stage
from freshlayer.model.inputs import NotWatched, Place, RemoteInput, ScriptPlace
from freshlayer.reference import Reference
from freshlayer.request_form import RequestForm, without_secrets

if TYPE_CHECKING:
    from freshlayer.analyses.more import More
    from freshlayer.analyses.packages import OfPackages

_AT_ONCE = 1_000
"""Items of a part."""

_Fields = tuple[str, str, str, str, RequestForm]
"""Of a reference: two that are equal may be requested differently."""
_InstructionFields = tuple[
    int, str, tuple[str, ...], tuple[str, ...], bool, tuple[Heredoc, ...], str, str, int, int
]
"""Those of ``Instruction``, in order."""
_PlaceFields = tuple[int, str, str, str, ScriptPlace | None]
"""Those of ``Place``, in order."""
_Numbered = tuple[tuple[int, tuple[int, ...]], ...]
_Inputs = tuple[tuple[int, tuple[_PlaceFields, ...]], ...]
_REFERENCES = msgspec.msgpack.Decoder(tuple[_Fields, ...]).decode
_INSTRUCTIONS = msgspec.msgpack.Decoder(tuple[_InstructionFields, ...]).decode
_BY_INSTRUCTION = msgspec.msgpack.Decoder(_Numbered).decode
_INPUTS = msgspec.msgpack.Decoder(_Inputs).decode
_SMALL = 16 * 1024
"""Bytes: few texts of a shorter analysis are in it more than once."""
_SMALL_INSTRUCTIONS = msgspec.msgpack.Decoder(tuple[Instruction, ...]).decode


class _Kept(Struct, frozen=True, array_like=True):
    """References and stages are numbers, of ``references`` and ``dockerfile``.

    ``more``: a ``More``. ``packages``: an ``OfPackages``.

    What a large Dockerfile has many of is in parts that are read one after the other: all of it twice, as it
    is decoded and as it is shared, is more than the rest of a run takes. ``dockerfile``: its stages have no
    instructions; they are in ``instructions``.
    """

    references: tuple[Raw, ...]
    dockerfile: Dockerfile
    instructions: tuple[tuple[Raw, ...], ...]
    stages: tuple[int, ...]
    parents: dict[int, int | None]
    by_instruction: tuple[Raw, ...]
    inputs: tuple[Raw, ...]
    not_watched: tuple[NotWatched, ...]
    directives: dict[int, Directives]
    names_of_base: frozenset[str]
    more: bytes = b""
    packages: bytes = b""


def written(analysis: Analysis, *, secrets: bool = True) -> bytes:
    """``secrets``: whether that is written which goes to origins alone.

    Raises ValueError for an analysis that this form does not have: one with other stages than its file, or a
    text that is not Unicode.
    """
    whole, found, numbers = analysis.dockerfile, analysis.discovery, _Numbers()
    stages = whole.stages
    for it in (*analysis.stages, *analysis.parents.values()):
        if it is not None and stages[it.number] is not it:
            raise ValueError("a stage is not of the Dockerfile")
    by_instruction = _parts([(number, numbers.all(it)) for number, it in found.by_instruction.items()])
    inputs = _parts([(numbers.of(it.reference), it.places) for it in found.inputs])
    more = _more(analysis, numbers)
    references = numbers.references if secrets else tuple(map(_without_secrets, numbers.references))
    kept = _Kept(
        references=_parts(references),
        dockerfile=Dockerfile(
            whole.escape, whole.arguments, tuple(map(_without_instructions, stages)), whole.named
        ),
        instructions=tuple([_parts(it.instructions) for it in stages]),
        stages=tuple([it.number for it in analysis.stages]),
        parents={number: None if it is None else it.number for number, it in analysis.parents.items()},
        by_instruction=by_instruction,
        inputs=inputs,
        not_watched=found.not_watched,
        directives=dict(analysis.directives),
        names_of_base=analysis.names_of_base,
        more=more,
        packages=_packages(analysis),
    )
    return msgspec.msgpack.encode(kept)


def _without_instructions(stage: Stage) -> Stage:
    return Stage(stage.number, stage.name, stage.base, stage.start, (), stage.triggers)


def _without_secrets(fields: _Fields) -> _Fields:
    """A credential or a signature may stand in an address."""
    kind, text, _, pinned, form = fields
    return kind, text, "", pinned, without_secrets(form)


def _parts(items: Sequence[object]) -> tuple[Any, ...]:
    """To be encoded; what decodes them has each as a ``Raw``."""
    if len(items) <= _AT_ONCE:
        return (items,) if items else ()
    return tuple(items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))


def read(data: bytes) -> Analysis:
    """Raises ValueError, LookupError for what ``written`` did not write."""
    try:
        kept = msgspec.msgpack.decode(data, type=_Kept)
        return _read(kept, is_small=len(data) < _SMALL)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from None


def _read(kept: _Kept, *, is_small: bool) -> Analysis:
    """Raises LookupError, MsgspecError."""
    more = _read_more(kept.more) if kept.more else None
    packages = _read_packages(kept.packages) if kept.packages else None
    once = _Once()
    references = tuple(chain.from_iterable(once.references(_REFERENCES(it)) for it in kept.references))
    instructions = _SMALL_INSTRUCTIONS if is_small else lambda it: once.instructions(_INSTRUCTIONS(it))
    stages = tuple(
        [
            replace(stage, instructions=tuple(chain.from_iterable(map(instructions, it))))
            for stage, it in zip(kept.dockerfile.stages, kept.instructions, strict=True)
        ]
    )
    return Analysis(
        dockerfile=replace(kept.dockerfile, stages=stages),
        stages=tuple(stages[number] for number in kept.stages),
        parents={it: None if number is None else stages[number] for it, number in kept.parents.items()},
        discovery=_discovery(kept, more, packages, references, once),
        directives=kept.directives,
        package_chains=packages.chains if packages else (),
        image_uses=more.image_uses(references) if more else (),
        names_of_base=kept.names_of_base,
    )


def _read_more(data: bytes) -> "More":
    from freshlayer.analyses.more import More  # noqa: PLC0415 - see ``_more``

    return msgspec.msgpack.decode(data, type=More)


def _read_packages(data: bytes) -> "OfPackages":
    from freshlayer.analyses.packages import OfPackages  # noqa: PLC0415 - see ``_packages``

    return msgspec.msgpack.decode(data, type=OfPackages)


class _Once:
    """Makes decoded values of one analysis again: texts and values that are alike, once for all of them."""

    def __init__(self) -> None:
        self._forms: dict[RequestForm, RequestForm] = {}
        self._numbers: dict[int, int] = {}

    def number(self, number: int) -> int:
        """The same: a line is in an instruction and in the places of its inputs."""
        return self._numbers.setdefault(number, number)

    def references(self, decoded: Iterable[_Fields]) -> Iterator[Reference]:
        """With one object for each kind and form, and one text where the address is no other."""
        for kind, text, sent, pinned, form in decoded:
            address = text if sent == text else sent
            yield Reference(intern(kind), text, address, pinned, self._forms.setdefault(form, form))

    def instructions(self, decoded: Iterable[_InstructionFields]) -> Iterator[Instruction]:
        """With one text for each name."""
        once = self._numbers.setdefault
        for number, name, flags, split, exec_form, heredocs, original, rest, start, end in decoded:
            line = once(start, start)
            yield Instruction(
                once(number, number),
                intern(name),
                flags,
                split,
                exec_form,
                heredocs,
                original,
                rest,
                line,
                line if end == line else end,
            )

    def places(self, decoded: tuple[_PlaceFields, ...]) -> tuple[Place, ...]:
        """With one text for each name."""
        once = self._numbers.setdefault
        return tuple(
            [
                Place(once(line, line), intern(instruction), intern(stage), intern(via), script)
                for line, instruction, stage, via, script in decoded
            ]
        )


class _ByInstruction(Mapping[int, tuple[Reference, ...]]):
    """What each instruction reads; of one reference, as of most, without a tuple."""

    def __init__(self, found: dict[int, Reference | tuple[Reference, ...]]) -> None:
        self._found = found

    def __getitem__(self, number: int) -> tuple[Reference, ...]:
        found = self._found[number]
        return found if isinstance(found, tuple) else (found,)

    def __contains__(self, number: object) -> bool:
        return number in self._found

    def __iter__(self) -> Iterator[int]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


class _Numbers:
    """The numbers of references, in the order in which they are first seen."""

    def __init__(self) -> None:
        self._known: dict[_Fields, int] = {}
        self._seen: dict[int, int] = {}
        """By identity: most are named by an input and by its instruction, and the analysis keeps them."""

    def of(self, one: Reference) -> int:
        number = self._seen.get(id(one))
        if number is None:
            fields = (one.kind, one.text, one.address, one.pinned, one.form)
            number = self._seen[id(one)] = self._known.setdefault(fields, len(self._known))
        return number

    def all(self, several: Iterable[Reference]) -> tuple[int, ...]:
        return tuple(map(self.of, several))

    @property
    def references(self) -> tuple[_Fields, ...]:
        return tuple(self._known)


def _more(analysis: Analysis, numbers: _Numbers) -> bytes:
    found = analysis.discovery
    if not (found.scripts or found.bases or analysis.image_uses):
        return b""
    from freshlayer.analyses.more import written_more  # noqa: PLC0415 - the smallest Dockerfiles lack it

    return written_more(analysis, numbers.of)


def _packages(analysis: Analysis) -> bytes:
    found = analysis.discovery
    if not (found.packages or found.unlocked or analysis.package_chains):
        return b""
    from freshlayer.analyses.packages import written_packages  # noqa: PLC0415 - not all Dockerfiles have any

    return written_packages(analysis)


def _discovery(
    kept: _Kept,
    more: "More | None",
    packages: "OfPackages | None",
    references: Sequence[Reference],
    once: _Once,
) -> Discovery:
    of_instructions = chain.from_iterable(map(_BY_INSTRUCTION, kept.by_instruction))
    inputs = chain.from_iterable(map(_INPUTS, kept.inputs))
    found = Discovery(
        by_instruction=_ByInstruction(
            {
                once.number(it): references[found[0]]
                if len(found) == 1
                else tuple([references[n] for n in found])
                for it, found in of_instructions
            }
        ),
        inputs=tuple(RemoteInput(references[number], once.places(it)) for number, it in inputs),
        not_watched=kept.not_watched,
    )
    if more:
        found = more.added_to(found, references)
    return packages.added_to(found) if packages else found
