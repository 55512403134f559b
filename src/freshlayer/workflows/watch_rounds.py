"""Rounds of a service: what is due is probed once for all Dockerfiles; then those concerned are judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.credentials import Keyring
from freshlayer.decisions.verdict import judge
from freshlayer.discover.analysis import BuildRequest
from freshlayer.errors import UnknownInputError
from freshlayer.model.observation import Change, Observation, ProbeOutcome, Verdict
from freshlayer.model.reasons import Reason
from freshlayer.model.report import Report
from freshlayer.reference import Reference
from freshlayer.settings import Policy
from freshlayer.watch.moved import Moved, Moves
from freshlayer.watch.schedule import Schedule
from freshlayer.workflows.batch import Batch
from freshlayer.workflows.check import check
from freshlayer.workflows.observe import Due, answers, recall
from freshlayer.workflows.record import record_verdicts
from freshlayer.workflows.session import Session
from freshlayer.workflows.watch_turns import Turns, finish, own_turns
from freshlayer.workflows.watched_files import WatchedFiles

_Found = Report | UnknownInputError

_AT_ONCE = 2000
"""References of one probe: each is a conversation in memory."""

_LEAST_BETWEEN = 10.0
"""Seconds between two probes of a reference that webhooks name."""

_SHARED_AT_ONCE = 200
"""The same where others may probe the rest meanwhile."""

_HELD = Reason("ttl", detail="probed by the service within its interval")


class Means(Struct, frozen=True):
    """``keyring``: the credentials that settings give. ``monotonic``: seconds of a clock that never jumps.

    ``probed`` gets each verdict, and the platforms for which it was probed. ``stopping``: whether the service
    is to end: no probe and no judgement is started any more. ``turns``: where several processes share the
    probes.
    """

    request: BuildRequest
    keyring: Callable[[Policy], Keyring]
    stopping: Callable[[], bool]
    monotonic: Callable[[], float] = time.monotonic
    probed: Callable[[Verdict, tuple[str, ...]], None] = lambda *_: None
    turns: Turns | None = None


class Rounds:
    """``schedule``: of what ``files`` name, and of what base images and downloaded scripts lead to."""

    def __init__(self, files: WatchedFiles, schedule: Schedule, means: Means) -> None:
        self.files = files
        self.schedule = schedule
        self._means = means
        self._unobserved: dict[Reference, Observation] = {}
        self._changes: dict[Reference, Change] = {}
        self._learned: dict[Reference, set[str]] = {}
        self._scheduled: set[Reference] = set()
        self._hurried: dict[Reference, float] = {}

    def note_files(self, session: Session) -> None:
        """Schedule what the Dockerfiles name by now, with the age of its record; forget the rest."""
        ttls = self.files.ttls.all()
        new = [reference for reference in ttls if reference not in self._scheduled]
        recorded = recall(new, session, self._means.request.platforms)
        now = self._means.monotonic()
        for reference, ttl in ttls.items():
            known = recorded.get(reference)
            age = session.now - known.probed_at if known is not None and known.probed_at else None
            self.schedule.add(reference, now, age=age, least=ttl)
            if reference not in self._learned:
                self.schedule.relax(reference, least=ttl)
        for reference in self._scheduled - ttls.keys() - self._learned.keys():
            self._forget(reference)
        self._scheduled = set(ttls) | self._learned.keys()

    def _forget(self, reference: Reference) -> None:
        self.schedule.remove(reference)
        self._unobserved.pop(reference, None)
        self._changes.pop(reference, None)

    def hurry(self, moved: Collection[Moved]) -> None:
        """Probe now what may have changed; what was hurried a moment ago, a moment later."""
        now = self._means.monotonic()
        self._hurried = {it: at for it, at in self._hurried.items() if at > now - _LEAST_BETWEEN}
        moves = Moves(moved)
        for reference in self._scheduled if moved else ():
            if moves.concern(reference):
                at = max(now, self._hurried.get(reference, now - _LEAST_BETWEEN) + _LEAST_BETWEEN)
                self.schedule.hurry(reference, at)
                self._hurried.setdefault(reference, at)
        if self._means.turns is not None:
            self._means.turns.hurry([it.text for it, at in self._hurried.items() if at >= now])

    def probe(self, session: Session) -> tuple[set[str], set[Reference]]:
        """Probe all that is due; the Dockerfiles that it concerns, and what their judgement is to probe.

        What becomes due meanwhile is left to the next round: with slow origins this one would never end.
        """
        concerned: set[str] = set()
        by_judgement: set[Reference] = set()
        started = self._means.monotonic()
        while not self._means.stopping():
            taken = self._taken(started)
            if taken is None:
                break
            for reference in taken:
                if reference not in self.files.mentions:
                    by_judgement.add(reference)
                    concerned |= self._learned.get(reference, set())
            named = [it for it in taken if it in self.files.mentions]
            for policy, due in self.files.due(named, session.policy, self._means.request.platforms):
                own = replace(session, policy=policy, keyring=self._means.keyring(policy))
                concerned |= self._probed(due, own)
        return concerned, by_judgement

    def _taken(self, latest: float) -> list[Reference] | None:
        """What this process is to probe now; None once nothing is left that was due then."""
        turns = self._means.turns
        taken = self.schedule.take(latest, _AT_ONCE if turns is None else _SHARED_AT_ONCE)
        if not taken:
            return None
        return taken if turns is None else own_turns(taken, self.schedule, turns, self._means.monotonic())

    def concerned(self, texts: Collection[str]) -> set[str]:
        """The Dockerfiles that name one of these references."""
        if not texts:
            return set()
        mentions = self.files.mentions.items()
        return {name for reference, names in mentions if reference.text in texts for name in names}

    def _probed(self, due: Due, session: Session) -> set[str]:
        """The Dockerfiles of what changed."""
        session = session.one_run()
        recorded = recall(list(due.ttls), session, due.platforms)
        verdicts: dict[Reference, Verdict] = {}
        with closing(answers(due, recorded, session)) as found:
            for seen in found:
                verdict = judge(recorded.get(seen.reference), seen)
                verdicts[seen.reference] = verdict
                need = due.images.get(seen.reference)
                if seen.quota is not None:
                    self.schedule.note_quota(seen.reference, seen.quota, self._means.monotonic())
                self._note(verdict, seen.retry_after, need.platforms if need else due.platforms)
                if self._means.stopping():
                    break
        record_verdicts(verdicts, session)
        if self._means.turns is not None:
            finish(verdicts.keys(), self.schedule, self._means.turns, self._means.monotonic())
        moved = (reference for reference, verdict in verdicts.items() if self._moved(verdict))
        return {name for reference in list(moved) for name in self.files.mentions[reference]}

    def _note(
        self, verdict: Verdict, retry_after: float | None = None, platforms: tuple[str, ...] = ()
    ) -> None:
        reference, failed = verdict.reference, not verdict.is_observed
        self.schedule.answered(reference, self._means.monotonic(), failed=failed, retry_after=retry_after)
        self._means.probed(verdict, platforms)
        if failed:
            self._unobserved[reference] = Observation(reference, ProbeOutcome.UNKNOWN, verdict.reason)
        else:
            self._unobserved.pop(reference, None)

    def _moved(self, verdict: Verdict) -> bool:
        """Whether a judgement may be another than the last one."""
        before = self._changes.get(verdict.reference)
        self._changes[verdict.reference] = verdict.change
        return verdict.change in {Change.CHANGED, Change.FIRST_SEEN} or before != verdict.change

    def judge(
        self, names: Collection[str], probed: Collection[Reference] | None, session: Session
    ) -> Iterator[tuple[str, _Found]]:
        """The report of each of these Dockerfiles. Only ``probed`` are probed; None: all."""
        with ExitStack() as stack:
            batches = self.files.batches(names, session.policy)
            for batch, _ in batches:
                stack.enter_context(closing(batch))
            for batch, paths in batches:
                yield from self._judged(batch, paths, probed, session)
                if self._means.stopping():
                    return

    def _judged(
        self, batch: Batch, paths: list[str], probed: Collection[Reference] | None, session: Session
    ) -> Iterator[tuple[str, _Found]]:
        own = replace(session, policy=batch.policy, keyring=self._means.keyring(batch.policy))
        held = {} if probed is None else self._held([*batch.ttls, *self._learned], probed)
        due = replace(batch.due(self._means.request), held=held)
        with closing(batch), closing(_closable(check(batch.targets(self._means.request), due, own))) as found:
            for name, report in zip(paths, found, strict=True):
                if isinstance(report, Report):
                    self._learn(name, report, held)
                yield name, report
                if self._means.stopping():
                    return

    def _held(
        self, references: Iterable[Reference], probed: Collection[Reference]
    ) -> Mapping[Reference, Observation]:
        return {
            reference: self._unobserved.get(reference, Observation(reference, ProbeOutcome.NOT_DUE, _HELD))
            for reference in references
            if reference not in probed
        }

    def _learned_now(self, name: str, report: Report) -> set[Reference]:
        named = {item.reference for item in report.inputs}
        return {it for it in named if name not in self.files.mentions.get(it, ())}

    def _learn(self, name: str, report: Report, held: Collection[Reference]) -> None:
        """Schedule what only base images and downloaded scripts led to. What was held was not probed."""
        now = self._means.monotonic()
        learned = self._learned_now(name, report)
        for reference in learned:
            if reference not in self.schedule:
                self.schedule.add(reference, now, age=0)
            self._learned.setdefault(reference, set()).add(name)
            if reference not in self.files.mentions and reference not in held:
                self._note(report.verdicts[reference])
        for reference in [it for it, names in self._learned.items() if name in names and it not in learned]:
            self._learned[reference].discard(name)
            if not self._learned[reference]:
                del self._learned[reference]
        self._scheduled |= learned


def _closable(found: Iterator[_Found]) -> Generator[_Found]:
    yield from found
