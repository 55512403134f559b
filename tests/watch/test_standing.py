"""Since when an image is stale, and why: against its last build, else against what was first seen."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from freshlayer.model.build import Built, InstructionState, InstructionVerdict, Pairs
from freshlayer.model.packages import ChosenPackage, PackageVerdict
from freshlayer.model.reasons import Reason
from freshlayer.model.report import Past, Report
from freshlayer.model.watched import Cause, CauseKind, Recovery, Standing
from freshlayer.watch.firing import Rule, all_fired, firing
from freshlayer.watch.standing import standing_of

URL, IMAGE, SSL = "https://example.org/a", "docker-image://debian:12", "pkg:deb/debian/openssl"
OLD, NEW = ((URL, "etag:1"),), ((URL, "etag:2"),)


def item(
    pairs: Pairs, *, changed: bool = False, packages: tuple[PackageVerdict, ...] = ()
) -> InstructionVerdict:
    state = InstructionState.STALE if changed else InstructionState.FRESH
    return InstructionVerdict(
        2,
        2,
        "0",
        "RUN",
        state,
        Reason("unchanged"),
        pairs=pairs,
        digest="d",
        changed=changed,
        packages=packages,
    )


def report(instruction: InstructionVerdict, built: Pairs | None = None) -> Report:
    past = Past(built={("0", "d"): Built(built, "key")} if built is not None else {})
    return Report("Dockerfile", "", "linux/amd64", (), (instruction,), (), past=past)


def judged(found: Report, before: Standing | None, now: int, *, accept: bool = False) -> Standing:
    return standing_of(found, "/p/Dockerfile", before, now, accept=accept)


def test_a_built_instruction_is_compared_with_its_build() -> None:
    fresh = judged(report(item(OLD), OLD), None, 10)
    assert (fresh.causes, fresh.stale_since, fresh.baseline) == ((), 0, {})
    stale = judged(report(item(NEW, changed=True), OLD), fresh, 20)
    assert stale.causes == (Cause(URL, "etag:2", CauseKind.INPUT, 2),)
    assert (stale.stale_since, stale.changed_at) == (20, 20)
    again = judged(report(item(NEW, changed=True), OLD), stale, 30)
    assert again == stale
    rebuilt = judged(report(item(NEW), NEW), again, 40)
    assert (rebuilt.causes, rebuilt.stale_since, rebuilt.changed_at) == ((), 0, 0)
    assert rebuilt.turn == Recovery(20, 0, 40, (URL,))
    fired = firing(stale, [Rule("ci")], 25, settle=0).standing
    assert judged(report(item(NEW), NEW), fired, 40).turn == Recovery(20, 25, 40, (URL,))
    assert judged(report(item(NEW), NEW), rebuilt, 50).turn == Recovery(20, 0, 40, (URL,))


def test_an_instruction_that_follows_another_is_no_cause() -> None:
    follows = replace(item(OLD), state=InstructionState.STALE)
    assert judged(report(follows, OLD), None, 10).causes == ()


def test_an_instruction_without_a_build_is_compared_with_what_was_first_seen() -> None:
    first = judged(report(item(OLD)), None, 10)
    assert first.causes == ()
    stale = judged(report(item(NEW)), first, 20)
    assert [cause.identity for cause in stale.causes] == ["etag:2"]
    assert judged(report(item(OLD)), stale, 30).causes == ()


def test_what_was_delivered_counts_as_built_and_a_later_change_does_not() -> None:
    stale = judged(report(item(NEW)), judged(report(item(OLD)), None, 10), 20)
    assert judged(report(item(NEW)), stale, 30, accept=True).causes == ()
    newest = ((URL, "etag:3"),)
    assert [it.identity for it in judged(report(item(newest)), stale, 30, accept=True).causes] == ["etag:3"]


def test_an_origin_that_was_down_at_first_or_meanwhile_is_no_cause() -> None:
    down: Pairs = ((URL, "unseen"),)
    first = judged(report(item(down)), None, 10)
    up = judged(report(item(OLD)), first, 20)
    assert up.causes == ()
    for mark in ("unseen", "nonce:ab"):
        assert judged(report(item(((URL, mark),))), up, 30).causes == ()
    assert [it.identity for it in judged(report(item(NEW)), up, 40).causes] == ["etag:2"]


def test_another_cause_moves_the_time_of_the_change_alone() -> None:
    stale = judged(report(item(NEW)), judged(report(item(OLD)), None, 10), 20)
    more = judged(report(item(((URL, "etag:3"),))), stale, 30)
    assert (more.stale_since, more.changed_at) == (20, 30)


def test_an_input_that_is_read_no_more_is_a_cause() -> None:
    both: Pairs = ((URL, "etag:1"), (IMAGE, "sha256:ab"))
    stale = judged(report(item(OLD, changed=True), both), None, 10)
    assert stale.causes == (Cause(IMAGE, "", CauseKind.BASE, 2),)


def test_a_package_of_a_security_suite_is_a_security_cause() -> None:
    pairs: Pairs = ((SSL, "version:2@sha256:ab"), ("pkg:deb/debian/curl", "version:2@sha256:cd"))
    chosen = ChosenPackage(SSL, "openssl", "2", "sha256:ab", security=True)
    packages = (PackageVerdict("apt", 2, packages=(chosen,)),)
    old: Pairs = ((SSL, "version:1@sha256:00"), ("pkg:deb/debian/curl", "version:1@sha256:00"))
    found = judged(report(item(pairs, changed=True, packages=packages), old), None, 10)
    assert {cause.reference: cause.kind for cause in found.causes} == {
        SSL: CauseKind.SECURITY,
        "pkg:deb/debian/curl": CauseKind.PACKAGE,
    }


def test_a_change_back_has_another_key_and_fires_again() -> None:
    """Each change counts as built once its message is delivered."""
    rule, standing, keys = Rule("ci"), judged(report(item(OLD)), None, 10), list[str]()
    for pairs in (NEW, OLD, NEW, NEW):
        standing = judged(report(item(pairs)), standing, 20, accept=all_fired(standing, [rule]))
        found = firing(standing, [rule], 20, settle=0)
        standing = found.standing
        keys += [message.key for message in found.messages]
    assert len(keys) == len(set(keys)) == 3
    assert standing.causes == ()


def test_a_trigger_fires_once_for_a_cause_that_stays_while_others_come_and_go() -> None:
    rule, other = Rule("ci"), ("https://example.org/b", "etag:1")
    standing: Standing | None = None
    messages = 0
    for pairs in (OLD, NEW, (*NEW, other), NEW):
        found = firing(
            judged(report(item(pairs, changed=pairs != OLD), OLD), standing, 20), [rule], 20, settle=0
        )
        standing = found.standing
        messages += len(found.messages)
    assert messages == 2


APT: Pairs = ((URL, "etag:1"), ("pkg:deb/debian/curl", "version:1@sha256:cd"), (SSL, "version:1@sha256:ab"))
DOWN = PackageVerdict("apt", 0, problem=Reason("unreachable"), unreachable=True)
ABSENT = replace(DOWN, unreachable=False)
MARKED: Pairs = ((URL, "etag:1"), ("packages:apt", "unseen"))


@pytest.mark.parametrize(("pairs", "verdict"), [(MARKED, DOWN), (OLD, ABSENT)])
def test_packages_that_can_not_be_found_out_are_no_cause(pairs: Pairs, verdict: PackageVerdict) -> None:
    """At first sight, and in between."""
    missing, standing = report(item(pairs, packages=(verdict,))), None
    for found in (missing, report(item(APT)), missing, report(item(APT))):
        standing = judged(found, standing, 10)
        assert standing.causes == ()
    updated = (*APT[:2], (SSL, "version:2@sha256:ab"))
    assert [it.reference for it in judged(report(item(updated)), standing, 20).causes] == [SSL]


def test_packages_that_were_delivered_count_as_built_while_they_can_not_be_found_out() -> None:
    updated = (*APT[:2], (SSL, "version:2@sha256:ab"))
    stale = judged(report(item(updated)), judged(report(item(APT)), None, 10), 20)
    down = judged(report(item(MARKED, packages=(DOWN,))), stale, 30, accept=True)
    assert down.causes == ()
    assert judged(report(item(updated)), down, 40).causes == ()


def test_an_image_that_is_stale_stays_so_while_its_packages_can_not_be_found_out() -> None:
    updated = (*APT[:2], (SSL, "version:2@sha256:ab"))
    stale = judged(report(item(updated)), judged(report(item(APT)), None, 10), 20)
    assert judged(report(item(MARKED, packages=(DOWN,))), stale, 30) == stale
