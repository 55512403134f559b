"""Inputs that could not be probed: what is printed, and what ``--on-unknown`` makes of it (design rule 4)."""

from __future__ import annotations

from collections.abc import Mapping

from freshlayer.context import Source
from freshlayer.discover.analysis import Analysis
from freshlayer.errors import UnknownInputError
from freshlayer.model.observation import Verdict
from freshlayer.model.report import Report
from freshlayer.reference import Reference
from freshlayer.settings import OnUnknown, Policy
from freshlayer.workflows.session import Session

_MOST_WARNINGS = 5


def stop_on_unknown(
    source: Source, found: Analysis, verdicts: Mapping[Reference, Verdict], policy: Policy
) -> None:
    """Raises UnknownInputError with ``--on-unknown fail``."""
    if policy.on_unknown is not OnUnknown.FAIL:
        return
    for item in found.discovery.inputs:
        verdict = verdicts[item.reference]
        if not verdict.is_observed:
            place = f"{source.shown}:{item.places[0].line}"
            raise UnknownInputError(f"{place}: {verdict.explanation} (--on-unknown is fail)")


def warn_of_unprobed(report: Report, session: Session) -> None:
    """Before the builder's own output: what could not be probed, why, and what that means (rule 4)."""
    unprobed = [item for item in report.inputs if not report.verdicts[item.reference].is_observed]
    for item in unprobed[:_MOST_WARNINGS]:
        verdict = report.verdicts[item.reference]
        if session.policy.on_unknown is OnUnknown.REBUILD:
            meaning = "its instruction runs again (--on-unknown is rebuild)"
        elif verdict.identity is None:
            meaning = "no recorded identity (pass --on-unknown=fail to stop here)"
        else:
            meaning = "the recorded identity is kept (pass --on-unknown=fail to stop here)"
        session.warn(f"{report.dockerfile}:{item.places[0].line}: {verdict.explanation}; {meaning}")
    if len(unprobed) > _MOST_WARNINGS:
        session.warn(
            f"{len(unprobed) - _MOST_WARNINGS} more inputs could not be probed (freshlayer check lists them)"
        )
