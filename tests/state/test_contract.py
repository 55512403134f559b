"""What every store does: the members of StateStore, one after the other, on a real disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from msgspec.structs import replace

from freshlayer.decisions.marks import Mark
from freshlayer.model.build import Built, LastBuild
from freshlayer.model.evidence import Evidence, Identity, Strength, Validators
from freshlayer.model.history import BuildEvent, History, InstructionEvent
from freshlayer.model.observation import Change, Recorded
from freshlayer.reference import Reference, parse
from freshlayer.state import (
    BuildRecord,
    BuiltRecord,
    HistoryRecord,
    Keep,
    KeptScript,
    Records,
    Scope,
    StateStore,
)
from freshlayer.state.places import Place, store_at
from freshlayer.state.scripts import MOST, MOST_BYTES

A, B = parse("https://example.org/a"), parse("https://example.org/b")
SCOPE = Scope("/project/Dockerfile", "linux/amd64", "buildkit", "engine")
MARK = Mark("0", "digest", "chain")
DAY = 86400
NOW = 1_700_000_000


def _fail(message: str) -> None:
    raise AssertionError(message)


Open = Callable[[Keep], StateStore]


@pytest.fixture
def opened(place: Place) -> Iterator[Open]:
    stores: list[StateStore] = []

    def opening(keep: Keep) -> StateStore:
        stores.append(store_at(place, _fail, keep))
        return stores[-1]

    yield opening
    for store in stores:
        store.close()


@pytest.fixture
def store(opened: Open) -> StateStore:
    return opened(Keep())


def seen(value: str) -> Recorded:
    return replace(Recorded.of(Identity("etag", value, Strength.STRONG)), full_answer=None)


def ended(at: int, *pairs: tuple[str, str], dockerfile: str = SCOPE.dockerfile) -> BuildRecord:
    ran = InstructionEvent("0", 2, "digest", "ran", 2.5, None, "key", "input-changed")
    cached = InstructionEvent("0", 3, "other", "cached", None, 4.0)
    event = BuildEvent(dockerfile, "linux/amd64", "buildkit", "engine", at, "built", (ran, cached), pairs)
    return BuildRecord(scope=replace(SCOPE, dockerfile=dockerfile), at=at, event=event)


TAG = Identity("etag", "t", Strength.STRONG)
DATED = "Tue, 14 Nov 2023 22:13:20 GMT"
OF_DATE = Evidence("last-modified", "1700000000", Strength.WEAK)


@pytest.mark.parametrize(
    ("evidence", "tag", "dated"),
    [
        ((Evidence("etag", "t", Strength.STRONG), OF_DATE), '"t"', DATED),
        ((Evidence("etag", "t", Strength.STRONG, 2), OF_DATE), 'W/"t"', ""),
        ((Evidence("etag", "t", Strength.STRONG, guessed=True),), "=", DATED),
        ((Evidence("etag", "t", Strength.WEAK), replace(OF_DATE, hop=1)), "==", "not a date"),
        ((replace(OF_DATE, guessed=True), Evidence("length", "t", Strength.SIZE)), "", DATED),
        ((replace(OF_DATE, value="1700000001"),), "t", DATED),
        ((replace(OF_DATE, strength=Strength.NONE),), '"u"', DATED),
        (tuple(Evidence("md5", "0", strength) for strength in Strength), '=""', DATED),
        ((), '""', ""),
    ],
)
def test_what_was_observed_is_recalled_as_it_was(
    store: StateStore, evidence: tuple[Evidence, ...], tag: str, dated: str
) -> None:
    known = Recorded(TAG, evidence, Validators(tag, dated), NOW, NOW - 1, "text/plain")
    store.record_observations({A: known}, at=NOW)
    assert store.observations([A]) == {A: known}


def test_of_what_did_not_change_the_time_alone_is_recorded(store: StateStore) -> None:
    store.record_observations({A: seen("1"), B: seen("1")}, at=NOW)
    before = store.observations([A, B])
    changes = {A: Change.UNCHANGED, B: Change.CHANGED}
    store.record_observations({A: before[A], B: seen("2")}, at=NOW + 9, changes=changes, again=[A])
    assert store.observations([A]) == {A: replace(before[A], probed_at=NOW + 9)}
    assert store.observations([B])[B].identity.value == "2"
    assert store.inventory("*", 9).event_count == 3


def test_what_did_not_change_and_was_forgotten_is_recorded_again(store: StateStore) -> None:
    store.record_observations({A: seen("1"), B: seen("1")}, at=NOW)
    before = store.observations([A, B])
    store.forget([], [A.text])
    store.record_observations(before, at=NOW + 9, again=list(before))
    assert store.observations([A, B]) == {it: replace(before[it], probed_at=NOW + 9) for it in before}


def test_an_empty_store_answers_with_nothing(store: StateStore) -> None:
    assert store.is_empty()
    assert store.observations([A]) == {}
    assert store.last_builds(SCOPE, [MARK]).built == {}
    assert store.taints([A]) == {}
    assert store.tags(SCOPE) == {}
    assert store.network(SCOPE.dockerfile) is None
    assert store.history(A.text, 10) == History()


def test_a_run_that_builds_nothing_reads_what_was_recorded_before_it(store: StateStore) -> None:
    before = store.for_one_run()
    record = replace(recorded("/project/a", A), tainted=[(A.text, "etag:1")], not_watched=["1"])
    store.record_build(record)
    run, scope = store.for_one_run(), record.scope
    assert answers(before, scope) == [True, Records(), {}, {}, {}, None, frozenset()]
    assert answers(run, scope) == answers(store, scope)
    before.record_observations({B: seen("2")}, at=NOW)
    assert set(run.observations([A, B])) == {A, B}


def test_a_run_that_builds_nothing_reads_all_of_a_build_that_ends_meanwhile(store: StateStore) -> None:
    """What is tainted belongs to the key that the same build recorded."""
    store.record_build(recorded("/project/a", A))
    run = store.for_one_run()
    record = replace(recorded("/project/b", A), tainted=[(A.text, "etag:1")], not_watched=["1"])
    store.record_build(record)
    assert answers(run, record.scope) == answers(store, record.scope)
    assert run.taints([A]) == {(A.text, "etag:1"): 1}


def answers(store: StateStore, scope: Scope) -> list[object]:
    return [
        store.is_empty(),
        store.last_builds(scope, [MARK]),
        store.other_builds(replace(scope, engine="b"), ["digest"]),
        store.taints([A]),
        store.tags(scope),
        store.network(scope.dockerfile),
        store.not_watched(scope.dockerfile),
    ]


def test_what_is_recorded_is_listed(store: StateStore) -> None:
    store.record_build(recorded("/project/a", A))
    store.record_build(recorded("/project/b#web", B))
    found = store.inventory("*", 1)
    assert (found.dockerfile_count, found.reference_count) == (2, 2)
    assert [(it.name, it.last_built) for it in found.dockerfiles] == [("/project/a", NOW)]
    assert [(it.reference, it.identity, it.probed) for it in found.references] == [(A.text, "etag:1", NOW)]
    assert [it.name for it in store.inventory("/project/b*", 9).dockerfiles] == ["/project/b#web"]
    assert found.size > 0


@pytest.mark.parametrize("pattern", ["https://example.org/?", "https://example.org/[ab]"])
def test_only_the_asterisk_matches_something_else(store: StateStore, pattern: str) -> None:
    store.record_observations({A: seen("1")}, at=NOW)
    assert store.inventory(pattern, 9).references == ()


def test_what_was_not_watched_is_that_of_the_last_build(store: StateStore) -> None:
    assert store.not_watched("/project/a") == frozenset()
    first = replace(recorded("/project/a", A), not_watched=["1", "2", "2"])
    store.record_build(first)
    assert store.not_watched("/project/a") == {"1", "2"}
    store.record_build(replace(first, network=None, not_watched=["3"]))
    assert store.not_watched("/project/a") == {"1", "2"}
    store.record_build(replace(first, not_watched=["3"]))
    assert store.not_watched("/project/a") == {"3"}
    assert store.not_watched("/project/b") == frozenset()
    store.forget(["/project/a"], [])
    assert store.not_watched("/project/a") == frozenset()


def test_what_is_forgotten_is_gone_but_for_taints(store: StateStore) -> None:
    store.record_build(replace(recorded("/project/a", A), tainted=[(A.text, "etag:1")]))
    store.record_build(recorded("/project/b", B))
    store.forget(["/project/a"], [A.text])
    rest = store.inventory("*", 9)
    assert [it.name for it in rest.dockerfiles] == ["/project/b"]
    assert [it.reference for it in rest.references] == [B.text]
    assert set(store.observations([A, B])) == {B}
    assert store.history(A.text, 9) == History()
    assert store.history_of_dockerfile("/project/a", 9) == History()
    assert store.history_of_dockerfile("/project/b", 9).builds
    assert store.last_builds(replace(SCOPE, dockerfile="/project/a"), [MARK]).built == {}
    assert store.last_builds(replace(SCOPE, dockerfile="/project/b"), [MARK]).built
    assert store.taints([A]) == {(A.text, "etag:1"): 1}


def recorded(dockerfile: str, reference: Reference) -> BuildRecord:
    built = BuiltRecord("0", "digest", Built(((reference.text, "etag:1"),), "key"), dockerfile)
    earlier = HistoryRecord("0", "digest", LastBuild(dockerfile, ("key",), 1.0, NOW))
    record = ended(NOW, (reference.text, "etag:1"), dockerfile=dockerfile)
    return replace(
        record,
        observations={reference: seen("1")},
        changes={reference: Change.FIRST_SEEN},
        built=[built],
        last_builds=[earlier],
        network="default",
    )


def test_a_build_is_recorded_as_one(store: StateStore) -> None:
    built = Built(((A.text, "etag:1"),), "key")
    store.record_build(
        BuildRecord(
            scope=SCOPE,
            at=NOW,
            observations={A: seen("1")},
            built=[BuiltRecord("0", "digest", built, "chain")],
            last_builds=[HistoryRecord("0", "digest", LastBuild("chain", ("key",), 2.5, NOW))],
            tainted=[(A.text, "etag:0")],
            tags={"app:1": "sha256:00"},
            network="host",
        )
    )
    assert not store.is_empty()
    assert store.observations([A, B])[A].probed_at == NOW
    assert store.last_builds(SCOPE, [MARK]).built == {("0", "digest"): built}
    assert store.last_builds(SCOPE, [MARK]).history[("0", "digest")].seconds == 2.5
    assert store.taints([A]) == {(A.text, "etag:0"): 1}
    assert store.tags(SCOPE) == {"app:1": "sha256:00"}
    assert store.network(SCOPE.dockerfile) == "host"
    assert store.networks() == {SCOPE.dockerfile: "host"}
    assert store.other_builds(replace(SCOPE, engine="b"), ["digest"])["digest"].engine == "engine"


def test_keys_are_recorded_before_the_build(store: StateStore) -> None:
    store.record_keys(SCOPE, ["key"])
    assert store.users_of_keys(SCOPE, ["key", "none"])["key"].dockerfile == SCOPE.dockerfile
    assert "none" not in store.users_of_keys(SCOPE, ["key", "none"])


def test_an_identity_is_an_event_when_it_is_new_or_another_one(store: StateStore) -> None:
    for day, value in enumerate(["1", "1", "2", "2", "1"]):
        change = Change.CHANGED if value == "2" else Change.FIRST_SEEN
        store.record_observations({A: seen(value)}, at=NOW + day * DAY, changes={A: change})
    found = store.history(A.text, 10).changes
    assert [(event.at, event.identity.value) for event in found] == [
        (NOW + 4 * DAY, "1"),
        (NOW + 2 * DAY, "2"),
        (NOW, "1"),
    ]
    assert [event.verdict for event in found][1:] == [Change.CHANGED, Change.FIRST_SEEN]
    assert [event.evidence for event in found][1:] == [seen("2").evidence, ()]
    assert store.history(B.text, 10) == History()
    assert len(store.history(A.text, 2).changes) == 2


def test_the_build_that_took_a_change_up_is_found(store: StateStore) -> None:
    store.record_build(ended(NOW, (A.text, "etag:1")))
    store.record_build(ended(NOW + 5))
    store.record_build(ended(NOW + 9, (A.text, "etag:2")))
    builds = store.history(A.text, 10).builds
    assert [(build.at, build.took_up) for build in builds] == [
        (NOW + 9, ((A.text, "etag:2"),)),
        (NOW, ((A.text, "etag:1"),)),
    ]
    assert builds[0] == ended(NOW + 9, (A.text, "etag:2")).event
    assert (builds[0].seconds, builds[0].saved) == (2.5, 4.0)


def test_the_history_of_a_dockerfile_and_of_a_directory(store: StateStore) -> None:
    names = ["/p/Dockerfile", "/p/Dockerfile#web", "/p/a/Dockerfile", "/p#api", "/p2/Dockerfile", "/p0"]
    for number, name in enumerate(names):
        store.record_build(ended(NOW + number, dockerfile=name))

    def builds(history: History) -> list[str]:
        return [build.dockerfile for build in reversed(history.builds)]

    assert builds(store.history_of_directory("/p", 10)) == names[:4]
    assert builds(store.history_of_dockerfile("/p/Dockerfile", 10)) == names[:2]
    assert builds(store.history_of_directory("/", 10)) == names


def test_the_changes_in_a_directory_are_of_what_its_builds_took_up(store: StateStore) -> None:
    store.record_observations({A: seen("1"), B: seen("1")}, at=NOW)
    store.record_build(ended(NOW, (A.text, "etag:1")))
    assert [event.reference for event in store.history_of_directory("/project", 10).changes] == [A.text]
    assert [event.reference for event in store.history_of_dockerfile(SCOPE.dockerfile, 9).changes] == [A.text]
    assert store.history_of_directory("/elsewhere", 10) == History()


def test_old_events_are_removed_and_what_was_last_seen_is_not(opened: Open) -> None:
    store = opened(Keep(seconds=10 * DAY))
    store.record_observations({A: seen("1")}, at=NOW)
    store.record_build(ended(NOW, (A.text, "etag:1")))
    store.record_observations({B: seen("1")}, at=NOW + 9 * DAY)
    assert store.history(A.text, 10) != History()
    store.record_observations({}, at=NOW + 11 * DAY)
    assert store.history(A.text, 10) == History()
    assert len(store.history(B.text, 10).changes) == 1
    assert A in store.observations([A])


def test_the_history_is_bounded_in_small_steps(opened: Open) -> None:
    store = opened(Keep(size=150_000))
    many = [parse(f"https://example.org/{number}") for number in range(2_000)]
    # 500 of them are less than that, 1,000 are more.
    for start in range(0, 2_000, 500):
        store.record_observations({it: seen("1") for it in many[start : start + 500]}, at=NOW + start)
    left = [len(store.history(reference.text, 1).changes) for reference in many[::50]]
    assert left == [0] * 30 + [1] * 10
    assert store.inventory("*", 1).event_count == 500
    store.record_build(ended(NOW + 5_000, (A.text, "etag:1")))
    assert len(store.history(A.text, 10).builds) == 1


def test_one_write_removes_no_more_than_a_step(opened: Open) -> None:
    many = [parse(f"https://example.org/{number}") for number in range(1_200)]
    opened(Keep()).record_observations({it: seen("1") for it in many}, at=NOW)
    store = opened(Keep(seconds=DAY))
    for left in (700, 200, 0):
        store.record_observations({}, at=NOW + 2 * DAY)
        assert store.inventory("*", 1).event_count == left


def test_a_script_is_kept_with_the_identity_that_it_had(store: StateStore) -> None:
    assert store.scripts([A]) == {}
    store.record_scripts({A: KeptScript("etag:1", b"curl x")}, at=NOW)
    store.record_scripts({A: KeptScript("etag:2", b"curl y"), B: KeptScript("etag:1", b"")}, at=NOW)
    assert store.scripts([A]) == {A: KeptScript("etag:2", b"curl y")}
    store.forget([], [A.text])
    assert store.scripts([A, B]) == {B: KeptScript("etag:1", b"")}


def test_the_oldest_scripts_are_removed(store: StateStore) -> None:
    many = [parse(f"https://example.org/{number}") for number in range(MOST + 5)]
    for start in (0, 5):
        store.record_scripts({it: KeptScript("etag:1", b"x") for it in many[start:][:MOST]}, at=NOW + start)
    assert set(store.scripts(many)) == set(many[5:])
    body = os.urandom(1024 * 1024 - 1024)
    for number in range(12):
        store.record_scripts({many[number]: KeptScript("etag:1", body)}, at=NOW + 10 + number)
    assert set(store.scripts(many)) == set(many[12 - MOST_BYTES // len(body) : 12])
