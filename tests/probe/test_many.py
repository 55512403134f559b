"""A thousand inputs at a distance, and bad company that costs them nothing."""

from __future__ import annotations

import os
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from freshlayer.decisions.verdict import judge
from freshlayer.model.observation import Change, ProbeOutcome, Recorded
from freshlayer.probe import Limits, probe
from freshlayer.reference import Reference, parse
from testing.latency import Latency
from testing.servers.needs import require
from testing.servers.nginx import Nginx, rate_limited, rate_zone
from testing.tls import SelfSigned, self_signed

pytestmark = pytest.mark.slow

MANY = 1000
ROUND_TRIP = 0.05
PER_HOST = 8


@dataclass(slots=True)
class Clock:
    """When which share of the inputs was answered, in seconds since the start."""

    started: float = field(default_factory=time.monotonic)
    ends: list[float] = field(default_factory=list)

    def __call__(self, _done: int, _of: int) -> None:
        self.ends.append(time.monotonic() - self.started)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> SelfSigned:
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require("nginx")
    made = tmp_path_factory.mktemp("many")
    for number in range(MANY):
        path = made / str(number)
        path.write_text(f"file {number}")
        at = path.stat().st_mtime - 86400
        os.utime(path, (at, at))
    return made


@pytest.fixture(params=["HTTP/1.1", "HTTP/2"])
def origin(request: pytest.FixtureRequest, folder: Path, tls: SelfSigned) -> Iterator[Nginx]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(tls.certificate))
        with Nginx(folder, tls=tls if request.param == "HTTP/2" else None) as server:
            yield server


def remembered(references: list[Reference]) -> dict[Reference, Recorded]:
    seen = probe(references, {}, Limits())
    kept = {reference: judge(None, seen[reference]).keep for reference in references}
    return {reference: recorded for reference, recorded in kept.items() if recorded is not None}


def test_a_thousand_unchanged_inputs_cost_one_answer_without_a_body_each(origin: Nginx) -> None:
    with Latency(origin.port, ROUND_TRIP) as wire:
        base = origin.url.replace(f":{origin.port}", f":{wire.port}")
        references = [parse(f"{base}{number}") for number in range(MANY)]
        recorded = remembered(references)
        assert len(recorded) == MANY
        before, connections = len(origin.requests()), wire.connections
        seen = probe(references, recorded, Limits())
        asked = origin.requests()[before:]
        opened = wire.connections - connections
    assert {judge(recorded[r], seen[r]).change for r in references} == {Change.UNCHANGED}
    assert Counter((r.method, r.status, r.body_bytes) for r in asked) == {("HEAD", 304, 0): MANY}
    assert opened <= (1 if origin.url.startswith("https:") else PER_HOST)


def test_a_dead_host_and_one_that_is_busy_cost_the_others_nothing(folder: Path) -> None:
    busy_lines = rate_limited("/", retry_after=1)
    with ExitStack() as stack:
        good = stack.enter_context(Nginx(folder))
        wire = stack.enter_context(Latency(good.port, ROUND_TRIP))
        busy = stack.enter_context(Nginx(folder, server=busy_lines, http=rate_zone(1)))
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        dead = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        references = [parse(f"http://127.0.0.1:{wire.port}/{number}") for number in range(MANY)]
        recorded = remembered(references)
        alone, together = Clock(), Clock()
        probe(references, recorded, Limits(), alone)
        company = [parse(f"{busy.url}{n}") for n in range(20)] + [parse(f"{dead}{n}") for n in range(20)]
        together.started = time.monotonic()
        seen = probe([*company, *references], recorded, Limits(), together)
        asked_of_busy = len(busy.requests())
    assert Counter(seen[r].outcome for r in references) == {ProbeOutcome.NOT_MODIFIED: MANY}
    assert {seen[parse(f"{dead}{n}")].outcome for n in range(20)} == {ProbeOutcome.UNKNOWN}
    # Two tries for each that was refused.
    assert asked_of_busy <= 2 * 20 + 1
    # All of a thousand before the first of the dead, and hardly later than without them. A second is for what
    # else runs on this machine.
    answered = sorted(together.ends)[MANY - 1]
    assert answered < Limits().answer
    assert answered < 1.5 * max(alone.ends) + 1
    assert max(together.ends) < Limits().total + 5
