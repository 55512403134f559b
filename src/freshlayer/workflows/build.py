"""The workflow of a build: the one place that knows the order."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from msgspec.structs import replace

from freshlayer.builders.base import Ended
from freshlayer.builders.invocation import Invocation, Model
from freshlayer.decisions.causes import explain_outcomes
from freshlayer.decisions.match_progress import is_whole, match_progress, of_target
from freshlayer.model.report import Report
from freshlayer.settings import Pull
from freshlayer.workflows.added_checksums import by_target
from freshlayer.workflows.engine_images import EngineImages
from freshlayer.workflows.image_tags import images_of
from freshlayer.workflows.judge import judged
from freshlayer.workflows.last_builds import keys_before
from freshlayer.workflows.pins import pins_by_target, with_pins
from freshlayer.workflows.received import with_received
from freshlayer.workflows.record import scope_of
from freshlayer.workflows.render import derived_files
from freshlayer.workflows.reprobe import reprobe_and_record
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target
from freshlayer.workflows.unprobed import warn_of_images_here, warn_of_unprobed


def build(
    targets: Mapping[str, Target], model: Model, invocation: Invocation, session: Session
) -> dict[str, Report]:
    """Build targets with their keys, and record what was built: name → report.

    ``targets``: those of the model whose Dockerfile was analysed; a plain build has one. Raises
    FreshlayerError before the builder starts, and nothing of ours afterwards. With ``--locked``
    NotAsLockedError, where something is not as in the lock file.
    """
    session = session.one_run()
    if session.must_match:
        session = replace(session, supplies_secrets=invocation.supplies_secrets)
    engine = EngineImages(session.engine, session)
    targets, reports = judged(targets, session, engine)
    if session.must_match:
        _match(targets, reports, session)
    reports = {name: _with_users_of_keys(targets[name], it, session) for name, it in reports.items()}
    for report in reports.values():
        warn_of_unprobed(report, session)
    pins = pins_by_target(targets, reports, model, session, engine)
    may_pull = None if session.policy.pull is Pull.NEVER else engine
    reports = {name: with_pins(targets[name], it, pins[name], may_pull) for name, it in reports.items()}
    for report in reports.values():
        warn_of_images_here(report, session)
    checksums = by_target(targets, reports, session, invocation.checks_added)
    files = derived_files(targets, reports, pins, checksums, invocation)
    ended = invocation.build(model, files)
    if ended.trouble and session.verbose:
        session.warn(f"the builder's display could not be read ({ended.trouble})")
    alone = len(model.targets) == 1
    reports = {
        name: _with_outcome(name, targets[name], it, invocation, ended, session, alone=alone)
        for name, it in reports.items()
    }
    if ended.interrupted:
        session.warn("interrupted; nothing was recorded")
        return reports
    reports = with_received(reports, invocation)
    return reprobe_and_record(targets, reports, images_of(model.targets, invocation, ended), session)


def _match(targets: Mapping[str, Target], reports: Mapping[str, Report], session: Session) -> None:
    """Raises NotAsLockedError."""
    from freshlayer.workflows.as_locked import check_as_locked  # noqa: PLC0415 - with --locked alone
    from freshlayer.workflows.package_pins import warn_of_unpinned  # noqa: PLC0415 - the same

    for name, report in reports.items():
        warn_of_unpinned(targets[name], report, session)
    check_as_locked(targets, reports, session)


def _with_users_of_keys(target: Target, report: Report, session: Session) -> Report:
    """With whose build had the keys that are new here, before the builder gets them."""
    given = keys_before(scope_of(target.source, target.request), report.instructions, session)
    return replace(report, past=replace(report.past, given=given))


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
        why = f"{type(error).__name__}: {error}"
        session.warn(f"an error of freshlayer itself ({why}); the build summary is unavailable")
        return report
    # Of several targets, what they share is shown once, so that a reason may be the wrong one.
    return report if name and not is_whole(instructions) else replace(report, instructions=instructions)
