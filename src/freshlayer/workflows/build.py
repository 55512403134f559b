"""The workflow of a build: the one place that knows the order."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from freshlayer.builders.base import Meanwhile
from freshlayer.builders.invocation import Invocation, Model
from freshlayer.errors import internal
from freshlayer.model.report import Report
from freshlayer.settings import Pull
from freshlayer.workflows.added_checksums import by_target
from freshlayer.workflows.derived_files import derived_files
from freshlayer.workflows.engine_images import EngineImages
from freshlayer.workflows.judge import judged
from freshlayer.workflows.last_builds import keys_before
from freshlayer.workflows.pins import pins_by_target, with_pins
from freshlayer.workflows.record import scope_of
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target
from freshlayer.workflows.unprobed import warn_of_images_here, warn_of_unprobed


def build(
    targets: Mapping[str, Target],
    model: Model,
    invocation: Invocation,
    session: Session,
    meanwhile: Meanwhile | None = None,
) -> dict[str, Report]:
    """Build targets with their keys, and record what was built: name → report.

    ``targets``: those of the model whose Dockerfile was analysed; a plain build has one. ``meanwhile`` is
    called while the builder runs. Raises FreshlayerError before the builder starts, and nothing of ours
    afterwards. With ``--locked`` NotAsLockedError, where something is not as in the lock file.
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
    ended = invocation.build(model, files, meanwhile)
    try:
        # It is loaded while the builder runs; another release may be installed by now.
        from freshlayer.workflows.built import recorded  # noqa: PLC0415 - see above

        return recorded(targets, reports, model, invocation, ended, session)
    except Exception as error:  # noqa: BLE001 - the build is done, and a fault of ours must not cost it
        session.warn(f"{internal(error)}; nothing was recorded")
        return {name: replace(it, exit_code=ended.exit_code) for name, it in reports.items()}


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
