"""By what an instruction is found again: a digest of its text, and a chain of all that is before it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from freshlayer.digests import sha256
from freshlayer.dockerfile.model import Dockerfile, Instruction, Stage
from freshlayer.dockerfile.reach import sources_of
from freshlayer.model.compact_json import spaced

_A_STAGE = "<stage>"


class Mark(Struct, frozen=True, gc=False):
    """``stage``: its label. ``digest``: of the instruction's text, without the names of stages.

    ``chain``: of it, of all that is before it in its stage and of the stages that these read, build args
    included. Equal chains are equal builds, wherever the Dockerfile is and however its stages are called.
    """

    stage: str
    digest: str
    chain: str

    @property
    def place(self) -> tuple[str, str]:
        """By what reports find the instruction: its stage and its digest."""
        return self.stage, self.digest


def marks(
    dockerfile: Dockerfile,
    stages: Iterable[Stage],
    parents: Mapping[int, Stage | None],
    build_args: Mapping[str, str],
) -> dict[int, Mark]:
    """Number of an instruction → its mark, for these stages, in the order of the file."""
    marker = _Marker(dockerfile, parents, build_args)
    return {number: mark for stage in stages for number, mark in marker.stage(stage)}


def without_chains(marks: Mapping[int, Mark]) -> dict[int, Mark]:
    """What a run needs that builds nothing, once it has looked for the last build."""
    return {number: Mark(mark.stage, mark.digest, "") for number, mark in marks.items()}


class _Marker:
    """Walks the stages in order, and keeps the chain with which each of them ended."""

    def __init__(
        self, dockerfile: Dockerfile, parents: Mapping[int, Stage | None], build_args: Mapping[str, str]
    ) -> None:
        self._dockerfile = dockerfile
        self._parents = parents
        self._build_args = build_args
        self._ends: dict[int, str] = {}
        self._start = ""
        for argument in dockerfile.arguments:
            self._start = self._link(self._start, argument, argument.text, ())

    def stage(self, stage: Stage) -> Iterator[tuple[int, Mark]]:
        parent = self._parents.get(stage.number)
        chain = self._ends.get(parent.number, self._start) if parent else self._start
        label = stage.label
        # All digests come before the first chain, so that the memory of the chains, which many runs need for
        # a moment only, is free as a whole afterwards.
        digests = list(self._digests(stage, parent))
        for instruction, digest in zip((stage.start, *stage.instructions), digests, strict=True):
            if instruction.flags or instruction.name == "ARG":
                read = self._read(instruction) if instruction.flags else {}
                ends = [self._ends.get(it.number, "") for it in read.values()]
                chain = self._link(chain, instruction, digest, ends)
            else:
                chain = _next(chain, digest)
            yield instruction.number, Mark(label, digest, chain)
        self._ends[stage.number] = chain

    def _digests(self, stage: Stage, parent: Stage | None) -> Iterator[str]:
        seen: dict[str, int] = {}
        yield _digest(_from(stage, parent), seen)
        for instruction in stage.instructions:
            if instruction.flags:
                yield _digest(_text(instruction, list(self._read(instruction))), seen)
            elif instruction.heredocs:
                yield _digest(_text(instruction, ()), seen)
            else:
                yield _digest(instruction.text, seen)

    def _read(self, instruction: Instruction) -> dict[str, Stage]:
        """The stages that an instruction copies from or mounts, by the names that it has for them."""
        named = {
            name: self._dockerfile.stage_named(name)
            for name in sources_of(instruction.name, instruction.flags)
        }
        return {name: stage for name, stage in named.items() if stage}

    def _link(self, chain: str, instruction: Instruction, digest: str, sources: Sequence[str]) -> str:
        """The chain with one more instruction, the build args that it declares, the stages that it reads."""
        if not sources and instruction.name != "ARG":
            return _next(chain, digest)
        names = [word.partition("=")[0] for word in instruction.words] if instruction.name == "ARG" else []
        values = [[name, self._build_args.get(name)] for name in names]
        text = spaced([chain, digest, values, *sources])
        return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _next(chain: str, digest: str) -> str:
    """``_link`` of one that neither declares nor reads: both are hexadecimal, so no library is called."""
    return sha256(f'["{chain}", "{digest}", []]'.encode()).hexdigest()


def _from(stage: Stage, parent: Stage | None) -> str:
    """A FROM without the stage's own name; the stage that it continues is in the chain."""
    return " ".join(["FROM", *stage.start.flags, _A_STAGE if parent else stage.base])


def _text(instruction: Instruction, stages: Sequence[str]) -> str:
    """The text with its here-documents; a stage that it reads is in the chain, whatever its name."""
    text = instruction.text
    for flag in instruction.flags if stages else ():
        for name in stages:
            if flag.endswith(f"from={name}") or f"from={name}," in flag:
                text = text.replace(flag, flag.replace(f"from={name}", f"from={_A_STAGE}"), 1)
    return "\n".join([text, *(doc.content for doc in instruction.heredocs)])


def _digest(text: str, seen: dict[str, int]) -> str:
    """A text that is repeated in its stage is numbered. It may hold a credential; its digest holds none.

    ``seen``: how often, by the digest of its first time.
    """
    first = _digest_of(1, text)
    number = seen[first] = seen.get(first, 0) + 1
    return first if number == 1 else _digest_of(number, text)


def _digest_of(number: int, text: str) -> str:
    return sha256(f"{number}\n{text}".encode("utf-8", "surrogateescape")).hexdigest()
