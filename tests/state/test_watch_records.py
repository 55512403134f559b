"""What every member keeps of the service: standings, and messages with claims."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from freshlayer.model.watched import SLOT, SLOTS, Cause, CauseKind, Counts, Message, Recovery, Standing
from freshlayer.state.places import Place, Server
from freshlayer.state.watched import WatchRecords
from freshlayer.watch.board import Board
from testing.fleet import FLEET, NOW, name_of, report_of, standing_of
from testing.postgres import Postgres

NAME = "/p/Dockerfile"
STALE = Standing(NAME, 5, 5, (Cause("https://example.org/a", "etag:2", CauseKind.INPUT, 3),), count=1)
FAR = 1 << 40


def _fail(message: str) -> None:
    raise AssertionError(message)


def message(number: int, trigger: str = "ci") -> Message:
    return Message(trigger, f"key{number}", f"/p/{number}\udcff/Dockerfile", '{"a": "\\u0000"}')


@pytest.fixture
def records(place: Place) -> Iterator[WatchRecords]:
    with closing(WatchRecords(place, _fail)) as opened:
        yield opened


@pytest.fixture
def others(place: Place) -> Iterator[WatchRecords]:
    """Of another process."""
    with closing(WatchRecords(place, _fail)) as opened:
        yield opened


def test_a_standing_is_what_was_recorded_last(records: WatchRecords) -> None:
    assert records.standings() == {}
    records.record([Standing(NAME), Standing("/q\udcff")], [], at=1)
    assert records.record([STALE], [], at=2)
    assert records.standings() == {NAME: STALE, "/q\udcff": Standing("/q\udcff")}
    assert records.record([Standing(NAME, turn=Recovery(5, 6, 7, ("a",)))], [], at=3)
    assert (records.standings() or {})[NAME].turn == Recovery(5, 6, 7, ("a",))


def test_a_standing_and_its_messages_are_recorded_as_one(records: WatchRecords, others: WatchRecords) -> None:
    assert records.record([Standing(NAME)], [message(1)], at=1)
    assert not others.record([STALE], [message(2), message(1)], at=1)
    assert others.standings() == {NAME: Standing(NAME)}
    assert [it.key for it in others.due(["ci"], 1, FAR, 9)] == ["key1"]


def test_a_message_is_claimed_by_one(records: WatchRecords, others: WatchRecords) -> None:
    records.record([], [message(1)], at=1)
    assert records.due(["ci"], 1, FAR, 9) == others.due(["ci"], 1, FAR, 9) == [message(1)]
    assert records.claim("key1", 1, 13)
    assert not others.claim("key1", 2, 14)
    assert others.due(["ci"], 2, FAR, 9) == []
    assert others.next_due(["ci"]) == 13
    assert records.extend_claim("key1", 20)
    assert not others.claim("key1", 14, 30)
    assert others.claim("key1", 20, 32)


def test_what_failed_is_due_later_and_what_was_delivered_never(records: WatchRecords) -> None:
    records.record([], [message(1), message(2, "other")], at=1)
    assert records.waiting() == {"ci": 1, "other": 1}
    assert records.undelivered() == frozenset({message(1).dockerfile, message(2).dockerfile})
    assert records.record_failure("key1", 60)
    assert records.due(["ci"], 59, FAR, 9) == []
    assert [it.tries for it in records.due(["ci"], 60, FAR, 9)] == [1]
    assert records.next_due(["ci", "other"]) == 1
    assert records.record_delivered("key1")
    assert records.next_due(["ci"]) is None
    assert not records.claim("key1", 99, 100)
    assert not records.record([], [message(1)], at=100)


def test_untried_messages_are_removed(records: WatchRecords) -> None:
    records.record([], [message(1), message(2, "other")], at=1)
    assert records.remove_untried("other", 1) == 0
    assert records.remove_untried("other", 2) == 1
    assert records.waiting() == {"ci": 1}


def test_no_trigger_has_no_messages(records: WatchRecords) -> None:
    records.record([], [message(1)], at=1)
    assert records.due([], 1, FAR, 9) == []
    assert records.next_due([]) is None


def test_counts_are_the_worst_of_a_slot_and_of_fourteen_days(
    records: WatchRecords, others: WatchRecords
) -> None:
    assert records.counts() == []
    assert records.record_counts(Counts(100, 3, 0, 1))
    assert others.record_counts(Counts(100, 1, 2, 0))
    assert records.record_counts(Counts(101, 0, 0, 0))
    assert others.counts() == [Counts(100, 3, 2, 1), Counts(101, 0, 0, 0)]
    assert records.record_counts(Counts(100 + SLOTS, 1, 1, 1))
    assert others.counts() == [Counts(101, 0, 0, 0), Counts(100 + SLOTS, 1, 1, 1)]


def test_the_bars_go_on_after_a_restart(records: WatchRecords, others: WatchRecords) -> None:
    board = Board()
    for count, kept in ((3, records), (1, others)):
        board = Board()
        board.shown.keep_counts(kept)
        for kind in FLEET:
            board.judged(name_of(kind), report_of(kind))
        standings = {name_of(it): standing_of(it) for it in FLEET[:count]}
        board.round_ended(list(map(name_of, FLEET)), standings, references=5, lag=0.0, at=NOW - 9 * SLOT)
    board.round_ended(list(map(name_of, FLEET)), {}, references=5, lag=0.0, at=NOW)
    slot = NOW // SLOT
    assert board.shown.samples == (Counts(slot - 9, 3, 1, 1), Counts(slot, 0, 1, 1))
    assert tuple(records.counts()) == board.shown.samples


@pytest.mark.parametrize("damage", ["{", "[]", '{"dockerfile": 7}'])
def test_a_damaged_standing_of_a_server_counts_as_none(postgres: Postgres, damage: str) -> None:
    """Any role that may write can write one: it ends no round."""
    url = postgres.database()
    warned: list[str] = []
    with closing(WatchRecords(Server(url), warned.append)) as records:
        assert records.record([Standing("/p/Dockerfile", 1)], [], at=1)
        postgres.rows(url, "UPDATE freshlayer.standing SET standing = '" + damage + "'")
        assert records.standings() == {}
        assert records.record([Standing("/p/Dockerfile", 2)], [], at=2, known={})
        assert records.standings() == {"/p/Dockerfile": Standing("/p/Dockerfile", 2)}
