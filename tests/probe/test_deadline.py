"""One deadline for the whole probe: what is open then is unknown, what was answered counts."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from freshlayer.children import HOST_COMMAND
from freshlayer.model.observation import ProbeOutcome
from freshlayer.probe import Limits, probe
from freshlayer.probe.network.driver import converse
from freshlayer.probe.network.messages import Answer, Conversation, Pause, Run
from freshlayer.reference import Reference, parse
from testing.misbehaving import BODY, Exchange, MisbehavingOrigin, status

# Seconds each, on purpose.
pytestmark = pytest.mark.slow

DEADLINE = 1.0
LIMITS = Limits(deadline=DEADLINE)
# A busy machine is given some time to notice.
AT_MOST = DEADLINE + 3.5
REASON = "no answer before the probe of all references ended after 1 s (raise --deadline)"


@pytest.fixture
def slow() -> Iterator[MisbehavingOrigin]:
    with MisbehavingOrigin("never answers") as origin:
        yield origin


@pytest.fixture
def steady() -> Iterator[MisbehavingOrigin]:
    with MisbehavingOrigin("steady") as origin:
        yield origin


def references(origin: MisbehavingOrigin, count: int) -> list[Reference]:
    return [parse(f"{origin.url}{number}") for number in range(count)]


def test_what_is_open_at_the_deadline_is_unknown_and_what_was_answered_is_used(
    slow: MisbehavingOrigin, steady: MisbehavingOrigin
) -> None:
    open_, answered = references(slow, 24), references(steady, 24)
    started = time.monotonic()
    seen = probe([*open_, *answered], {}, LIMITS)
    assert time.monotonic() - started < AT_MOST
    assert {seen[reference].outcome for reference in answered} == {ProbeOutcome.SEEN}
    assert {(seen[reference].outcome, seen[reference].reason.text) for reference in open_} == {
        (ProbeOutcome.UNKNOWN, REASON)
    }


def test_an_origin_that_answers_each_a_little_late_ends_at_the_deadline() -> None:
    """It is never taken for dead, for it answers; a reference by itself would be within its own time."""

    def answer(exchange: Exchange) -> None:
        exchange.pause(0.3)
        exchange.respond(200, {"ETag": '"steady"'}, BODY)

    with MisbehavingOrigin(answer) as origin:
        every = references(origin, 200)
        started = time.monotonic()
        seen = probe(every, {}, LIMITS)
        assert time.monotonic() - started < AT_MOST
    outcomes = {observation.outcome for observation in seen.values()}
    assert outcomes == {ProbeOutcome.SEEN, ProbeOutcome.UNKNOWN}
    assert len(seen) == len(every)


def test_an_origin_that_wants_to_be_asked_later_is_not_waited_for_beyond_it() -> None:
    with MisbehavingOrigin(status(503, {"Retry-After": "5"})) as origin:
        started = time.monotonic()
        seen = probe(references(origin, 3), {}, LIMITS)
        assert time.monotonic() - started < AT_MOST
    assert {observation.outcome for observation in seen.values()} == {ProbeOutcome.UNKNOWN}


def test_a_program_that_runs_at_the_deadline_is_ended(tmp_path: Path) -> None:
    mark = tmp_path / "survived"
    script = f"import time; time.sleep(4); open({str(mark)!r}, 'w')"

    def talk() -> Conversation:
        answer = yield Run((sys.executable, "-c", script), HOST_COMMAND)
        raise AssertionError(answer)

    reference = parse("http://127.0.0.1/x")
    (observation,) = converse({reference: talk()}, LIMITS)
    assert observation.reason.text == REASON
    time.sleep(4)
    assert not mark.exists()


def test_a_pause_does_not_outlast_it() -> None:
    def talk() -> Conversation:
        answer: Answer = yield Pause(5)
        raise AssertionError(answer)

    started = time.monotonic()
    (observation,) = converse({parse("http://127.0.0.1/x"): talk()}, LIMITS)
    assert time.monotonic() - started < AT_MOST
    assert observation.reason.text == REASON


def test_the_callers_own_work_does_not_count(steady: MisbehavingOrigin) -> None:
    from freshlayer.probe import each

    outcomes = []
    for observation in each(references(steady, 20), {}, Limits(connections=1, deadline=DEADLINE)):
        outcomes.append(observation.outcome)
        time.sleep(0.1)
    assert outcomes == [ProbeOutcome.SEEN] * 20
