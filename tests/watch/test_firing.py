"""When triggers fire: once for a cause, after it has settled, and not too often."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from freshlayer.model.watched import Cause, CauseKind, Fired, Standing
from freshlayer.watch.firing import Firing, On, Rule, all_fired, firing

URL = Cause("https://example.org/a", "etag:2", CauseKind.INPUT, 3)
BASE = Cause("docker-image://debian:12", "sha256:ab", CauseKind.BASE, 1)
SECURITY = Cause("pkg:deb/debian/openssl", "version:3.1@sha256:cd", CauseKind.SECURITY, 2)
ANY = Rule("build")


def stale(*causes: Cause, at: int = 1000, since: int = 1000) -> Standing:
    return Standing("/p/Dockerfile", since, at, causes)


def test_a_cause_fires_once_after_it_has_settled() -> None:
    early = firing(stale(URL), [ANY], 1030, settle=60)
    assert (early.messages, early.again) == ((), 1060)
    fired = firing(early.standing, [ANY], 1060, settle=60)
    assert [message.trigger for message in fired.messages] == ["build"]
    assert firing(fired.standing, [ANY], 5000, settle=60) == Firing(fired.standing)


def test_ten_changes_within_the_settle_time_are_one_message() -> None:
    standing, messages = Standing("/p/Dockerfile"), 0
    for number in range(10):
        at = 1000 + 30 * number
        causes = tuple(replace(URL, identity=f"etag:{it}") for it in range(number + 1))
        found = firing(
            replace(standing, stale_since=1000, changed_at=at, causes=causes), [ANY], at, settle=60
        )
        standing, messages = found.standing, messages + len(found.messages)
    assert messages == 0
    assert len(firing(standing, [ANY], 1330, settle=60).messages) == 1


def changing(standing: Standing, times: range) -> tuple[Standing, list[int]]:
    """The standing of a URL that changes at each of these times, and when messages were made."""
    made: list[int] = []
    for at in times:
        causes = (replace(URL, identity=f"etag:{at}"),)
        found = firing(
            replace(standing, causes=causes, changed_at=at, count=standing.count + 1), [ANY], at, settle=60
        )
        standing = found.standing
        made += [at] * len(found.messages)
    return standing, made


def test_causes_that_never_settle_fire_after_ten_settle_times() -> None:
    _, made = changing(Standing("/p/Dockerfile", 1000), range(1000, 1700, 10))
    assert made == [1600]


def test_a_later_change_of_a_stale_image_settles_too() -> None:
    first = firing(stale(URL), [ANY], 1060, settle=60).standing
    standing, made = changing(first, range(4600, 4650, 5))
    assert made == []
    assert firing(standing, [ANY], 4704, settle=60).messages == ()
    assert len(firing(standing, [ANY], 4705, settle=60).messages) == 1


def test_causes_of_other_triggers_do_not_settle_for_it() -> None:
    base = Rule("base", On.BASE)
    waits = firing(stale(BASE), [base], 1000, settle=60).standing
    more = replace(waits, causes=(BASE, URL), changed_at=1050, count=2)
    assert len(firing(more, [base], 1060, settle=60).messages) == 1


def test_fewer_causes_fire_no_second_message() -> None:
    fired = firing(stale(BASE, URL), [ANY], 1000, settle=0).standing
    fewer = replace(fired, causes=(URL,), changed_at=1100, count=1)
    assert firing(fewer, [ANY], 1100, settle=0).messages == ()
    assert all_fired(fewer, [ANY])


def test_a_new_cause_waits_for_the_min_interval() -> None:
    rule = Rule("build", min_interval=3600)
    first = firing(stale(URL), [rule], 1000, settle=0)
    again = replace(first.standing, causes=(BASE, URL), changed_at=1100)
    assert firing(again, [rule], 1200, settle=0).again == 4600
    assert len(firing(again, [rule], 4600, settle=0).messages) == 1


@pytest.mark.parametrize(("on", "cause"), [(On.SECURITY, SECURITY), (On.BASE, BASE), (On.ANY, URL)])
def test_a_policy_fires_for_its_causes_alone(on: On, cause: Cause) -> None:
    rule = Rule("build", on)
    (message,) = firing(stale(BASE, SECURITY, URL), [rule], 1000, settle=0).messages
    named = {it["reference"] for it in json.loads(message.body)["causes"]}
    assert cause.reference in named
    assert (len(named) == 3) == (on is On.ANY)
    other = BASE if cause is not BASE else SECURITY
    assert bool(firing(stale(other), [rule], 1000, settle=0).messages) == (on is On.ANY)


def test_the_same_change_after_a_time_of_being_fresh_has_another_key() -> None:
    first = firing(stale(URL), [ANY], 1000, settle=0)
    later = replace(
        first.standing, stale_since=9000, changed_at=9000, fired={"build": Fired(first.messages[0].key, 1000)}
    )
    (one,), (other,) = first.messages, firing(later, [ANY], 9000, settle=0).messages
    assert one.key != other.key
    assert json.loads(other.body)["idempotency_key"] == other.key


def test_a_clock_that_was_set_back_delays_no_message_beyond_the_min_interval() -> None:
    rule = Rule("build", min_interval=100)
    fired = firing(stale(URL, at=10_000, since=10_000), [rule], 10_000, settle=0).standing
    standing = replace(fired, causes=(BASE, URL), changed_at=500)
    made: list[int] = []
    for now in range(500, 1000, 10):
        found = firing(standing, [rule], now, settle=0)
        standing = found.standing
        made += [now] * len(found.messages)
    assert made == [600]


def test_a_clock_that_was_set_back_while_a_cause_settles_delays_it_by_the_settle_time() -> None:
    standing, made = firing(stale(URL, at=10_000, since=10_000), [ANY], 10_000, settle=60).standing, []
    for now in range(500, 1000, 10):
        found = firing(standing, [ANY], now, settle=60)
        standing = found.standing
        made += [now] * len(found.messages)
    assert made == [560]


def test_a_cause_without_a_trigger_is_never_done() -> None:
    base = Rule("base", On.BASE)
    assert not all_fired(stale(URL), [base])
    assert not all_fired(stale(BASE), [base])
    assert all_fired(firing(stale(URL, BASE), [base], 1000, settle=0).standing, [base])
