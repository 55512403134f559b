"""The workflow of the service: search, probe what is due, judge what that concerns, record, trigger."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from math import inf

from msgspec import Struct

from freshlayer.errors import FreshlayerError, internal
from freshlayer.model.report import Report
from freshlayer.reference import Reference
from freshlayer.watch.arrivals import Arrivals
from freshlayer.watch.board import Board
from freshlayer.workflows.batch import Candidate
from freshlayer.workflows.session import Session
from freshlayer.workflows.watch_rounds import Rounds
from freshlayer.workflows.watch_standings import Standings
from freshlayer.workflows.watch_turns import Turns
from freshlayer.workflows.watched_files import Reader

_LONGEST_SLEEP = 60.0
_LONGEST_SHARED_SLEEP = 5.0
"""Where other processes probe too: what they found is looked for so often."""

_SHORTEST_SLEEP = 0.5
"""What is due within it is probed together."""

_SLEEP_AFTER_FAILURE = 10.0
_MOST_LATE = 1.0
"""Seconds: while Dockerfiles are judged, probes that are later than that come first."""
_FEW = 10
"""So many Dockerfiles are judged between others that were first."""


class Means(Struct, frozen=True):
    """``open_session``: for one round; a state that can't be used now may be usable for the next.

    ``find``: the Dockerfiles that there are; its argument gets what can't be searched. ``search`` and
    ``every``: seconds between two searches, and between two judgements of everything. ``monotonic``: seconds.
    ``recorded`` is called once messages may wait. ``sleep`` waits for so many seconds, or until the end.
    ``warn`` prints a line. ``usable`` is called where a shared state can be used.
    ``board``: where the API reads. ``renewed``: whether a search is due at once.
    ``arrivals``: what it takes. ``turns``: where several processes share the work.
    """

    open_session: Callable[[], AbstractContextManager[Session]]
    find: Callable[[Callable[[str], None]], Iterator[Candidate]]
    reader: Callable[[Session], Reader]
    search: float
    every: float
    monotonic: Callable[[], float]
    stopping: Callable[[], bool]
    sleep: Callable[[float], None]
    recorded: Callable[[], None]
    warn: Callable[[str], None]
    usable: Callable[[], None] = lambda: None
    board: Board | None = None
    renewed: Callable[[], bool] = lambda: False
    arrivals: Arrivals | None = None
    turns: Turns | None = None


class Service:
    """``rounds``: the probes and judgements. ``standings``: what follows from them."""

    def __init__(self, rounds: Rounds, standings: Standings, means: Means) -> None:
        self._rounds = rounds
        self._standings = standings
        self._means = means
        self._next_search = self._next_judgement = -inf
        self._concerned: set[str] = set()
        self._by_judgement: set[Reference] = set()
        self._judges = means.turns is None
        self._is_away = False
        self._is_put_off = False
        self._printed: set[str] = set()

    def once(self, unread: Callable[[str], None]) -> Iterator[Report | FreshlayerError]:
        """One round: every reference is probed, once for all; then what follows is recorded."""
        with self._means.open_session() as session:
            self._search(session, unread)
            found: list[tuple[str, Report]] = []
            for name, report in self._reports(self._rounds.files.names, None, session):
                if isinstance(report, Report):
                    found.append((name, report))
                yield report
            self._standings.take(found, session.now)

    def serve(self) -> None:
        """Until ``stopping``."""
        while not self._means.stopping():
            shortest = _SHORTEST_SLEEP
            left = inf
            try:
                left = self._round_recorded()
            except Exception as error:  # noqa: BLE001 - one round's oddity is not to end the service
                self._means.warn(f"watch: this round was not completed: {internal(error)}")
                shortest = _SLEEP_AFTER_FAILURE
            now = self._means.monotonic()
            due = min(self._next_search, self._rounds.schedule.next_due())
            due = min(due, -inf if self._concerned else self._next_judgement) if self._judges else due
            longest = _LONGEST_SLEEP if self._means.turns is None else _LONGEST_SHARED_SLEEP
            self._means.sleep(max(min(due - now, left, longest), shortest))

    def _round_recorded(self) -> float:
        """Seconds until triggers may be due."""
        with self._means.open_session() as session:
            lag = self._lag()
            if not self._takes_part(session):
                return _LONGEST_SHARED_SLEEP
            again = self._round(session)
            wall = session.now
        self._means.recorded()
        self._show(lag, wall)
        return inf if again is None else again - wall

    def _lag(self) -> float:
        """Seconds by which the oldest probe that is due is late."""
        return max(0.0, self._means.monotonic() - self._rounds.schedule.next_due())

    def _takes_part(self, session: Session) -> bool:
        """Whether the state that several processes share can be used: without it nothing is judged.

        One that judges from now on starts with what was recorded, and judges everything.
        """
        if self._means.turns is None:
            return True
        session.store.is_empty()
        if not session.store.is_usable:
            self._judges, self._is_away = False, True
            return False
        if self._is_away:
            # Its connections were lost too.
            self._is_away = False
            self._means.turns.close()
        self._means.usable()
        before, self._judges = self._judges, self._means.turns.judges()
        if self._judges != before or not self._judges:
            self._standings.read_again()
        if self._judges and not before:
            self._next_judgement = -inf
        return True

    def quotas(self) -> dict[str, tuple[int, float]]:
        """Host → the requests that are left of its quota, and the interval that it is enough for."""
        return self._rounds.schedule.quotas(self._means.monotonic())

    def _show(self, lag: float, at: int) -> None:
        if self._means.board is not None:
            files, known = self._rounds.files, self._standings.known
            references = len(self._rounds.schedule)
            self._means.board.quotas = self.quotas()
            self._means.board.round_ended(
                files.names, known, references=references, lag=lag, at=at, judges=self._judges
            )

    def _round(self, session: Session) -> int | None:
        """When triggers may be due that are not due now, in seconds since 1970."""
        now = self._means.monotonic()
        concerned = self._arrived()
        if self._means.renewed() or now >= self._next_search:
            self._next_search = now + self._means.search
            concerned |= self._search(session, lambda message: self._once_each(message, session))
        self._probe(session)
        if not self._judges:
            self._concerned, self._by_judgement = set(), set()
            return None
        concerned |= self._concerned | self._of_others()
        if now >= self._next_judgement and self._is_turn_of_all(concerned):
            # Packages have no schedule of their own: their indexes are requested here, once for all.
            self._next_judgement = now + self._means.every
            concerned |= set(self._rounds.files.names)
        self._concerned = concerned
        return self._judged(*self._take_concerned(), session)

    def _is_turn_of_all(self, concerned: Collection[str]) -> bool:
        """What concerns a few is shown first: all of them take many seconds. They wait for one round."""
        self._is_put_off = 0 < len(concerned) <= _FEW < len(self._rounds.files) and not self._is_put_off
        return not self._is_put_off

    def _take_concerned(self) -> tuple[set[str], set[Reference]]:
        """The Dockerfiles to judge now, and what their judgement is to probe."""
        taken = self._concerned, self._by_judgement
        self._concerned, self._by_judgement = set(), set()
        return taken

    def _probe(self, session: Session) -> None:
        """What is due; then these Dockerfiles are to be judged, and their judgement probes the rest."""
        concerned, by_judgement = self._rounds.probe(session)
        self._concerned |= concerned
        self._by_judgement |= by_judgement

    def _arrived(self) -> set[str]:
        """The Dockerfiles that were built; what webhooks name is due now."""
        if self._means.arrivals is None:
            return set()
        moved, built = self._means.arrivals.take()
        self._rounds.hurry(moved)
        return built.intersection(self._rounds.files.names)

    def _of_others(self) -> set[str]:
        """The Dockerfiles that what other processes recorded concerns."""
        if self._means.turns is None:
            return set()
        changed, built = self._means.turns.changed()
        found = self._rounds.concerned(changed)
        if built:
            known_as = self._rounds.files.known_as
            found |= {name for name, other in known_as.items() if name in built or other in built}
        return found

    def _judged(self, names: set[str], probed: set[Reference], session: Session) -> int | None:
        found: list[tuple[str, Report]] = []
        newer: set[str] = set()
        for name, report in self._reports(names, probed, session, newer) if names else ():
            _note(name, report, found, session)
            if self._rounds.schedule.next_due() < self._means.monotonic() - _MOST_LATE:
                newer |= self._between(session)
        found = [(name, report) for name, report in found if name not in newer]
        if self._means.turns is not None and not session.store.is_usable:
            # Without records everything looks new.
            self._next_judgement, self._is_away = -inf, True
            return None
        return self._standings.take(found, session.now) if found else self._standings.fire(session.now)

    def _between(self, session: Session) -> set[str]:
        """A round while many are judged, which takes many seconds; the Dockerfiles that it judged.

        Where it concerns many, they are judged in the next round.
        """
        lag = self._lag()
        self._probe(session)
        if not 0 < len(self._concerned) <= _FEW or self._means.turns is not None:
            return set()
        names, probed = self._take_concerned()
        found: list[tuple[str, Report]] = []
        for name, report in self._reports(names, probed, session):
            _note(name, report, found, session)
        self._standings.take(found, session.now)
        self._means.recorded()
        self._show(lag, session.now)
        return names

    def _reports(
        self,
        names: Collection[str],
        probed: Collection[Reference] | None,
        session: Session,
        newer: Collection[str] = (),
    ) -> Iterator[tuple[str, Report | FreshlayerError]]:
        """As of ``Rounds.judge``. Where a judgement fails, halves are judged: one costs no other its own.

        ``newer``: those that have a newer one meanwhile.
        """
        left = set(names)
        try:
            for name, report in self._rounds.judge(names, probed, session):
                if name not in newer and isinstance(report, Report) and self._means.board is not None:
                    self._means.board.judged(name, report)
                left.discard(name)
                yield name, report
        except Exception as error:
            if not left:
                raise
            parts = sorted(left)
            if len(parts) == 1:
                yield parts[0], FreshlayerError(f"{parts[0]}: not judged: {internal(error)}")
                return
            for part in (parts[: len(parts) // 2], parts[len(parts) // 2 :]):
                yield from self._reports(part, probed, session, newer)

    def _search(self, session: Session, unread: Callable[[str], None]) -> set[str]:
        """The Dockerfiles that are new or changed."""
        reader = self._means.reader(session)
        changed = self._rounds.files.refresh(
            self._means.find(unread), reader, self._means.monotonic(), unread
        )
        self._rounds.note_files(session)
        self._standings.watch(self._rounds.files.names)
        if self._means.arrivals is not None:
            self._means.arrivals.watched = self._rounds.files.known_as
        return changed

    def _once_each(self, message: str, session: Session) -> None:
        if message not in self._printed:
            self._printed.add(message)
            session.warn(message)


def _note(
    name: str, report: Report | FreshlayerError, found: list[tuple[str, Report]], session: Session
) -> None:
    if isinstance(report, Report):
        found.append((name, report))
    else:
        session.warn(str(report))
