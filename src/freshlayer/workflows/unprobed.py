"""Inputs that could not be probed: what is printed, and what ``--on-unknown`` makes of it (rule 4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from freshlayer.builders.image_store import name_of
from freshlayer.context import Source
from freshlayer.discover.analysis import Analysis
from freshlayer.errors import UnknownInputError
from freshlayer.model.observation import Verdict
from freshlayer.model.reasons import about
from freshlayer.model.report import Report
from freshlayer.reference import Reference
from freshlayer.settings import OnUnknown
from freshlayer.workflows.session import Session

if TYPE_CHECKING:
    from freshlayer.workflows.packages import Found

_MOST_WARNINGS = 5


def stop_on_unknown(
    source: Source, found: Analysis, verdicts: Mapping[Reference, Verdict], packages: Found
) -> None:
    """Raises UnknownInputError where there is one: of ``--on-unknown fail``."""
    for item in found.discovery.inputs:
        verdict = verdicts[item.reference]
        if not verdict.is_observed:
            place = f"{source.shown}:{item.places[0].line}"
            raise UnknownInputError(f"{place}: {verdict.explanation} (--on-unknown is fail)")
    for read in (read for reads in packages.values() for read in reads):
        if read.resolution.problem and read.resolution.unreachable:
            why = about(read.manager, read.resolution.problem)
            raise UnknownInputError(f"{source.shown}:{read.line}: {why} (--on-unknown is fail)")


def warn_of_unprobed(report: Report, session: Session) -> None:
    """Before the builder's own output: what could not be probed, why, and what that means (rule 4)."""
    warnings = list(_warnings(report, rebuild=session.policy.on_unknown is OnUnknown.REBUILD))
    for warning in warnings[:_MOST_WARNINGS]:
        session.warn(warning)
    if len(warnings) > _MOST_WARNINGS:
        session.warn(
            f"{len(warnings) - _MOST_WARNINGS} more inputs could not be probed (freshlayer check lists them)"
        )


def warn_of_images_here(report: Report, session: Session) -> None:
    """Before the builder's own output: which images are not the recorded ones (rules 4 and 10)."""
    for (line, reference), image in sorted(report.images_here.items()):
        place = f"{report.dockerfile}:{line}: {name_of(reference)}"
        used = f"the one that is here is used, {image.short} (pass --on-unknown=fail to stop here)"
        session.warn(f"{place}: the recorded image can't be had; {used}")


def _warnings(report: Report, *, rebuild: bool) -> Iterator[str]:
    again = "its instruction runs again (--on-unknown is rebuild)"
    stop = "(pass --on-unknown=fail to stop here)"
    for item in report.inputs:
        verdict = report.verdicts[item.reference]
        if not verdict.is_observed:
            known = f"no recorded identity {stop}"
            known = f"the recorded identity is kept {stop}" if verdict.identity else known
            place = f"{report.dockerfile}:{item.places[0].line}"
            yield f"{place}: {verdict.explanation}; {again if rebuild else known}"
    for instruction, packages in report.unreachable_apart:
        known = f"the recorded packages are kept {stop}" if packages.kept else f"no recorded packages {stop}"
        why = about(packages.manager, packages.problem) if packages.problem else packages.manager
        yield f"{report.dockerfile}:{instruction.line}: {why}; {again if rebuild else known}"
