"""The image of ``# syntax=``. No instruction reads it, so it makes none stale. Pure.

A builder keys its cache on what the frontend makes of the file: what a new one reads otherwise runs again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from freshlayer.decisions.marks import Mark
from freshlayer.digests import sha256
from freshlayer.model.build import Built
from freshlayer.model.inputs import SYNTAX, Place, RemoteInput
from freshlayer.model.observation import Change, Verdict
from freshlayer.model.report import Report
from freshlayer.reference import Reference

_DIGEST = sha256(SYNTAX.encode()).hexdigest()
FRONTEND = Mark(SYNTAX, _DIGEST, _DIGEST)
"""Under what it is recorded, beside the instructions. No stage has this name."""


def frontends(inputs: Iterable[RemoteInput]) -> Iterator[tuple[Reference, Place]]:
    """The image, if one is watched."""
    for item in inputs:
        yield from ((item.reference, place) for place in item.places if place.via == SYNTAX)


def frontend_built(report: Report) -> Built | None:
    """With which frontend a build was made; what is known of the last one where it could not be probed."""
    before = report.past.built.get(FRONTEND.place)
    pairs = dict(before.pairs) if before else {}
    found: dict[str, str] = {}
    for reference, _ in frontends(report.inputs):
        identity = report.verdicts[reference].identity if reference in report.verdicts else None
        text = str(identity) if identity else pairs.get(reference.text, "")
        found |= {reference.text: text} if text else {}
    return Built(tuple(found.items()), "") if found else None


def frontend_before(
    inputs: Iterable[RemoteInput], built: Mapping[tuple[str, str], Built]
) -> dict[str, str | None]:
    """Reference → the identity with which it was last built."""
    known = built.get(FRONTEND.place)
    pairs = dict(known.pairs) if known else {}
    return {reference.text: pairs.get(reference.text) for reference, _ in frontends(inputs)}


def moved_frontends(report: Report) -> Iterator[tuple[Place, Verdict]]:
    """The frontends that are not those of the last build."""
    for reference, place in frontends(report.inputs):
        verdict = report.verdicts.get(reference)
        if verdict is not None and verdict.change is Change.CHANGED:
            yield place, verdict
