"""The process of ``freshlayer watch``: one round, or rounds until SIGTERM, with threads that deliver."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.builders.base import Builder
from freshlayer.builders.image_store import Engine
from freshlayer.cli.check import builder_in_use
from freshlayer.cli.check_many import Search, read_one
from freshlayer.cli.dockerfiles import NAMES, Selection, request_of
from freshlayer.cli.exit_codes import DONE, STALE, TROUBLE
from freshlayer.cli.options import Options
from freshlayer.cli.output import Output
from freshlayer.cli.session import session_of
from freshlayer.cli.state_place import state_in_use
from freshlayer.cli.watch_api import is_served, served
from freshlayer.cli.watch_compositions import composed, named_source
from freshlayer.cli.watch_end import End, OverdueError
from freshlayer.cli.watch_projects import found, projects_of
from freshlayer.cli.watch_receivers import BuildRecorder, receivers
from freshlayer.cli.watch_warm import warm_served
from freshlayer.cli.watch_warnings import ServiceWarnings
from freshlayer.credentials import Keyring
from freshlayer.model.observation import Verdict
from freshlayer.model.report import Report
from freshlayer.reference import Reference
from freshlayer.report.formats.base import ReportKind, Style
from freshlayer.report.terminal import warn
from freshlayer.settings import Policy
from freshlayer.state import StateStore
from freshlayer.state.places import Place, turns_at
from freshlayer.state.watched import WatchRecords
from freshlayer.watch import sending
from freshlayer.watch.arrivals import Arrivals
from freshlayer.watch.board import Board
from freshlayer.watch.delivery_threads import DeliveryThreads
from freshlayer.watch.outbox import Outbox
from freshlayer.watch.projects.fetching import Projects
from freshlayer.watch.schedule import Schedule, host_of
from freshlayer.watch.secrets import missing
from freshlayer.watch.sending import Stopping
from freshlayer.watch.settings import Trigger, WatchSettings
from freshlayer.watch.warm import WarmAnswers
from freshlayer.workflows import watch_rounds
from freshlayer.workflows.batch import AnalysedFile, Candidate
from freshlayer.workflows.check import built_by
from freshlayer.workflows.session import Session
from freshlayer.workflows.watch import Means, Service
from freshlayer.workflows.watch_rounds import Rounds
from freshlayer.workflows.watch_standings import Standings
from freshlayer.workflows.watched_files import Composed, Reader, WatchedFiles

if TYPE_CHECKING:
    from freshlayer.state.postgres.turns import PostgresTurns
    from freshlayer.watch.receivers import Receiver

_NO_SELECTION = Selection(None, "", (), "", None)
_LAST_DELIVERY = 3.0
_HOUR = 3600.0
_NEXT_RUN = "the next run tries again"


class _Place(Struct, frozen=True):
    """``settings`` are those of watch.toml, which is in ``directory``. ``paths``: absolute."""

    options: Options
    settings: WatchSettings
    directory: Path
    state: Place
    paths: Sequence[str]

    def outbox(
        self,
        triggers: Mapping[str, Trigger],
        stopping: Stopping,
        failed: Callable[[str], None],
        noted: Callable[[str, str], None] = lambda _trigger, _problem: None,
        again: str = "",
    ) -> Outbox:
        records = WatchRecords(self.state, failed)
        means = sending.Means(self.directory, self.settings.secret_variables)
        return Outbox(records, triggers, means, _wall, warn, stopping, noted, again)

    def threads(
        self,
        stopping: Stopping,
        failed: Callable[[str], None],
        noted: Callable[[str, str], None] = lambda _trigger, _problem: None,
        again: str = "",
    ) -> DeliveryThreads:
        """``failed`` gets why the state can't be used; ``noted``, ``again``: as of Outbox."""
        triggers = self.settings.triggers
        return DeliveryThreads(
            triggers, lambda some: self.outbox(some, stopping, failed, noted, again), warn, stopping
        )

    def projects(
        self, end: End, report: Callable[[str], None], changed: Callable[[], None] = lambda: None
    ) -> Projects | None:
        """The repositories that it clones."""
        return projects_of(
            self.options, self.settings, self.directory, str(self.state), report, end.is_set, changed
        )

    def report_unknown(self, stopping: Stopping, failed: Callable[[str], None]) -> None:
        """What waits for triggers of another configuration."""
        with closing(self.outbox(self.settings.triggers, stopping, failed)) as outbox:
            outbox.report_unknown()

    def removing(self, stopping: Stopping, failed: Callable[[str], None]) -> _Hourly:
        """What no watch delivers is removed while the service runs, too."""

        def remove() -> None:
            with closing(self.outbox(self.settings.triggers, stopping, failed)) as outbox:
                outbox.remove_unknown()

        return _Hourly(remove, time.monotonic())


def run(
    options: Options,
    settings: WatchSettings,
    directory: Path,
    paths: Sequence[str],
    listen: str | None,
    *,
    once: bool,
) -> int:
    """The exit code."""
    with state_in_use(options, None, warn) as state:
        place = _Place(options, settings, directory, state, paths)
        for problem in missing(settings.triggers, directory):
            warn(problem)
        return _once(place) if once else _serve(place, listen)


def _once(place: _Place) -> int:
    """What is settled counts at once: a single round sees all that there is."""
    codes = {DONE}

    def unread(message: str) -> None:
        codes.add(TROUBLE)
        warn(message)

    end = End()
    try:
        with end.by_signals():
            _round(place, end, codes, unread)
            place.report_unknown(end.is_set, warn)
            codes.add(TROUBLE if place.threads(end.is_set, warn, again=_NEXT_RUN).deliver_once() else DONE)
    except OverdueError:
        pass
    if end.is_set():
        unread("watch: it was ended before it was complete; the next run finds what it missed")
    return max(codes)


def _round(place: _Place, end: End, codes: set[int], unread: Callable[[str], None]) -> None:
    with closing(WatchRecords(place.state, warn)) as records:
        standings = Standings(records, place.settings.rules, 0, lambda _: None)
        projects = place.projects(end, unread)
        if projects is not None:
            projects.fetch_all()
        service = _service(place, standings, end, lambda: None, projects=projects)
        output = Output(place.options, Style(ReportKind.CHECK, several=True))
        for report in service.once(unread):
            if not isinstance(report, Report):
                unread(str(report))
                continue
            output.add(report)
            codes.add(STALE if report.stale else DONE)
        output.end()


def _serve(place: _Place, listen: str | None) -> int:
    """Until SIGTERM or SIGINT. Raises OptionError, SecretError where the API can't be served as it is set."""
    end, warm = End(), WarmAnswers()
    sparse = ServiceWarnings("" if isinstance(place.state, Path) else str(place.state))
    board = Board(place.settings.rules, is_read=is_served(listen, place.settings.api))
    threads = place.threads(end.is_set, sparse, partial(_delivery_ended, board, end))
    arrivals = Arrivals(end.wake)
    taking = partial(_receivers, place, arrivals)
    with (
        end.by_signals(),
        served(
            board,
            listen,
            place.settings.api,
            place.directory,
            _wall,
            partial(_store, place.options),
            taking,
        ),
        warm_served(place.options, warm, end.is_set),
        closing(WatchRecords(place.state, sparse)) as records,
    ):
        try:
            place.report_unknown(end.is_set, sparse)
            threads.serve()
            board.shown.keep_counts(records)
            board.deliver_by(lambda: () if end.is_set() else threads.dead)
            standings = Standings(records, place.settings.rules, place.settings.settle, warn)
            recorded = partial(_recorded, threads, records, board, place.removing(end.is_set, sparse))
            projects = place.projects(end, sparse, end.renew)
            if projects is not None:
                projects.start()
                arrivals.pushed = projects.hurry
            _service(place, standings, end, recorded, board, sparse, projects, arrivals, warm).serve()
        except OverdueError:
            warn("watch: a round was ended before it was complete; the next start finds what it missed")
    threads.join(_LAST_DELIVERY)
    return DONE


def _delivery_ended(board: Board, end: End, trigger: str, problem: str) -> None:
    """The page shows another problem of a trigger at once."""
    if board.delivery_ended(trigger, problem) and board.is_read:
        end.wake()


def _receivers(place: _Place, arrivals: Arrivals) -> Mapping[str, Receiver]:
    builder = builder_in_use(place.options)
    name = built_by(builder, "", request_of(_NO_SELECTION)).builder if builder else ""
    return receivers(
        place.settings,
        place.directory,
        arrivals,
        BuildRecorder(arrivals, partial(_store, place.options), name, _wall),
    )


@contextmanager
def _store(options: Options) -> Iterator[StateStore]:
    """The state, for a page: opened for each, as each is made by a thread of its own."""
    with session_of(replace(options, quiet=True), None, printer=lambda _: None) as session:
        yield session.store


class _Hourly:
    """Calls something once an hour, where it is called more often."""

    def __init__(self, action: Callable[[], object], now: float) -> None:
        self._action, self._at = action, now

    def __call__(self, now: float) -> None:
        if now - self._at >= _HOUR:
            self._at = now
            self._action()


def _recorded(threads: DeliveryThreads, records: WatchRecords, board: Board, hourly: _Hourly) -> None:
    threads.wake()
    hourly(time.monotonic())
    with closing(records):
        board.waiting(sum(records.waiting().values()), records.undelivered() or (), records.tries())


def _service(
    place: _Place,
    standings: Standings,
    end: End,
    recorded: Callable[[], None],
    board: Board | None = None,
    printer: Callable[[str], None] = warn,
    projects: Projects | None = None,
    arrivals: Arrivals | None = None,
    warm: WarmAnswers | None = None,
) -> Service:
    options, settings = place.options, place.settings
    builder = builder_in_use(options)
    request = request_of(_NO_SELECTION)
    request = built_by(builder, builder.engine(), request) if builder else request
    search = Search(place.paths, None, builder.dockerfiles if builder else NAMES, request, below=True)

    turns = _turns(place, board, printer) if board is not None else None
    means = watch_rounds.Means(request, _keyring, end.is_set, probed=_noted(board, warm), turns=turns)
    return Service(
        _rounds(place, means, board),
        standings,
        Means(
            open_session=_sessions(options, builder, printer),
            find=partial(found, place.paths, projects),
            renewed=end.renewed,
            reader=partial(_reader, options, search, settings.projects.allow_hosts),
            search=settings.search,
            every=settings.pace.interval,
            monotonic=time.monotonic,
            stopping=end.is_set,
            sleep=end.wait,
            recorded=recorded,
            warn=printer,
            usable=printer.usable if isinstance(printer, ServiceWarnings) else lambda: None,
            board=board,
            arrivals=arrivals,
            turns=turns,
        ),
    )


def _turns(place: _Place, board: Board, printer: Callable[[str], None]) -> PostgresTurns | None:
    return turns_at(place.state, place.settings.pace.longest, printer, serves=board.is_read)


def _sessions(
    options: Options, builder: Builder | None, printer: Callable[[str], None]
) -> Callable[[], AbstractContextManager[Session]]:
    engine = Engine(builder) if builder else None
    image_of = builder.image_of if builder else None
    return partial(session_of, replace(options, quiet=True), None, image_of, engine, printer=printer)


def _reader(options: Options, search: Search, allowed: tuple[str, ...], session: Session) -> Reader:
    known = replace(search, networks=session.store.networks())
    return partial(_read, options, known, session.policy, allowed)


def _read(
    options: Options, search: Search, policy: Policy, allowed: tuple[str, ...], wanted: Candidate
) -> AnalysedFile | Composed:
    """Of a clone as of strangers, who get what ``allowed`` names."""
    if wanted.tool:
        found = composed(options, policy.hosts, wanted)
        targets = {name: _of_strangers(it, policy, allowed) for name, it in found.targets.items()}
        return replace(found, targets=targets) if wanted.named else found
    read = read_one(options, search, policy.hosts, wanted)
    if not wanted.named:
        return read
    return _of_strangers(replace(read, source=named_source(read.source, wanted.named)), policy, allowed)


def _of_strangers(read: AnalysedFile, usual: Policy, allowed: tuple[str, ...]) -> AnalysedFile:
    return replace(read, policy=replace(read.policy or usual, strangers=allowed))


def _rounds(place: _Place, means: watch_rounds.Means, board: Board | None) -> Rounds:
    settings = place.settings
    schedule = Schedule(settings.pace, settings.seed or str(place.state))
    if board is not None:
        board.shown.probes.due_by(partial(_due_in, schedule))
    return Rounds(WatchedFiles(settings.reread), schedule, means)


def _due_in(schedule: Schedule, reference: Reference) -> float | None:
    turn = schedule.turn_of(reference, time.monotonic())
    return turn.wait if turn is not None else None


def _noted(board: Board | None, warm: WarmAnswers | None) -> Callable[[Verdict, tuple[str, ...]], None]:
    def note(verdict: Verdict, platforms: tuple[str, ...]) -> None:
        if board is not None:
            board.probed(host_of(verdict.reference), failed=not verdict.is_observed)
            board.noted(verdict, _wall())
        if warm is not None:
            warm.note(verdict, platforms)

    return note


def _keyring(policy: Policy) -> Keyring:
    return Keyring(os.environ, policy.hosts)


def _wall() -> int:
    return int(time.time())
