"""The packages of an instruction against its last build: pairs, states, and what is printed."""

import pytest
from msgspec.structs import replace

from freshlayer.decisions.packages import (
    changes_text,
    judged,
    moved_packages,
    moved_since,
    name_of,
)
from freshlayer.decisions.plan import Expected, Known, plan
from freshlayer.dockerfile.parse import parse
from freshlayer.model.build import Built, InstructionState, InstructionVerdict, Pairs
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.package_references import manager_of
from freshlayer.model.packages import ChosenPackage, PackagesRead, Resolution, version_of
from freshlayer.model.reasons import Reason

_GONE = Reason("http-not-found")


def package(
    name: str, version: str = "1", *, wanted_by: str = "", security: bool = False, digest: str = "sha256:aa"
) -> ChosenPackage:
    named = not wanted_by
    purl = f"pkg:deb/debian/{name}?arch=amd64&distro=bookworm"
    return ChosenPackage(purl, name, version, digest, wanted_by or name, named=named, security=security)


def read(*packages: ChosenPackage, policy: PackagePolicy = PackagePolicy.CLOSURE) -> PackagesRead:
    return PackagesRead(1, 2, "apt", policy, Resolution(packages))


def failed(*, unreachable: bool) -> PackagesRead:
    return PackagesRead(1, 2, "apt", PackagePolicy.CLOSURE, Resolution((), _GONE, unreachable))


def built(*packages: ChosenPackage) -> Built:
    return Built(tuple((item.purl, str(item.identity)) for item in packages), "key")


CURL, SSL = package("curl", "8"), package("libssl3", "3.0~1", wanted_by="curl")
OTHER_SSL, WANTED_BY_SSL = replace(SSL, digest="sha256:bb"), package("new", wanted_by="libssl3")
NEW_SSL = replace(SSL, version="3.1~2", security=True)


def test_a_pair_has_the_version_and_the_digest() -> None:
    verdict, pairs = judged(read(CURL, SSL), None)
    assert pairs == built(CURL, SSL).pairs
    assert pairs[1] == ("pkg:deb/debian/libssl3?arch=amd64&distro=bookworm", "version:3.0~1@sha256:aa")
    assert [version_of(identity) for _, identity in pairs] == ["8", "3.0~1"]
    assert (verdict.total, verdict.new, verdict.changes) == (2, True, ())


@pytest.mark.parametrize(
    ("now", "text"),
    [
        ((CURL, NEW_SSL), "1 of 2 packages changed: libssl3 3.0~1 → 3.1~2 (security); wanted by curl"),
        ((replace(CURL, version="9"), SSL), "1 of 2 packages changed: curl 8 → 9"),
        ((CURL, OTHER_SSL), "1 of 2 packages changed: libssl3 3.0~1 has other bytes; wanted by curl"),
        ((CURL,), "1 of 2 packages changed: libssl3 3.0~1 is no longer installed"),
        ((CURL, SSL, WANTED_BY_SSL), "1 of 3 packages changed: new 1 is new; wanted by curl"),
    ],
)
def test_a_change_names_what_changed_and_the_word_that_wants_it(
    now: tuple[ChosenPackage, ...], text: str
) -> None:
    verdict, pairs = judged(read(*now), built(CURL, SSL))
    assert changes_text(verdict) == f"apt: {text}"
    assert pairs == built(*now).pairs


def test_a_policy_that_watches_less_removes_no_package() -> None:
    """What the command does not name is installed all the same."""
    named = read(CURL, policy=PackagePolicy.NAMED)
    verdict, pairs = judged(named, built(CURL, SSL))
    assert (verdict.changes, verdict.left, pairs) == ((), 1, built(CURL).pairs)
    (found,) = moved_packages(built(CURL, SSL).pairs, pairs, [verdict])
    assert str(found) == "apt: only the 1 package that it names is watched now"
    changed = read(replace(CURL, version="9"), policy=PackagePolicy.NAMED)
    assert changes_text(judged(changed, built(CURL, SSL))[0]) == "apt: 1 of 1 package changed: curl 8 → 9"


def test_a_policy_that_watches_more_has_no_new_package() -> None:
    """What the command does not name was installed all the same."""
    verdict, pairs = judged(read(CURL, SSL, WANTED_BY_SSL), built(CURL))
    assert (verdict.changes, verdict.added, pairs) == ((), 2, built(CURL, SSL, WANTED_BY_SSL).pairs)
    (found,) = moved_packages(built(CURL).pairs, pairs, [verdict])
    assert (found.code, str(found)) == (
        "packages-watched",
        "apt: 2 packages that others require are watched too now",
    )
    changed = read(replace(CURL, version="9"), SSL)
    assert "curl 8 → 9" in changes_text(judged(changed, built(CURL))[0])


def test_few_of_many_are_named_security_updates_first() -> None:
    before = [package(f"lib{number}", wanted_by="curl") for number in range(98)]
    now = [replace(item, version="2") for item in before]
    now[97] = replace(now[97], security=True)
    verdict, _ = judged(read(*now), built(*before))
    start = "apt: 98 of 98 packages changed: lib97 1 → 2 (security), lib0 1 → 2, lib1 1 → 2 and 95 more"
    assert changes_text(verdict) == f"{start}; wanted by curl"


def test_nothing_changed() -> None:
    verdict, pairs = judged(read(CURL, SSL), built(CURL, SSL))
    assert (verdict.changes, verdict.new) == ((), False)
    assert pairs == built(CURL, SSL).pairs


@pytest.mark.parametrize("unreachable", [True, False])
def test_what_can_not_be_known_keeps_the_record(*, unreachable: bool) -> None:
    verdict, pairs = judged(failed(unreachable=unreachable), built(CURL, SSL))
    assert verdict.kept
    assert pairs == built(CURL, SSL).pairs


def test_what_was_never_known_is_unseen_until_it_can_be_reached() -> None:
    assert judged(failed(unreachable=True), None)[1] == (("packages:apt", "unseen"),)
    assert judged(failed(unreachable=False), None)[1] == ()


@pytest.mark.parametrize("unreachable", [True, False])
def test_that_nothing_was_installed_is_kept_too(*, unreachable: bool) -> None:
    """Nothing to upgrade in the last build, and then a mirror that is down."""
    assert judged(failed(unreachable=unreachable), built())[1] == ()


def test_only_the_packages_of_the_manager_are_kept() -> None:
    record = Built((("pkg:apk/alpine/x", "version:1@sha1:aa"), ("https://x/", "etag:a")), "key")
    assert judged(failed(unreachable=False), record)[1] == ()


def test_a_nonce_runs_it_again() -> None:
    _, pairs = judged(failed(unreachable=True), built(CURL), nonce="random")
    assert pairs == (("packages:apt", "nonce:random"),)


def test_the_policy_security_holds_what_is_no_security_update() -> None:
    newer = replace(CURL, version="9")
    verdict, pairs = judged(read(newer, SSL, policy=PackagePolicy.SECURITY), built(CURL, SSL))
    assert pairs == built(CURL, SSL).pairs
    assert verdict.changes == ()
    assert [(it.name, it.now) for it in verdict.held] == [("curl", "9")]


def test_each_package_waits_by_its_own_policy() -> None:
    newer = replace(CURL, version="9", policy=PackagePolicy.SECURITY)
    other = package("tool")
    mixed = read(newer, other)
    assert judged(mixed, built(CURL, other))[0].held
    update = read(newer, replace(other, version="2"))
    assert [it.name for it in judged(update, built(CURL, other))[0].changes] == ["curl", "tool"]


def test_a_package_that_its_policy_leaves_out_is_still_installed() -> None:
    found = read(CURL)
    found = replace(found, resolution=replace(found.resolution, unwatched=(SSL.purl,)))
    verdict, _ = judged(found, built(CURL, SSL))
    assert (verdict.changes, verdict.left) == ((), 1)
    gone = replace(found, resolution=replace(found.resolution, unwatched=()))
    assert [it.now for it in judged(gone, built(CURL, SSL))[0].changes] == [""]


def test_a_security_update_takes_up_the_rest() -> None:
    """The instruction runs, so that it installs all that is new."""
    newer = replace(CURL, version="9")
    verdict, pairs = judged(read(newer, NEW_SSL, policy=PackagePolicy.SECURITY), built(CURL, SSL))
    assert pairs == built(newer, NEW_SSL).pairs
    assert [it.name for it in verdict.changes] == ["libssl3", "curl"]


def test_without_a_record_the_policy_security_takes_what_is_there() -> None:
    _, pairs = judged(read(CURL, policy=PackagePolicy.SECURITY), None)
    assert pairs == built(CURL).pairs


@pytest.mark.parametrize(
    ("manager", "kind"), [("apk", "apk"), ("pypi", "pypi"), ("npm", "npm"), ("gem", "gem")]
)
def test_where_no_index_marks_security_updates_every_update_counts(manager: str, kind: str) -> None:
    before = ChosenPackage(f"pkg:{kind}/curl", "curl", "8", "sha1:aa", "curl", named=True)
    now = replace(before, version="9")
    found = PackagesRead(1, 2, manager, PackagePolicy.SECURITY, Resolution((now,)))
    verdict, pairs = judged(found, built(before))
    assert pairs == built(now).pairs
    assert len(verdict.changes) == 1


def test_what_moved_while_the_builder_ran() -> None:
    verdict, _ = judged(read(CURL, SSL), None)
    assert moved_since(read(CURL, SSL), verdict) is None
    assert moved_since(failed(unreachable=True), verdict) is None
    found = moved_since(read(CURL, NEW_SSL), verdict)
    assert found is not None
    assert found[1] == built(SSL).pairs
    assert found[0].code == "packages-changed"


def test_the_manager_of_a_reference() -> None:
    names = (
        "pkg:deb/debian/curl",
        "pkg:apk/alpine/x",
        "pkg:rpm/fedora/x",
        "packages:apt",
        "https://x/pkg:deb/",
    )
    assert [manager_of(name) for name in names] == ["apt", "apk", "rpm", "apt", ""]
    assert name_of("pkg:deb/debian/libssl3?arch=amd64") == "libssl3"


def _planned(packages: PackagesRead, before: Built | None, taints: Pairs = ()) -> InstructionVerdict:
    dockerfile = parse("FROM debian\nRUN apt-get update && apt-get install -y curl\n")
    (stage,) = dockerfile.stages
    (run,) = stage.instructions
    known = Known({}, {}, packages={run.number: (packages,)}, taints=dict.fromkeys(taints, 1))
    first = plan(dockerfile, [stage], {}, known)[1]
    known_before = {(first.stage, first.digest): before} if before else {}
    return plan(dockerfile, [stage], {}, replace(known, built=known_before))[1]


def test_packages_make_the_key_and_the_state() -> None:
    first = _planned(read(CURL, SSL), None)
    assert first.state is InstructionState.STALE
    record = Built(first.pairs, first.key)
    again = _planned(read(CURL, SSL), record)
    assert (again.state, again.key) == (InstructionState.FRESH, first.key)
    stale = _planned(read(CURL, NEW_SSL), record)
    assert (stale.state, stale.reason.code) == (InstructionState.STALE, "packages-changed")
    assert stale.key != first.key
    kept = _planned(failed(unreachable=True), record)
    assert (kept.state, kept.key) == (InstructionState.UNKNOWN, first.key)
    assert str(kept.reason).startswith("apt: ")


def test_packages_that_were_not_watched_at_the_last_build() -> None:
    found = _planned(read(CURL, SSL), Built((("https://x/", "etag:a"),), "key"))
    assert "2 packages, not watched so far" in str(found.reason)


def test_a_tainted_package_changes_the_key_once() -> None:
    first = _planned(read(CURL), None)
    taints = first.pairs
    tainted = _planned(read(CURL), Built(first.pairs, first.key), taints)
    assert tainted.key != first.key
    assert tainted.reason.code == "moved-during-build"
    again = _planned(read(CURL), Built(tainted.pairs, tainted.key), taints)
    assert (again.state, again.key) == (InstructionState.FRESH, tainted.key)


def _expected(packages: PackagesRead, installed: Pairs | None) -> InstructionVerdict:
    """Where a lock file is compared, and nothing was built."""
    dockerfile = parse("FROM debian\nRUN apt-get update && apt-get install -y curl\n")
    (stage,) = dockerfile.stages
    (run,) = stage.instructions
    known = Known({}, {}, packages={run.number: (packages,)}, expected=Expected())
    digest = plan(dockerfile, [stage], {}, known)[1].digest
    in_file = {} if installed is None else {digest: installed}
    return plan(dockerfile, [stage], {}, replace(known, installed=in_file))[1]


def test_packages_are_compared_with_the_identities_file_where_nothing_was_built() -> None:
    pairs = built(CURL, SSL).pairs
    fresh = _expected(read(CURL, SSL), pairs)
    assert fresh.state is InstructionState.FRESH
    stale = _expected(read(CURL, NEW_SSL), pairs)
    assert (stale.state, stale.reason.code) == (InstructionState.STALE, "packages-changed")
    assert "libssl3 3.0~1 → 3.1~2" in str(stale.reason)
    unknown = _expected(failed(unreachable=True), pairs)
    assert (unknown.state, unknown.key) == (InstructionState.UNKNOWN, fresh.key)
    missing = _expected(read(CURL, SSL), None)
    assert missing.state is InstructionState.STALE
    assert "not in the lock file" in str(missing.reason)


def test_nothing_to_install_is_a_record_too() -> None:
    """An upgrade of a base that is up to date: with the repository down, nothing changes."""
    first = _planned(read(), None)
    record = Built(first.pairs, first.key)
    assert first.key
    assert _planned(failed(unreachable=True), record).key == first.key
    again = _planned(read(), record)
    assert (again.state, again.key) == (InstructionState.FRESH, first.key)
    stale = _planned(read(CURL), record)
    assert str(stale.reason) == "apt: 1 of 1 package changed: curl 8 is new"
    verdict, _ = judged(read(), None)
    found = moved_since(read(CURL), verdict)
    assert found is not None
    assert found[1] == first.pairs
