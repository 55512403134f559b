"""Probe again after a build, and record."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from msgspec.structs import replace

from freshlayer.decisions.verdict import judge
from freshlayer.discover.downloads import confinements
from freshlayer.model.build import InstructionState
from freshlayer.model.observation import Change, Verdict
from freshlayer.model.reasons import Reason
from freshlayer.model.report import Report
from freshlayer.probe import ScriptsKnown
from freshlayer.reference import Reference
from freshlayer.workflows.identities import keep_identities
from freshlayer.workflows.observe import Due, probe_now
from freshlayer.workflows.record import kept, remember
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target


def reprobe_and_record(
    targets: Mapping[str, Target],
    reports: Mapping[str, Report],
    images: Mapping[str, Mapping[str, str]],
    session: Session,
) -> dict[str, Report]:
    """Probe again, and record. The build is done: no fault of ours may cost the user its outcome.

    ``images``: target → tag → the image that it means now.
    """
    found = dict(reports)
    try:
        moved = _probed_again(found.values(), Due.of(targets.values()).platforms, session)
        found = {name: replace(it, moved=tuple(_of(it, moved).values())) for name, it in reports.items()}
        recorded = [
            (target.source, found[name])
            for name, target in targets.items()
            if remember(
                target.source,
                target.request,
                found[name],
                _of(found[name], moved),
                session,
                images.get(name),
            )
        ]
        keep_identities(recorded, session)
    except KeyboardInterrupt:
        session.warn("interrupted during the second probe; nothing was recorded")
    except Exception as error:  # noqa: BLE001 - see above
        session.warn(f"an error of freshlayer itself ({type(error).__name__}: {error}); nothing was recorded")
    return found


def _of(report: Report, moved: Mapping[Reference, Reason]) -> dict[Reference, Reason]:
    return {reference: reason for reference, reason in moved.items() if reference in report.verdicts}


def _probed_again(
    before: Collection[Report], platforms: tuple[str, ...], session: Session
) -> dict[Reference, Reason]:
    """References that moved while the builder ran, each with how (design rule 9).

    The inputs of instructions that ran, or may have, are probed: a build that failed left layers as well.
    """
    verdicts = {reference: verdict for report in before for reference, verdict in _inputs_that_ran(report)}
    recorded = kept(verdicts)
    inputs = [item for report in before for item in report.inputs]
    scripts = ScriptsKnown(confinements(inputs))
    moved: dict[Reference, Reason] = {}
    for reference, observation in probe_now(list(recorded), recorded, session, platforms, scripts).items():
        verdict = judge(recorded[reference], observation)
        if verdict.change is Change.CHANGED:
            moved[reference] = verdict.explanation
    return moved


def _inputs_that_ran(report: Report) -> Iterator[tuple[Reference, Verdict]]:
    """The inputs of keyed instructions, but for those that were cached; of a failed build, of stale ones."""
    keyed = [item for item in report.instructions if item.key and not (item.outcome and item.outcome.cached)]
    ran = {item.line for item in keyed if not report.exit_code or item.state is InstructionState.STALE}
    for item in report.inputs:
        if any(place.line in ran for place in item.places):
            yield item.reference, report.verdicts[item.reference]
