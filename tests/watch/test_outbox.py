"""The outbox over a real state file: what is delivered, what waits, and how often."""

from __future__ import annotations

import contextlib
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from freshlayer.model.watched import Message
from freshlayer.state.watched import WatchRecords
from freshlayer.watch.delivery_threads import DeliveryThreads
from freshlayer.watch.outbox import Outbox
from freshlayer.watch.sending import Means
from freshlayer.watch.settings import Trigger, read
from testing.logging_server import LoggingServer, Reply
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
        return Outbox(records, own, Means(self.directory), lambda: self.now, self.reported.append, stopping)

    def waiting(self) -> dict[str, int]:
        with closing(WatchRecords(self.state, self.reported.append)) as records:
            return records.waiting()


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path)


def command(name: str, code: str) -> str:
    """The table of a trigger that runs Python code."""
    return f'[triggers.{name}]\ntype = "command"\ncommand = ["{sys.executable}", "-c", """{code}"""]\n'


def webhook(name: str, url: str) -> str:
    return f'[triggers.{name}]\ntype = "webhook"\nurl = "{url}"\n'


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


def test_what_no_watch_delivers_is_removed_while_a_service_runs(setup: Setup) -> None:
    setup.add(message("b"), message("b", 2))
    mine = setup.outbox(command("a", "pass"))
    assert (mine.remove_unknown(), setup.reported) == ({"b": 2}, [])
    setup.now += 8 * DAY
    assert (mine.remove_unknown(), setup.waiting()) == ({}, {})
    assert setup.reported == ["outbox: trigger b: 2 removed: no watch delivered them for 7 days"]


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
    wait_until(lambda: not (command_line.exists() and command_line.read_bytes()), seconds=90, what="its end")


def test_an_unexpected_exception_is_a_failure_and_the_others_are_delivered(setup: Setup) -> None:
    """No file has such a name, which Python states with ValueError."""
    setup.add(message("a"), message("b"))
    hook = '[triggers.a]\ntype = "webhook"\nurl = "http://127.0.0.1:1/"\nsecret_file = "x\\u0000"\n'
    assert setup.outbox(hook + command("b", "pass")).deliver_due() == 1
    assert setup.reported == [
        "/p/1/Dockerfile: trigger a: unexpected ValueError; the next attempt is in 5 s",
        "/p/1/Dockerfile: trigger b: delivered",
    ]


def test_a_receiver_that_fails_is_tried_once_in_each_pass(setup: Setup) -> None:
    setup.add(*(message("slow", number) for number in range(150)), message("fast"))
    with LoggingServer(lambda _: Reply(503)) as receiver:
        outbox = setup.outbox(webhook("slow", receiver.url) + command("fast", "pass"))
        assert outbox.deliver_due() == 1
        assert setup.waiting() == {"slow": 150}
        assert outbox.deliver_due() == 0
        waits = []
        for _ in range(3):
            waits.append(outbox.wait())
            setup.now += waits[-1] or 0
            assert outbox.deliver_due() == 1
        assert waits == [5, 10, 20]
        receiver.script = lambda _: Reply(204, body=b"")
        setup.now += 40
        assert (outbox.deliver_due(), setup.waiting()) == (0, {})


def test_the_timeout_of_a_webhook_is_for_all_of_it(setup: Setup) -> None:
    """The receiver sends a part of an answer again and again."""
    setup.add(message("a"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        Thread(target=_drip, args=(listening,), daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        started = time.monotonic()
        assert setup.outbox(webhook("a", url) + "timeout = 1\n").deliver_due() == 1
        assert time.monotonic() - started < 60
    assert setup.reported == [
        "/p/1/Dockerfile: trigger a: no answer: it took more than 1 s; the next attempt is in 5 s"
    ]


def _drip(listening: socket.socket) -> None:
    accepted, _ = listening.accept()
    with accepted, contextlib.suppress(OSError):
        while True:
            accepted.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            time.sleep(0.2)


def test_no_trigger_waits_for_another(setup: Setup) -> None:
    setup.add(message("slow"), message("fast"))
    slow = "import os, time\nwhile not os.path.exists('done'): time.sleep(0.05)"
    tables = command("slow", slow) + command("fast", "open('done', 'w')")
    own = read(tables, "watch.toml").triggers

    def outbox(some: Mapping[str, Trigger]) -> Outbox:
        records = WatchRecords(setup.state, setup.reported.append)
        report = setup.reported.append
        return Outbox(records, some, Means(setup.directory), lambda: NOW, report, lambda: False)

    threads = DeliveryThreads(own, outbox, setup.reported.append, lambda: False)
    assert (threads.deliver_once(), setup.waiting()) == (0, {})


def test_the_body_of_what_was_delivered_is_not_kept(setup: Setup) -> None:
    setup.add(Message("a", "a1", "/p/Dockerfile", '{"cause": "https://example.org/body"}'))
    assert setup.outbox(command("a", "pass")).deliver_due() == 0
    with closing(sqlite3.connect(setup.state)) as connection:
        assert connection.execute("SELECT key, body FROM outbox").fetchall() == [("a1", "")]
