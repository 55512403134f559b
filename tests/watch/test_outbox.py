"""The outbox over a real state file: what is delivered, what waits, and how often."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from freshlayer.model.watched import Message
from freshlayer.state.watched import WatchRecords
from freshlayer.watch.outbox import Outbox
from freshlayer.watch.settings import read
from testing.process import wait_until

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


def test_a_message_is_claimed_while_it_is_delivered(setup: Setup) -> None:
    """Two that deliver at the same time run a command once; a claim that is not extended ends."""
    setup.add(message("a"))
    code = "import time; open('runs', 'a').write('x'); time.sleep(1.5)"
    outboxes = [setup.outbox(command("a", code)) for _ in range(2)]
    threads = [Thread(target=it.deliver_due) for it in outboxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ((setup.directory / "runs").read_text(), setup.waiting()) == ("x", {})


def test_a_claim_of_a_process_that_was_killed_ends(setup: Setup) -> None:
    setup.add(message("a"))
    with closing(WatchRecords(setup.state, setup.reported.append)) as records:
        assert records.claim("a1", NOW, NOW + 12)
        assert not records.claim("a1", NOW + 1, NOW + 13)
    outbox = setup.outbox(command("a", "pass"))
    assert (outbox.deliver_due(), outbox.wait(), setup.waiting()) == (0, 12, {"a": 1})
    setup.now += 12
    assert (outbox.deliver_due(), setup.waiting()) == (0, {})


def test_what_a_command_leaves_running_is_ended(setup: Setup) -> None:
    setup.add(message("a"))
    code = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid, file=open('pid', 'w'))"
    assert setup.outbox(command("a", code)).deliver_due() == 0
    pid = int((setup.directory / "pid").read_text())
    command_line = Path(f"/proc/{pid}/cmdline")
    wait_until(lambda: not (command_line.exists() and command_line.read_bytes()), seconds=5, what="its end")


def test_an_unexpected_exception_is_a_failure_and_the_others_are_delivered(setup: Setup) -> None:
    """No file has such a name, which Python states with ValueError."""
    setup.add(message("a"), message("b"))
    hook = '[triggers.a]\ntype = "webhook"\nurl = "http://127.0.0.1:1/"\nsecret_file = "x\\u0000"\n'
    assert setup.outbox(hook + command("b", "pass")).deliver_due() == 1
    assert setup.reported == [
        "/p/1/Dockerfile: trigger a: unexpected ValueError; the next attempt is in 5 s",
        "/p/1/Dockerfile: trigger b: delivered",
    ]
