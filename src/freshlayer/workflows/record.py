"""What stays of a look and of a build: observations, what was built, durations."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

from msgspec.structs import replace

from freshlayer.context import Source
from freshlayer.decisions.frontend import FRONTEND, frontend_built
from freshlayer.discover.analysis import BuildRequest
from freshlayer.model.build import Built, InstructionVerdict, Pairs
from freshlayer.model.observation import Change, Recorded, Verdict
from freshlayer.model.reasons import Reason
from freshlayer.model.report import Report
from freshlayer.reference import Reference
from freshlayer.state import BuiltRecord, HistoryRecord, Scope
from freshlayer.workflows.session import Session


def scope_of(source: Source, request: BuildRequest) -> Scope:
    """Under what a build is recorded."""
    return Scope(source.known_as, request.platform, request.builder, request.engine)


def as_built(source: Source, request: BuildRequest, session: Session) -> BuildRequest:
    """The request about the network that the last build was given, where it names none itself.

    It decides whether loopback is this machine's. Where nothing was built both are taken for possible.
    """
    if request.network is not None:
        return request
    return replace(request, network=session.store.network(source.known_as))


def kept(verdicts: Mapping[Reference, Verdict]) -> dict[Reference, Recorded]:
    """What the state should hold from now on."""
    return {reference: verdict.keep for reference, verdict in verdicts.items() if verdict.keep}


def record_verdicts(
    verdicts: Mapping[Reference, Verdict], session: Session, again: Container[Reference] = ()
) -> None:
    """Record the observations of a check. ``again``: of which nothing but the time of the probe is new."""
    observations = _Kept(verdicts, again)
    session.store.record_observations(observations, at=session.now, changes=_Changes(verdicts), again=again)


class _Changes(Mapping[Reference, Change]):
    """A view: a check may have 100,000 verdicts."""

    def __init__(self, verdicts: Mapping[Reference, Verdict]) -> None:
        self._verdicts = verdicts

    def __getitem__(self, reference: Reference) -> Change:
        return self._verdicts[reference].change

    def __iter__(self) -> Iterator[Reference]:
        return iter(self._verdicts)

    def __len__(self) -> int:
        return len(self._verdicts)


class _Kept(Mapping[Reference, Recorded]):
    """The same of what the state should hold."""

    def __init__(self, verdicts: Mapping[Reference, Verdict], again: Container[Reference]) -> None:
        self._verdicts = verdicts
        self._again = again

    def __getitem__(self, reference: Reference) -> Recorded:
        keep = self._verdicts[reference].keep
        if keep is None:
            raise KeyError(reference)
        return keep

    def __iter__(self) -> Iterator[Reference]:
        return (it for it in self._verdicts if it in self._again or self._verdicts[it].keep)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _changes(verdicts: Mapping[Reference, Verdict]) -> dict[Reference, Change]:
    return {reference: verdict.change for reference, verdict in verdicts.items()}


def remember(
    source: Source,
    request: BuildRequest,
    report: Report,
    moved: Mapping[Reference, Reason],
    session: Session,
    images: Mapping[str, str] | None = None,
    moved_packages: Pairs = (),
) -> bool:
    """Whether it was recorded: a build that an origin changed under is not, a failed one neither.

    ``moved_packages``: packages that changed meanwhile, with the identities that were judged.
    """
    from freshlayer.state import BuildRecord  # noqa: PLC0415 - of builds alone
    from freshlayer.workflows.build_event import build_event  # noqa: PLC0415 - the same

    succeeded = report.exit_code == 0 and not report.moved
    built = [
        BuiltRecord(item.stage, item.digest, _built_with(item, report), item.chain)
        for item in report.instructions
        if _is_recorded(item, report)
    ]
    if frontend := frontend_built(report):
        built.append(BuiltRecord(FRONTEND.stage, FRONTEND.digest, frontend, FRONTEND.chain))
    record = BuildRecord(
        scope=scope_of(source, request),
        at=session.now,
        observations=kept(report.verdicts) if succeeded else {},
        changes=_changes(report.verdicts),
        built=built if succeeded else (),
        last_builds=list(_history(report, session.now, recorded=succeeded)),
        tainted=[*_tainted(report, moved), *moved_packages],
        tags=(images or {}) if succeeded else {},
        network=request.network if succeeded else None,
        not_watched=[item.digest for item in report.not_watched],
        event=build_event(scope_of(source, request), report, at=session.now, moved=bool(report.moved)),
    )
    session.store.record_build(record)
    session.recorded(record)
    return succeeded


def _tainted(report: Report, moved: Iterable[Reference]) -> Iterator[tuple[str, str]]:
    for reference in moved:
        identity = report.verdicts[reference].identity
        if identity:
            yield reference.text, str(identity)


def _is_recorded(item: InstructionVerdict, report: Report) -> bool:
    """What has inputs; what had a key, and has none now."""
    known = (item.stage, item.digest) in report.past.built
    if item.is_random or (item.line in report.other_images and not (item.key or known)):
        return False
    return bool(item.pairs) or known


def _built_with(item: InstructionVerdict, report: Report) -> Built:
    """Of an instruction that was built with an image that is here, it may not be known which one that was."""
    here = {it.text: str(image) for (line, it), image in report.images_here.items() if line == item.line}
    if here:
        return Built(tuple((text, here.get(text, identity)) for text, identity in item.pairs), item.key)
    before = report.past.built.get((item.stage, item.digest))
    if before is None or item.line not in report.other_images or item.key:
        return Built(item.pairs, item.key)
    return before


def _history(report: Report, now: int, *, recorded: bool) -> Iterator[HistoryRecord]:
    from freshlayer.decisions.causes import attempted, remembered  # noqa: PLC0415 - of builds alone

    for item in report.instructions:
        before = report.past.history.get((item.stage, item.digest))
        if recorded:
            yield HistoryRecord(item.stage, item.digest, remembered(item, before, now))
        elif before is not None:
            yield HistoryRecord(item.stage, item.digest, attempted(item, before))
