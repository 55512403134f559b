"""ONBUILD: the triggers of an image, or of a stage, that run right behind the FROM that continues it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from msgspec.structs import replace

from freshlayer.dockerfile.model import Instruction, Stage
from freshlayer.dockerfile.parse import parse
from freshlayer.errors import DockerfileError
from freshlayer.lazy_regex import compiled

_MOST = 100
_LONGEST = 64 * 1024
_ONBUILD = compiled(r"(?i)\s*ONBUILD\s+")
_REFUSED = frozenset({"FROM", "ONBUILD", "MAINTAINER"})


def triggers(stage: Stage, parent: Stage | None, of_image: Sequence[str]) -> tuple[Instruction, ...]:
    """The instructions, with the line of the FROM and numbers below zero: the Dockerfile does not have them.

    ``of_image``: those of the image that the stage starts from. The triggers of a stage run in the stages
    that continue it, and not in those that continue these.
    """
    texts = own_triggers(parent) if parent else of_image
    if not texts:
        return ()
    found = (_instruction(text, stage, place) for place, text in enumerate(islice(texts, _MOST)))
    return tuple(instruction for instruction in found if instruction is not None)


def own_triggers(stage: Stage) -> tuple[str, ...]:
    """The instructions behind ONBUILD, as text."""
    if not stage.triggers:
        return ()
    return tuple(_ONBUILD.sub("", it.text, count=1) for it in stage.triggers)


def _instruction(text: str, stage: Stage, place: int) -> Instruction | None:
    """None for what a builder refuses."""
    if len(text) > _LONGEST:
        return None
    try:
        behind = parse(f"FROM scratch\n{text}\n").stages[0].instructions
    except DockerfileError:
        return None
    if len(behind) != 1 or behind[0].name in _REFUSED:
        return None
    line = stage.start.line
    return replace(behind[0], number=-(1 + stage.number * _MOST + place), line=line, end_line=line)
