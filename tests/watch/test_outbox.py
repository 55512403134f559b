"""The outbox over a real state file: what is delivered, what waits, and how often."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from freshlayer.model.watched import Message
from freshlayer.state.watched import WatchRecords
from freshlayer.watch.outbox import Outbox
from freshlayer.watch.settings import read

NOW = 1_000_000
DAY = 24 * 3600


class Setup:
    """``now`` moves as a test wants; ``reported``: what the outbox reported."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.state = directory / "state.sqlite3"
        self.now = NOW
        self.reported: list[str] = []

    def add(self, *messages: Message) -> None:
        with closing(WatchRecords(self.state, self.reported.append)) as records:
            assert records.record([], messages, at=self.now)

    def outbox(self, triggers: str, stopping: Callable[[], bool] = lambda: False) -> Outbox:
        records = WatchRecords(self.state, self.reported.append)
        own = read(triggers, "watch.toml").triggers
        return Outbox(records, own, self.directory, lambda: self.now, self.reported.append, stopping)

    def waiting(self) -> dict[str, int]:
        with closing(WatchRecords(self.state, self.reported.append)) as records:
            return records.waiting()


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path)


def command(name: str, code: str) -> str:
    """The table of a trigger that runs Python code."""
    return f'[triggers.{name}]\ntype = "command"\ncommand = ["{sys.executable}", "-c", """{code}"""]\n'


def message(trigger: str, number: int = 1) -> Message:
    return Message(trigger, f"{trigger}{number}", f"/p/{number}/Dockerfile", "{}")


def test_messages_of_unknown_triggers_wait_and_are_removed_in_the_end(setup: Setup) -> None:
    setup.add(message("a"), message("b"))
    mine = setup.outbox(command("a", "pass"))
    mine.report_unknown()
    assert mine.deliver_due() == 0
    assert setup.waiting() == {"b": 1}
    waits, delivered = setup.reported
    assert waits.startswith("outbox: trigger b: 1 not delivered: this watch has no such trigger (")
    assert delivered == "/p/1/Dockerfile: trigger a: delivered"
    setup.now += 8 * DAY
    setup.reported.clear()
    mine.report_unknown()
    assert setup.waiting() == {}
    assert setup.reported == ["outbox: trigger b: 1 removed: no watch delivered them for 7 days"]


def test_an_attempt_of_another_watch_keeps_a_message(setup: Setup) -> None:
    setup.add(message("b"))
    setup.now += 8 * DAY
    assert setup.outbox(command("b", "raise SystemExit(1)")).deliver_due() == 1
    setup.outbox("").report_unknown()
    assert setup.waiting() == {"b": 1}
