"""What follows a build: what happened to each instruction, the second probe, and the record."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from msgspec.structs import replace

from freshlayer.builders.base import Ended
from freshlayer.builders.invocation import Invocation, Model
from freshlayer.decisions.causes import explain_outcomes
from freshlayer.decisions.match_progress import is_whole, match_progress, of_target
from freshlayer.errors import internal
from freshlayer.model.report import Report
from freshlayer.workflows.image_tags import images_of
from freshlayer.workflows.received import with_received
from freshlayer.workflows.reprobe import reprobe_and_record
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target


def recorded(
    targets: Mapping[str, Target],
    reports: Mapping[str, Report],
    model: Model,
    invocation: Invocation,
    ended: Ended,
    session: Session,
) -> dict[str, Report]:
    """The reports with the outcomes of a build, which is recorded. Raises nothing of ours."""
    if ended.trouble and session.verbose:
        session.warn(f"the builder's display could not be read ({ended.trouble})")
    alone = len(model.targets) == 1
    found = {
        name: _with_outcome(name, targets[name], it, invocation, ended, session, alone=alone)
        for name, it in reports.items()
    }
    if ended.interrupted:
        session.warn("interrupted; nothing was recorded")
        return found
    found = with_received(found, invocation)
    return reprobe_and_record(targets, found, images_of(model.targets, invocation, ended), session)


def _with_outcome(
    name: str,
    target: Target,
    before: Report,
    invocation: Invocation,
    ended: Ended,
    session: Session,
    *,
    alone: bool,
) -> Report:
    """With the outcome of each instruction; of a build that failed none is known for certain."""
    report = replace(before, builder=invocation.name, exit_code=ended.exit_code)
    if ended.exit_code:
        return report
    built = {item.line for item in report.instructions}
    keyed = {item.line for item in report.instructions if item.key}
    explain = partial(
        explain_outcomes, no_cache=invocation.no_cache, no_cache_stages=invocation.no_cache_stages
    )
    try:
        events = of_target(ended.happened, name, alone=alone)
        outcomes = match_progress(events, target.analysis.dockerfile, built, keyed)
        instructions = explain(report.instructions, outcomes, report.past)
    except Exception as error:  # noqa: BLE001 - the build is done, and a fault of ours must not cost it
        session.warn(f"{internal(error)}; the build summary is unavailable")
        return report
    # Of several targets, what they share is shown once, so that a reason may be the wrong one.
    return report if name and not is_whole(instructions) else replace(report, instructions=instructions)
