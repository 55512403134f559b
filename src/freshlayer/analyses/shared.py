"""What a decoder makes again for each instruction: texts and values that are alike, once for all of them."""

from __future__ import annotations

from sys import intern

from msgspec.structs import replace

from freshlayer.dockerfile.model import Dockerfile, Instruction, Stage
from freshlayer.model.inputs import Place
from freshlayer.reference import Reference
from freshlayer.request_form import RequestForm


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


def dockerfile(decoded: Dockerfile) -> Dockerfile:
    """With one text for each name, and for a RUN that is one word."""
    return replace(decoded, stages=tuple([_stage(it) for it in decoded.stages]))


def places(decoded: tuple[Place, ...]) -> tuple[Place, ...]:
    """With one text for each name."""
    return tuple(
        [
            Place(it.line, intern(it.instruction), intern(it.stage), intern(it.via), it.script)
            for it in decoded
        ]
    )


def _stage(decoded: Stage) -> Stage:
    return replace(decoded, instructions=tuple([_instruction(it) for it in decoded.instructions]))


def _instruction(it: Instruction) -> Instruction:
    return Instruction(
        it.number,
        intern(it.name),
        it.flags,
        (it.rest,) if it.words == (it.rest,) else it.words,
        it.exec_form,
        it.heredocs,
        it.original,
        it.rest,
        it.line,
        it.line if it.end_line == it.line else it.end_line,
    )
