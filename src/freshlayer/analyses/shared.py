"""What a decoder makes again for each instruction: texts and values that are alike, once for all of them."""

from __future__ import annotations

from collections.abc import Callable
from sys import intern

from msgspec.structs import replace

from freshlayer.dockerfile.model import Dockerfile, Instruction, Stage
from freshlayer.model.inputs import Place
from freshlayer.reference import Reference
from freshlayer.request_form import RequestForm

Once = Callable[[int, int], int]
"""A number, and the same → one object for it: ``setdefault`` of a dictionary."""


def references(decoded: tuple[Reference, ...]) -> tuple[Reference, ...]:
    """With one object for each kind and form, and one text where the address is no other."""
    forms: dict[RequestForm, RequestForm] = {}
    return tuple(
        [
            Reference(
                intern(it.kind),
                it.text,
                it.text if it.address == it.text else it.address,
                it.pinned,
                forms.setdefault(it.form, it.form),
            )
            for it in decoded
        ]
    )


def dockerfile(decoded: Dockerfile, once: Once) -> Dockerfile:
    """With one text for each name, and for a RUN that is one word."""
    return replace(decoded, stages=tuple([_stage(it, once) for it in decoded.stages]))


def places(decoded: tuple[Place, ...], once: Once) -> tuple[Place, ...]:
    """With one text for each name."""
    return tuple(
        [
            Place(once(it.line, it.line), intern(it.instruction), intern(it.stage), intern(it.via), it.script)
            for it in decoded
        ]
    )


def _stage(decoded: Stage, once: Once) -> Stage:
    return replace(decoded, instructions=tuple([_instruction(it, once) for it in decoded.instructions]))


def _instruction(it: Instruction, once: Once) -> Instruction:
    line = once(it.line, it.line)
    return Instruction(
        once(it.number, it.number),
        intern(it.name),
        it.flags,
        (it.rest,) if it.words == (it.rest,) else it.words,
        it.exec_form,
        it.heredocs,
        it.original,
        it.rest,
        line,
        line if it.end_line == line else it.end_line,
    )
