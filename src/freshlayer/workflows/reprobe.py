"""Probe again after a build, and record."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.decisions.packages import moved_since
from freshlayer.decisions.verdict import judge
from freshlayer.discover.downloaded_scripts import confinements
from freshlayer.errors import internal
from freshlayer.model.build import InstructionState, Pairs
from freshlayer.model.observation import Change, Verdict
from freshlayer.model.packages import PackageChain, PackagesRead
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
        packages = _packages_again(reports, session)
        found = {
            name: replace(it, moved=(*_of(it, moved).values(), *packages[name].reasons))
            for name, it in reports.items()
        }
        recorded = [
            (target, found[name])
            for name, target in targets.items()
            if remember(
                target.source,
                target.request,
                found[name],
                _of(found[name], moved),
                session,
                images.get(name),
                packages[name].pairs,
            )
        ]
        keep_identities(recorded, session)
    except KeyboardInterrupt:
        session.warn("interrupted during the second probe; nothing was recorded")
    except Exception as error:  # noqa: BLE001 - see above
        session.warn(f"{internal(error)}; nothing was recorded")
    return found


def _of(report: Report, moved: Mapping[Reference, Reason]) -> dict[Reference, Reason]:
    return {reference: reason for reference, reason in moved.items() if reference in report.verdicts}


def _probed_again(
    before: Collection[Report], platforms: tuple[str, ...], session: Session
) -> dict[Reference, Reason]:
    """References that moved while the builder ran, each with how (rule 9 of ARCHITECTURE.md).

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


class _MovedPackages(Struct, frozen=True):
    """Packages that changed while the builder ran. ``pairs``: those that were judged."""

    reasons: tuple[Reason, ...] = ()
    pairs: Pairs = ()


def _packages_again(reports: Mapping[str, Report], session: Session) -> dict[str, _MovedPackages]:
    """The packages of instructions that ran, once more. Of manifests that did not change, no body is read."""
    chains = {name: _chains_that_ran(report) for name, report in reports.items()}
    wanted = {
        name: replace(before, chains=it, ttl=0, ttls={})
        for name, it in chains.items()
        if it and (before := reports[name].packages_wanted)
    }
    moved = {name: _MovedPackages() for name in reports}
    if not wanted or session.indexes is None:
        return moved
    from freshlayer.workflows.index_files import IndexFiles  # noqa: PLC0415 - where packages were installed
    from freshlayer.workflows.packages import PackagesOfRun  # noqa: PLC0415 - the same

    found = PackagesOfRun(IndexFiles(session, session.indexes)).read(list(wanted.values()))
    for name, packages in zip(wanted, found, strict=True):
        moved[name] = _moved_packages(reports[name], [read for reads in packages.values() for read in reads])
    return moved


def _chains_that_ran(report: Report) -> tuple[PackageChain, ...]:
    ran = _lines_that_ran(report)
    chains = report.package_chains
    return tuple(chain for chain in chains if any(run.line in ran for run in chain.runs))


def _moved_packages(report: Report, found: Sequence[PackagesRead]) -> _MovedPackages:
    ran = _lines_that_ran(report)
    verdicts = {(item.line, it.manager): it for item in report.instructions for it in item.packages}
    compared = [
        moved_since(read, verdicts[read.line, read.manager])
        for read in found
        if read.line in ran and (read.line, read.manager) in verdicts
    ]
    moved = [item for item in compared if item]
    reasons = tuple(reason for reason, _ in moved)
    return _MovedPackages(reasons, tuple(pair for _, pairs in moved for pair in pairs))


def _inputs_that_ran(report: Report) -> Iterator[tuple[Reference, Verdict]]:
    ran = _lines_that_ran(report)
    for item in report.inputs:
        if any(place.line in ran for place in item.places):
            yield item.reference, report.verdicts[item.reference]


def _lines_that_ran(report: Report) -> set[int]:
    """Of keyed instructions, but for those that were cached; of a failed build, of stale ones."""
    keyed = [item for item in report.instructions if item.key and not (item.outcome and item.outcome.cached)]
    return {item.line for item in keyed if not report.exit_code or item.state is InstructionState.STALE}
