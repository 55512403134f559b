"""The report of what an image proves: as text, as JSON, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from freshlayer.model.image_proof import ImageProof, Proof
from freshlayer.reference import shown
from freshlayer.report.formats.markdown import code
from freshlayer.report.text import Line

VERSION = 1
_LONGEST = 200
_STYLES = {Proof.PROVEN: "green", Proof.DIFFERENT: "red", Proof.UNKNOWN: "yellow"}
_WHAT = {
    Proof.PROVEN: "built with the locked inputs",
    Proof.DIFFERENT: "not built with the locked inputs",
    Proof.UNKNOWN: "not known",
}

_OTHER_BYTES = "the build received other bytes than the locked ones"


def lines(proof: ImageProof) -> Iterator[Line]:
    """Each instruction, then the count."""
    for it in proof.instructions:
        where = shown(f"{it.user.dockerfile}:{it.line} {it.user.instruction}", _LONGEST)
        yield _STYLES[it.proof], f"{where}: {_WHAT[it.proof]} (key {it.key})"
    for reference in proof.other_bytes:
        yield "red", f"{shown(reference, _LONGEST)}: {_OTHER_BYTES}"
    yield "", f"{shown(proof.image, _LONGEST)}@{proof.digest}: {summary(proof)}"
    if proof.missing:
        yield "yellow", f"  {proof.missing}"


def summary(proof: ImageProof) -> str:
    """``2 of 3 instructions were built with the locked inputs``."""
    proven = sum(it.proof is Proof.PROVEN for it in proof.instructions)
    number = len(proof.instructions)
    if not number:
        return "no instruction of the locked Dockerfiles has a key"
    return f"{proven} of {number} instruction{'' if number == 1 else 's'} built with the locked inputs"


def document(proof: ImageProof) -> dict[str, Any]:
    """As ``docs/schema/image-proof.json`` describes it."""
    return {
        "version": VERSION,
        "image": shown(proof.image, _LONGEST),
        "digest": proof.digest,
        "instructions": [
            {
                "dockerfile": it.user.dockerfile,
                "line": it.line,
                "stage": it.user.stage,
                "instruction": it.user.instruction,
                "key": it.key,
                "proof": it.proof.value,
            }
            for it in proof.instructions
        ],
        **({"missing": proof.missing} if proof.missing else {}),
        **({"other_bytes": list(proof.other_bytes)} if proof.other_bytes else {}),
    }


def markdown(proof: ImageProof) -> str:
    """A table, and the count."""
    rows = [
        f"| {code(f'{it.user.dockerfile}:{it.line}')} | {it.user.instruction} | {_WHAT[it.proof]} |"
        for it in proof.instructions
    ]
    table = ["| place | instruction | |", "|---|---|---|", *rows, ""] if rows else []
    more = [f"- {code(it)}: {_OTHER_BYTES}" for it in proof.other_bytes]
    more += [proof.missing, ""] if proof.missing else []
    return "\n".join([f"{code(proof.image)}: {summary(proof)}", "", *table, *more])
