"""What a service records of each Dockerfile, beside other processes and where the state can't be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from freshlayer.model.build import Built, InstructionState, InstructionVerdict, Pairs
from freshlayer.model.reasons import Reason
from freshlayer.model.report import Past, Report
from freshlayer.state.watched import WatchRecords
from freshlayer.watch.firing import Rule
from freshlayer.workflows.watch_standings import Standings

NAME = "/p/Dockerfile"
OLD, NEW = (("https://example.org/a", "etag:1"),), (("https://example.org/a", "etag:2"),)


def report(pairs: Pairs, built: Pairs | None = None) -> Report:
    changed = built is not None and pairs != built
    state = InstructionState.STALE if changed else InstructionState.FRESH
    item = InstructionVerdict(
        2, 2, "0", "RUN", state, Reason("unchanged"), pairs=pairs, digest="d", changed=changed
    )
    past = Past(built={("0", "d"): Built(built, "key")} if built is not None else {})
    return Report("Dockerfile", "", "linux/amd64", (), (item,), (), past=past)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[WatchRecords]:
    with closing(WatchRecords(tmp_path / "state", lambda _: None)) as opened:
        yield opened


def standings(records: WatchRecords) -> Standings:
    found = Standings(records, [Rule("ci")], 0, lambda _: None)
    found.watch([NAME])
    return found


def deliver(records: WatchRecords) -> int:
    """Deliver all; how many there were."""
    found = records.due(["ci"], 1 << 40, 1 << 40, 100)
    for message in found:
        records.record_delivered(message.key)
    return len(found)


def test_each_change_of_an_input_that_alternates_is_delivered(records: WatchRecords) -> None:
    service = standings(records)
    delivered = []
    for pairs in (OLD, NEW, OLD, NEW, NEW):
        service.take([(NAME, report(pairs))], 100)
        delivered.append(deliver(records))
    assert delivered == [0, 1, 1, 1, 0]


def test_what_another_process_fired_meanwhile_is_fired_once(records: WatchRecords) -> None:
    one, other = standings(records), standings(records)
    for service in (one, other):
        service.take([(NAME, report(NEW, OLD))], 100)
    assert deliver(records) == 1
    for service in (one, other):
        service.fire(200)
    assert deliver(records) == 0


def test_a_key_that_was_used_delays_no_later_change(records: WatchRecords) -> None:
    one, other = standings(records), standings(records)
    for service in (one, other):
        service.take([(NAME, report(NEW, OLD))], 100)
    newest = (("https://example.org/a", "etag:3"),)
    assert deliver(records) == 1
    other.take([(NAME, report(newest, OLD))], 200)
    assert deliver(records) == 1


@contextmanager
def unusable(records: WatchRecords, path: Path) -> Iterator[None]:
    """While there is something else where the state file is."""
    records.close()
    kept = path.with_name("kept")
    path.rename(kept)
    path.mkdir()
    yield
    path.rmdir()
    kept.rename(path)
    records.close()


def test_a_state_that_can_not_be_read_at_the_start_keeps_its_baselines(
    records: WatchRecords, tmp_path: Path
) -> None:
    standings(records).take([(NAME, report(OLD))], 100)
    with unusable(records, tmp_path / "state"):
        service = standings(records)
        service.take([(NAME, report(NEW))], 200)
        assert service.known == {}
    service.take([(NAME, report(NEW))], 300)
    assert deliver(records) == 1


def test_nothing_is_accepted_while_the_outbox_can_not_be_read(records: WatchRecords, tmp_path: Path) -> None:
    service = standings(records)
    for pairs in (OLD, NEW):
        service.take([(NAME, report(pairs))], 100)
    stale = service.known
    with unusable(records, tmp_path / "state"):
        service.take([(NAME, report(NEW))], 200)
    assert service.known == stale
    assert deliver(records) == 1
    service.take([(NAME, report(NEW))], 300)
    assert service.known[NAME].causes == ()
