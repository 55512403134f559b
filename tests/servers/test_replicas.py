"""Machines that share nothing: a name that leads each of them to a replica of its own, and one key."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from testing.command import Freshlayer
from testing.servers.base import Server
from testing.servers.needs import require
from testing.servers.table import FILE_SERVERS

DAY = 86400
# Kinds whose entity tags differ between replicas, and kinds whose dates do.
KINDS = ("nginx", "Apache, FileETag INode MTime Size", "lighttpd", "Caddy 2.11", "nginx, HEAD refused")
DOCKERFILE = "FROM scratch\nRUN curl -O http://files.example.com/one http://files.example.com/two\n"


@dataclass(frozen=True, slots=True)
class Machine:
    """A freshlayer with a state of its own, whose proxy is the replica beside it."""

    freshlayer: Freshlayer
    replica: Server
    number: int

    def write(self, name: str, content: str, day: int) -> None:
        """A replica is filled when it is filled: its dates are its own."""
        path = self.replica.directory / name
        path.write_text(content)
        at = path.stat().st_mtime - (100 - day) * DAY - self.number * 3600
        os.utime(path, (at, at))

    def key(self) -> str:
        """The key of the only instruction, once the server looks at its files again."""
        time.sleep(self.replica.REMEMBERS)
        document = self.freshlayer("check", "--json", ".").document
        (key,) = {item["key"] for item in document["instructions"] if item.get("key")}
        assert {item["verdict"] for item in document["inputs"]} <= {"first-seen", "unchanged", "changed"}
        return str(key)


@pytest.fixture(params=KINDS)
def machines(request: pytest.FixtureRequest, project: Path, tmp_path: Path) -> Iterator[list[Machine]]:
    kind = FILE_SERVERS[request.param]
    require(*kind.programs)
    (project / "Dockerfile").write_text(DOCKERFILE)
    with ExitStack() as stack:
        found = []
        for number in range(2):
            replica = stack.enter_context(kind.make())
            environment = {**os.environ, "http_proxy": replica.url}
            freshlayer = Freshlayer(environment, tmp_path / f"state-{number}.sqlite3", project)
            found.append(Machine(freshlayer, replica, number))
        yield found


def test_cold_machines_with_the_same_world_derive_the_same_keys(machines: list[Machine]) -> None:
    one, other = machines
    for machine in machines:
        machine.write("one", "first", 1)
        machine.write("two", "steady", 1)
    before = one.key()
    assert other.key() == before

    for machine in machines:
        machine.write("one", "second", 2)
    after = one.key()
    assert after != before
    assert other.key() == after


def test_a_machine_with_a_history_and_one_without_derive_the_same_key(machines: list[Machine]) -> None:
    """The first has seen other bytes, other dates over equal bytes, and an outage."""
    veteran, cold = machines
    veteran.write("one", "first", 1)
    veteran.write("two", "steady", 1)
    veteran.key()
    veteran.write("one", "second", 2)
    veteran.key()
    veteran.write("one", "second", 3)
    veteran.write("two", "steady", 3)
    time.sleep(veteran.replica.REMEMBERS)
    veteran.replica.down()
    veteran.freshlayer("check", ".")
    veteran.replica.up()
    cold.write("one", "second", 4)
    cold.write("two", "steady", 4)
    assert veteran.key() == cold.key()
