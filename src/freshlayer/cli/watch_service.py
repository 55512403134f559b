"""The process of ``freshlayer watch``: one round, or rounds until SIGTERM, with a thread that delivers."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from types import FrameType

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.builders.local_images import Engine
from freshlayer.cli.check import builder_in_use
from freshlayer.cli.check_many import Search, read_one, searched
from freshlayer.cli.dockerfiles import NAMES, Selection, request_of
from freshlayer.cli.exit_codes import DONE, STALE, TROUBLE
from freshlayer.cli.options import Options
from freshlayer.cli.output import Output
from freshlayer.cli.session import session_of
from freshlayer.cli.state_place import state_in_use
from freshlayer.cli.watch_api import served
from freshlayer.credentials import Keyring
from freshlayer.model.observation import Verdict
from freshlayer.model.report import Report
from freshlayer.report.formats.base import ReportKind, Style
from freshlayer.report.terminal import warn
from freshlayer.settings import Policy
from freshlayer.state.watched import WatchRecords
from freshlayer.watch.board import Board
from freshlayer.watch.outbox import Outbox
from freshlayer.watch.schedule import Schedule, host_of
from freshlayer.watch.settings import WatchSettings
from freshlayer.workflows import watch_rounds
from freshlayer.workflows.batch import Reader
from freshlayer.workflows.check import built_by
from freshlayer.workflows.session import Session
from freshlayer.workflows.watch import Means, Service
from freshlayer.workflows.watch_rounds import Rounds
from freshlayer.workflows.watch_standings import Standings
from freshlayer.workflows.watched_files import WatchedFiles

_GRACE = 6.0
"""Seconds that a round has to end after SIGTERM; what it has not recorded by then is found again."""

_LAST_DELIVERY = 3.0
_AGAIN = 600.0


class _OverdueError(BaseException):
    """SIGTERM was a while ago. Not an Exception: whatever is under way ends."""


class _Place(Struct, frozen=True):
    """``settings`` are those of watch.toml, which is in ``directory``. ``paths``: absolute."""

    options: Options
    settings: WatchSettings
    directory: Path
    state: Path
    paths: Sequence[str]

    def outbox(self, records: WatchRecords, stopping: Callable[[], bool]) -> Outbox:
        return Outbox(records, self.settings.triggers, self.directory, _wall, warn, stopping)


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
        return _once(place) if once else _serve(place, listen)


def _once(place: _Place) -> int:
    """What is settled counts at once: a single round sees all that there is."""
    codes = {DONE}

    def unread(message: str) -> None:
        codes.add(TROUBLE)
        warn(message)

    with closing(WatchRecords(place.state, warn)) as records:
        standings = Standings(records, place.settings.rules, 0, lambda _: None)
        service = _service(place, standings, threading.Event(), lambda: None)
        output = Output(place.options, Style(ReportKind.CHECK, several=True))
        for report in service.once(unread):
            if not isinstance(report, Report):
                unread(str(report))
                continue
            output.add(report)
            codes.add(STALE if report.stale else DONE)
        output.end()
        outbox = place.outbox(records, lambda: False)
        outbox.report_unknown()
        codes.add(TROUBLE if outbox.deliver_due() else DONE)
    return max(codes)


def _serve(place: _Place, listen: str | None) -> int:
    """Until SIGTERM or SIGINT. Raises OptionError, SecretError where the API can't be served as it is set."""
    stop, wake, board = threading.Event(), threading.Event(), Board()
    sparse = _Sparse()
    thread = threading.Thread(target=_deliver, args=(place, stop, wake, sparse), daemon=True)
    with (
        _ended_by_signals(stop, wake),
        served(board, listen, place.settings.api, place.directory, _wall),
        closing(WatchRecords(place.state, sparse)) as records,
    ):
        standings = Standings(records, place.settings.rules, place.settings.settle, warn)
        service = _service(place, standings, stop, wake.set, board, sparse)
        thread.start()
        try:
            service.serve()
        except _OverdueError:
            warn("watch: a round was ended before it was complete; the next start finds what it missed")
    wake.set()
    thread.join(_LAST_DELIVERY)
    return DONE


@contextmanager
def _ended_by_signals(stop: threading.Event, wake: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT end the service: what is under way has a few seconds."""

    def end(_number: int, _frame: FrameType | None) -> None:
        if not stop.is_set():
            stop.set()
            wake.set()
            signal.setitimer(signal.ITIMER_REAL, _GRACE)

    def overdue(_number: int, _frame: FrameType | None) -> None:
        raise _OverdueError

    handlers = {signal.SIGTERM: end, signal.SIGINT: end, signal.SIGALRM: overdue}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


class _Sparse:
    """Prints a warning that comes again in each round once in ten minutes."""

    def __init__(self) -> None:
        self._printed: dict[str, float] = {}

    def __call__(self, message: str) -> None:
        now = time.monotonic()
        if now - self._printed.get(message, -_AGAIN) >= _AGAIN:
            self._printed = {it: at for it, at in self._printed.items() if now - at < _AGAIN}
            self._printed[message] = now
            warn(message)


def _deliver(
    place: _Place, stop: threading.Event, wake: threading.Event, sparse: Callable[[str], None]
) -> None:
    """In a thread of its own: a receiver that hangs keeps no probe waiting."""
    records = WatchRecords(place.state, sparse)
    outbox = place.outbox(records, stop.is_set)
    outbox.report_unknown()
    while not stop.is_set():
        wake.clear()
        with closing(outbox):
            outbox.deliver_due()
            wait = outbox.wait()
        wake.wait(wait)


def _service(
    place: _Place,
    standings: Standings,
    stop: threading.Event,
    recorded: Callable[[], None],
    board: Board | None = None,
    printer: Callable[[str], None] = warn,
) -> Service:
    options, settings = place.options, place.settings
    builder = builder_in_use(options)
    engine = Engine(builder) if builder else None
    image_of = builder.image_of if builder else None
    request = request_of(Selection(None, "", (), "", None))
    request = built_by(builder, builder.engine(), request) if builder else request
    search = Search(place.paths, None, builder.family.dockerfiles if builder else NAMES, request, below=True)

    def reader(session: Session) -> Reader:
        known = replace(search, networks=session.store.networks())
        return partial(read_one, options, known, session.policy.hosts)

    means = watch_rounds.Means(request, _keyring, stop.is_set, probed=_counter(board))
    return Service(
        _rounds(place, means),
        standings,
        Means(
            open_session=lambda: session_of(
                replace(options, quiet=True), None, image_of, engine, printer=printer
            ),
            find=lambda failed: searched(search, failed),
            reader=reader,
            search=settings.search,
            every=settings.pace.interval,
            monotonic=time.monotonic,
            stopping=stop.is_set,
            sleep=lambda seconds: _sleep(stop, seconds),
            recorded=recorded,
            board=board,
        ),
    )


def _rounds(place: _Place, means: watch_rounds.Means) -> Rounds:
    settings = place.settings
    schedule = Schedule(settings.pace, settings.seed or str(place.state))
    return Rounds(WatchedFiles(settings.reread), schedule, means)


def _counter(board: Board | None) -> Callable[[Verdict], None]:
    def count(verdict: Verdict) -> None:
        if board is not None:
            board.probed(host_of(verdict.reference), failed=not verdict.is_observed)

    return count


def _sleep(stop: threading.Event, seconds: float) -> None:
    stop.wait(seconds)


def _keyring(policy: Policy) -> Keyring:
    return Keyring(os.environ, policy.hosts)


def _wall() -> int:
    return int(time.time())
