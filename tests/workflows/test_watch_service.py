"""A Dockerfile, or a round, that fails by a fault of freshlayer itself costs no other its judgement."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest

from freshlayer.cli.check_many import Search, read_one, searched
from freshlayer.cli.dockerfiles import NAMES, Selection, request_of
from freshlayer.cli.options import Options
from freshlayer.cli.session import session_of
from freshlayer.credentials import Keyring
from freshlayer.model.observation import Verdict
from freshlayer.model.report import Report
from freshlayer.settings import Policy
from freshlayer.state.watched import WatchRecords
from freshlayer.watch.board import Board
from freshlayer.watch.firing import Rule
from freshlayer.watch.schedule import Pace, Schedule
from freshlayer.workflows import watch_rounds
from freshlayer.workflows.batch import Candidate
from freshlayer.workflows.watch import Means, Service
from freshlayer.workflows.watch_rounds import Rounds
from freshlayer.workflows.watch_standings import Standings
from freshlayer.workflows.watched_files import WatchedFiles
from testing.logging_server import Logged, LoggingServer, Reply

PACE = Pace(60)
Find = Callable[[Callable[[str], None]], Iterator[Candidate]]


def keyring(policy: Policy) -> Keyring:
    """The fault: of the Dockerfiles with a certain setting."""
    if policy.timeout == 7:
        raise ValueError("seven")
    return Keyring({}, policy.hosts)


def fleet(root: Path, broken: int) -> None:
    for number in range(5):
        directory = root / f"d{number}"
        directory.mkdir(parents=True)
        (directory / "Dockerfile").write_text("FROM scratch\nRUN curl http://127.0.0.1:9/a\n")
        (directory / "freshlayer.toml").write_text(f"timeout = {7 if number == broken else 8 + number}\n")


class Running:
    """A service on a directory. ``rounds``: it ends after so many."""

    monotonic: Callable[[], float] = staticmethod(time.monotonic)
    board: Board | None = None

    def __init__(self, root: Path, state: Path, rounds: int, pace: Pace = PACE) -> None:
        self.printed: list[str] = []
        self.rounds = rounds
        self.pace = pace
        request = request_of(Selection(None, "", (), "", None))
        self.search = Search([str(root)], None, NAMES, request, below=True)
        self.options = Options(state=str(state), quiet=True)
        self.records = WatchRecords(state, self.printed.append)
        self.request = request

    def find(self, unread: Callable[[str], None]) -> Iterator[Candidate]:
        return searched(self.search, unread)

    def sleep(self, _: float) -> None:
        self.rounds -= 1

    def stopping(self) -> bool:
        return self.rounds <= 0

    def service(
        self, find: Find, probed: Callable[[Verdict, tuple[str, ...]], None] = lambda *_: None
    ) -> Service:
        means = watch_rounds.Means(self.request, keyring, self.stopping, self.monotonic, probed)
        return Service(
            Rounds(WatchedFiles(60), Schedule(self.pace, "seed"), means),
            Standings(self.records, [Rule("ci")], 0, self.printed.append),
            Means(
                open_session=lambda: session_of(self.options, None, printer=self.printed.append),
                find=find,
                reader=lambda _: partial(read_one, self.options, self.search, {}),
                search=0,
                every=0,
                monotonic=self.monotonic,
                stopping=self.stopping,
                sleep=self.sleep,
                recorded=lambda: None,
                warn=self.printed.append,
                board=self.board,
            ),
        )


def test_a_dockerfile_that_can_not_be_judged_costs_the_others_nothing(tmp_path: Path) -> None:
    fleet(tmp_path / "p", broken=2)
    running = Running(tmp_path / "p", tmp_path / "state", 1)
    with closing(running.records):
        found = list(running.service(running.find).once(running.printed.append))
    reports = [it for it in found if isinstance(it, Report)]
    (failure,) = [str(it) for it in found if not isinstance(it, Report)]
    assert len(reports) == 4
    assert failure.startswith(f"{tmp_path}/p/d2/Dockerfile: not judged: an error of freshlayer itself")


def test_a_round_that_fails_is_reported_and_the_next_one_is_done(tmp_path: Path) -> None:
    fleet(tmp_path / "p", broken=9)
    running = Running(tmp_path / "p", tmp_path / "state", 2)
    faults = [ValueError("eight")]

    def find(unread: Callable[[str], None]) -> Iterator[Candidate]:
        if faults:
            raise faults.pop()
        return running.find(unread)

    with closing(running.records):
        running.service(find).serve()
        known = running.records.standings()
    assert [it for it in running.printed if "eight" in it] == [
        "watch: this round was not completed: an error of freshlayer itself (ValueError: eight)"
    ]
    assert known is not None
    assert len(known) == 5


@pytest.mark.timeout(60)
def test_a_round_ends_where_references_are_due_again_while_others_are_probed(tmp_path: Path) -> None:
    fleet(tmp_path / "p", broken=9)
    running = Running(tmp_path / "p", tmp_path / "state", 3, Pace(1e-6, jitter=0, longest=1e-6))
    with closing(running.records):
        running.service(running.find).serve()
        known = running.records.standings()
    assert known is not None
    assert len(known) == 5


def test_what_a_downloaded_script_leads_to_counts_as_probed_when_it_was(tmp_path: Path) -> None:
    """Everything is judged in each round; the origin is requested once in an interval."""
    counted: Counter[str] = Counter()
    with LoggingServer(lambda it: reply(it, origin.url)) as origin:
        (tmp_path / "p").mkdir()
        line = f"RUN curl -fsSL {origin.url}/install.sh | sh\n"
        (tmp_path / "p" / "Dockerfile").write_text(f"FROM scratch\n{line}")
        running = Running(tmp_path / "p", tmp_path / "state", 4, Pace(3600))
        with closing(running.records):
            running.service(running.find, lambda it, _: counted.update([it.reference.text])).serve()
    assert counted == {f"{origin.url}/install.sh": 1, f"{origin.url}/tool": 1}


def reply(request: Logged, url: str) -> Reply:
    body = b"x" if request.target == "/tool" else f"curl -fsSL {url}/tool -o /tool\n".encode()
    return Reply(200, {"ETag": '"1"'}, b"" if request.method == "HEAD" else body)


def test_what_an_origin_states_of_its_quota_decides_how_often_it_is_probed(tmp_path: Path) -> None:
    """12 requests are left for an hour, of which one was this."""
    stated = {"RateLimit-Limit": "12", "RateLimit-Remaining": "11", "RateLimit-Reset": "3600"}
    with LoggingServer(
        lambda _: Reply(200, {"ETag": '"0123456789abcdef0123456789abcdef"', **stated})
    ) as origin:
        (tmp_path / "p").mkdir()
        lines = "".join(f"RUN curl -O {origin.url}/{number}\n" for number in range(3))
        (tmp_path / "p" / "Dockerfile").write_text(f"FROM scratch\n{lines}")
        running = Running(tmp_path / "p", tmp_path / "state", 1)
        service = running.service(running.find)
        with closing(running.records):
            service.serve()
    ((host, (left, interval)),) = service.quotas().items()
    assert (host, left) == (origin.url.removeprefix("http://"), 11)
    assert 900 < interval < 1300


class Noting(Board):
    """Which Dockerfiles each round judged."""

    def __init__(self) -> None:
        super().__init__()
        self.judged_in: list[list[str]] = [[]]

    def judged(self, name: str, report: Report) -> None:
        self.judged_in[-1].append(name)
        super().judged(name, report)

    def round_ended(self, *args: Any, **options: Any) -> None:
        super().round_ended(*args, **options)
        self.judged_in.append([])


def test_what_changed_is_shown_before_all_dockerfiles_are_judged_again(tmp_path: Path) -> None:
    """All are due in each round; of 30 Dockerfiles one has an input that changes."""
    number = count()

    def answer(logged: Logged) -> Reply:
        tag = f"{next(number) if logged.target == '/changes' else 0:032x}"
        return Reply(200, {"ETag": f'"{tag}"'}, b"" if logged.method == "HEAD" else tag.encode())

    with LoggingServer(answer) as origin:
        for place in range(30):
            directory = tmp_path / "p" / f"d{place}"
            directory.mkdir(parents=True)
            path = "changes" if place == 20 else "same"
            (directory / "Dockerfile").write_text(f"FROM scratch\nRUN curl -O {origin.url}/{path}\n")
        running = Running(tmp_path / "p", tmp_path / "state", 4, Pace(1e-6, jitter=0, longest=1e-6))
        running.board = board = Noting()
        with closing(running.records):
            running.service(running.find).serve()
    assert [len(it) for it in board.judged_in].count(30) >= 2
    assert [f"{tmp_path}/p/d20/Dockerfile"] in board.judged_in


class Slow(Running):
    """By its own clock each Dockerfile takes a quarter of a second to judge."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def stopping(self) -> bool:
        self.now += 0.25
        return super().stopping()

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        super().sleep(seconds)


def test_no_probe_waits_until_all_dockerfiles_are_judged(tmp_path: Path) -> None:
    """They are judged again and again here; each time takes longer than the interval."""
    times: defaultdict[str, list[float]] = defaultdict(list)
    with LoggingServer(lambda it: Reply(200, {"ETag": f'"{it.target}"'})) as origin:
        for number in range(60):
            directory = tmp_path / "p" / f"d{number}"
            directory.mkdir(parents=True)
            (directory / "Dockerfile").write_text(f"FROM scratch\nRUN curl -O {origin.url}/{number % 20}\n")
        running = Slow(tmp_path / "p", tmp_path / "state", 3, Pace(10))
        note = lambda it, _: times[it.reference.text].append(running.now)  # noqa: E731 - one place
        with closing(running.records):
            running.service(running.find, note).serve()
    gaps = [later - earlier for at in times.values() for earlier, later in pairwise(at)]
    assert len(times) == 20
    assert running.now > 3 * 15
    assert max(gaps) < 10 + 5
    assert min(later - earlier for at in times.values() for earlier, later in pairwise(at[1:])) >= 8
