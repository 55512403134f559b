from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from freshlayer.decisions.key import key_of
from freshlayer.decisions.plan import Known, difference, plan
from freshlayer.dockerfile.parse import parse
from freshlayer.dockerfile.reach import parent_stage, reachable
from freshlayer.model.build import Built, InstructionState, InstructionVerdict, Pairs
from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.observation import Certainty, Change, Verdict
from freshlayer.model.reasons import Reason
from freshlayer.reference import Reference
from freshlayer.reference import parse as refer

A, B = refer("https://example.org/a"), refer("https://example.org/b")
V1, V2 = Identity("etag", "v1", Strength.STRONG), Identity("etag", "v2", Strength.STRONG)

VECTOR = (("https://example.org/a", "etag:v1"),)
VECTOR_KEY = "2cec7e0e0b327b6e"
TWO = (("https://example.org/a", "etag:v1"), ("https://example.org/b", "sha256:00ff"))
TWO_TEXT = '[["https://example.org/a","etag:v1"],["https://example.org/b","sha256:00ff"]]'


def verdict(reference: Reference, identity: Identity | None, change: Change = Change.UNCHANGED) -> Verdict:
    return Verdict(reference, change, Certainty.CERTAIN, Reason("unchanged", detail=f"is {change}"), identity)


def planned(
    text: str,
    reads: Mapping[int, tuple[Reference, ...]],
    verdicts: list[Verdict],
    built: dict[tuple[str, str], Built] | None = None,
    *,
    taints: dict[tuple[str, str], int] | None = None,
    nonce: str = "",
    resolved: Mapping[int, tuple[Reference, ...]] | None = None,
) -> dict[int, InstructionVerdict]:
    """Line → verdict. ``reads`` and ``resolved`` go by lines too."""
    dockerfile = parse(text)
    stages = reachable(dockerfile, "", lambda stage: stage.base, every_earlier=True)
    parents = {stage.number: parent_stage(dockerfile, stage, lambda s: s.base) for stage in stages}
    numbers = {i.line: i.number for stage in stages for i in (stage.start, *stage.instructions)}
    known = Known(
        {numbers[line]: references for line, references in reads.items()},
        {item.reference: item for item in verdicts},
        built or {},
        taints or {},
        nonce,
        resolved={numbers[line]: frozenset(found) for line, found in (resolved or {}).items()},
    )
    return {item.line: item for item in plan(dockerfile, stages, parents, known)}


def built_of(verdicts: dict[int, InstructionVerdict]) -> dict[tuple[str, str], Built]:
    """What a store would hold after this plan was built."""
    return {
        (item.stage, item.digest): Built(item.pairs, item.key) for item in verdicts.values() if item.pairs
    }


def test_the_key_of_the_published_vector() -> None:
    assert key_of(VECTOR) == VECTOR_KEY


def test_the_key_agrees_with_an_independent_computation() -> None:
    assert key_of(TWO) == hashlib.sha256(TWO_TEXT.encode()).hexdigest()[:16]


def test_the_key_does_not_depend_on_the_order() -> None:
    assert key_of(reversed(TWO)) == key_of(TWO)


def test_the_key_is_the_same_in_another_process_with_another_hash_seed() -> None:
    script = f"from freshlayer.decisions.key import key_of; print(key_of({TWO!r}))"
    for seed in ("1", "2"):
        ran = subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert ran.stdout.strip() == key_of(TWO)


PAIRS = st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=4, unique=True)


@settings(max_examples=60, deadline=None)
@given(PAIRS, st.randoms(use_true_random=False))
def test_a_key_is_16_hexadecimal_digits_of_the_set_of_pairs(
    pairs: list[tuple[str, str]], random: object
) -> None:
    shuffled = list(pairs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    key = key_of(pairs)
    assert key_of(shuffled) == key
    assert len(key) == 16
    assert set(key) <= set("0123456789abcdef")


@settings(max_examples=60, deadline=None)
@given(PAIRS, PAIRS)
def test_other_pairs_have_another_key(one: list[tuple[str, str]], two: list[tuple[str, str]]) -> None:
    assert (key_of(one) == key_of(two)) == (sorted(one) == sorted(two))


SIMPLE = "FROM base\nRUN before\nRUN curl a\nRUN after\n"


def test_what_was_never_built_is_stale_and_has_its_key() -> None:
    found = planned(SIMPLE, {3: (A,)}, [verdict(A, V1, Change.FIRST_SEEN)])
    assert found[3].state is InstructionState.STALE
    assert found[3].reason.text == "never built through freshlayer"
    assert (found[3].key, found[3].pairs) == (VECTOR_KEY, VECTOR)


def test_only_the_instruction_that_reads_has_a_key() -> None:
    found = planned(SIMPLE, {3: (A,)}, [verdict(A, V1)])
    assert {line: item.key for line, item in found.items() if item.key} == {3: VECTOR_KEY}


def test_what_stands_before_is_fresh_and_what_follows_is_stale_and_says_why() -> None:
    found = planned(SIMPLE, {3: (A,)}, [verdict(A, V1, Change.FIRST_SEEN)])
    assert [found[line].state for line in (1, 2, 4)] == [
        InstructionState.FRESH,
        InstructionState.FRESH,
        InstructionState.STALE,
    ]
    assert found[2].reason.text == "no remote input"
    assert found[4].reason == Reason("follows", detail="follows line 3, which is stale")


def test_what_was_built_with_the_same_identity_is_fresh() -> None:
    first = planned(SIMPLE, {3: (A,)}, [verdict(A, V1, Change.FIRST_SEEN)])
    found = planned(SIMPLE, {3: (A,)}, [verdict(A, V1)], built_of(first))
    assert {item.state for item in found.values()} == {InstructionState.FRESH}
    assert found[3].reason.text == "no input changed"
    assert found[3].key == VECTOR_KEY


def test_an_image_that_moved_for_other_platforms_is_fresh_and_that_is_stated() -> None:
    first = planned(SIMPLE, {3: (A,)}, [verdict(A, V1, Change.FIRST_SEEN)])
    moved = replace(verdict(A, V1), notes=(Reason("index-changed"),))
    found = planned(SIMPLE, {3: (A,)}, [moved], built_of(first))
    assert found[3].state is InstructionState.FRESH
    assert found[3].reason.code == "unchanged"
    assert found[3].reason.text == (
        f"no input changed; {A.text}: the index of the image changed, for other platforms only"
    )


def test_another_identity_makes_it_stale_with_a_contrast() -> None:
    first = planned(SIMPLE, {3: (A,)}, [verdict(A, V1)])
    found = planned(SIMPLE, {3: (A,)}, [verdict(A, V2, Change.CHANGED)], built_of(first))
    assert found[3].state is InstructionState.STALE
    assert found[3].reason.text == 'https://example.org/a: was "v1", now "v2"'
    assert found[3].key != first[3].key


def test_an_input_that_came_back_is_fresh_again() -> None:
    first = planned(SIMPLE, {3: (A,)}, [verdict(A, V1)])
    found = planned(SIMPLE, {3: (A,)}, [verdict(A, V1, Change.CHANGED)], built_of(first))
    assert found[3].state is InstructionState.FRESH
    assert found[3].reason.code == "input-restored"


def test_two_dockerfiles_that_share_a_url_do_not_explain_each_other() -> None:
    """One was built after the origin moved, one was not; the observation is the same for both."""
    one, two = SIMPLE, "FROM other\nRUN wget a\n"
    now = [verdict(A, V2, Change.UNCHANGED)]
    built_after = built_of(planned(one, {3: (A,)}, now))
    built_before = built_of(planned(two, {2: (A,)}, [verdict(A, V1)]))
    assert planned(one, {3: (A,)}, now, built_after)[3].state is InstructionState.FRESH
    assert planned(two, {2: (A,)}, now, built_before)[2].state is InstructionState.STALE
    assert '"v1", now "v2"' in planned(two, {2: (A,)}, now, built_before)[2].reason.text


@pytest.mark.parametrize("change", [Change.UNKNOWN, Change.ABSENT])
def test_an_input_that_can_not_be_asked_keeps_its_key_and_breaks_nothing(change: Change) -> None:
    first = planned(SIMPLE, {3: (A,)}, [verdict(A, V1)])
    found = planned(SIMPLE, {3: (A,)}, [verdict(A, V1, change)], built_of(first))
    assert (found[3].state, found[3].key) == (InstructionState.UNKNOWN, VECTOR_KEY)
    assert found[3].reason.text == f"https://example.org/a: is {change}; the recorded identity is kept"
    assert found[4].state is InstructionState.FRESH


def test_what_was_never_seen_has_the_constant_identity_unseen() -> None:
    found = planned(SIMPLE, {3: (A,)}, [verdict(A, None, Change.UNKNOWN)])
    assert found[3].pairs == ((A.text, "unseen"),)
    assert found[3].key == key_of([(A.text, "unseen")])
    assert found[3].state is InstructionState.STALE


def test_case_45_absent_then_present_makes_another_key() -> None:
    first = planned(SIMPLE, {3: (A,)}, [verdict(A, None, Change.ABSENT)])
    found = planned(SIMPLE, {3: (A,)}, [verdict(A, V1, Change.FIRST_SEEN)], built_of(first))
    assert found[3].state is InstructionState.STALE
    assert found[3].reason.text == "https://example.org/a: was unseen, now etag:v1"


def test_a_nonce_stands_for_what_can_not_be_asked_and_only_for_that() -> None:
    text = "FROM base\nRUN curl a\nFROM base\nRUN curl b\n"
    reads = {2: (A,), 4: (B,)}
    first = planned(text, reads, [verdict(A, V1), verdict(B, V1)])
    now = [verdict(A, V1, Change.UNKNOWN), verdict(B, V1)]
    found = planned(text, reads, now, built_of(first), nonce="x1")
    assert found[2].state is InstructionState.STALE
    assert "--on-unknown" in found[2].reason.text
    assert found[2].pairs == ((A.text, "nonce:x1"),)
    assert (found[4].state, found[4].key) == (InstructionState.FRESH, first[4].key)


def test_a_tainted_identity_makes_another_key_each_time() -> None:
    def key(times: int) -> str:
        taints = {(A.text, "etag:v1"): times} if times else {}
        return planned(SIMPLE, {3: (A,)}, [verdict(A, V1)], taints=taints)[3].key

    assert key(0) == VECTOR_KEY
    assert len({key(0), key(1), key(2)}) == 3


def test_a_taint_is_of_one_identity_of_one_reference() -> None:
    taints = {(A.text, "etag:v2"): 1, (B.text, "etag:v1"): 1}
    assert planned(SIMPLE, {3: (A,)}, [verdict(A, V1)], taints=taints)[3].key == VECTOR_KEY


def test_a_tainted_identity_is_stale_against_what_was_built() -> None:
    first = planned(SIMPLE, {3: (A,)}, [verdict(A, V1)])
    taints = {(A.text, "etag:v1"): 1}
    found = planned(SIMPLE, {3: (A,)}, [verdict(A, V1)], built_of(first), taints=taints)
    assert found[3].state is InstructionState.STALE
    assert found[3].reason.text == "https://example.org/a: was etag:v1, now etag:v1~1"


def test_an_add_is_judged_and_has_no_key() -> None:
    found = planned("FROM base\nADD https://example.org/a /a\nRUN b\n", {2: (A,)}, [verdict(A, V1)])
    assert (found[2].state, found[2].key, found[2].pairs) == (InstructionState.STALE, "", VECTOR)
    assert found[3].state is InstructionState.STALE


def test_the_pairs_of_several_inputs_are_sorted() -> None:
    found = planned(SIMPLE, {3: (B, A)}, [verdict(B, V2), verdict(A, V1)])
    assert found[3].pairs == ((A.text, "etag:v1"), (B.text, "etag:v2"))


def test_staleness_goes_on_into_the_stages_that_continue_a_stage_and_into_no_other() -> None:
    text = "FROM base AS one\nRUN curl a\nFROM other AS two\nRUN x\nFROM one AS three\nRUN y\n"
    found = planned(text, {2: (A,)}, [verdict(A, V1)])
    states = {line: item.state for line, item in found.items()}
    stale = {line for line, state in states.items() if state is InstructionState.STALE}
    assert stale == {2, 5, 6}
    assert found[5].reason.text == found[6].reason.text == "follows line 2, which is stale"


STAGES = "FROM base AS one\nRUN curl a\nFROM other AS two\nRUN x\nCOPY --from=one /a /a\nRUN y\nRUN curl b\n"


def test_a_copy_from_a_stale_stage_may_run_again_and_so_may_what_follows() -> None:
    first = planned(STAGES, {2: (A,), 7: (B,)}, [verdict(A, V1), verdict(B, V1)])
    now = [verdict(A, V2, Change.CHANGED), verdict(B, V1)]
    found = planned(STAGES, {2: (A,), 7: (B,)}, now, built_of(first))
    assert [found[line].state for line in (2, 4, 5, 6, 7)] == [
        InstructionState.STALE,
        InstructionState.FRESH,
        InstructionState.UNKNOWN,
        InstructionState.UNKNOWN,
        InstructionState.UNKNOWN,
    ]
    assert "stage one" in found[5].reason.text


def test_every_instruction_that_may_run_again_names_the_first_that_does() -> None:
    first = planned(STAGES, {2: (A,), 7: (B,)}, [verdict(A, V1), verdict(B, V1)])
    now = [verdict(A, V2, Change.CHANGED), verdict(B, V1)]
    found = planned(STAGES, {2: (A,), 7: (B,)}, now, built_of(first))
    assert found[6].reason.text == found[7].reason.text == "follows line 5, which may run again"


@pytest.mark.parametrize("line", ["COPY --from=0 /a /a", "RUN --mount=type=bind,from=one,target=/m x"])
def test_a_stage_may_be_read_by_number_or_by_a_mount(line: str) -> None:
    found = planned(f"FROM base AS one\nRUN curl a\nFROM other\n{line}\n", {2: (A,)}, [verdict(A, V1)])
    assert found[4].state is InstructionState.UNKNOWN


def test_a_copy_from_a_fresh_stage_or_an_image_is_fresh() -> None:
    text = "FROM base AS one\nRUN x\nFROM other\nCOPY --from=one /a /a\nCOPY --from=busybox /b /b\n"
    found = planned(text, {}, [])
    assert {item.state for item in found.values()} == {InstructionState.FRESH}


def test_a_stale_instruction_behind_one_that_may_run_again_is_stale() -> None:
    found = planned(STAGES, {2: (A,), 7: (B,)}, [verdict(A, V1), verdict(B, V1)])
    assert found[7].state is InstructionState.STALE


def test_the_same_text_twice_in_a_stage_is_two_instructions() -> None:
    text = "FROM base\nRUN curl a\nRUN curl a\n"
    found = planned(text, {2: (A,), 3: (A,)}, [verdict(A, V1)])
    assert found[2].digest != found[3].digest


def test_another_here_document_is_another_instruction() -> None:
    one, two = (f"FROM base\nRUN <<EOF\ncurl a{n}\nEOF\n" for n in "12")
    digests = [planned(text, {2: (A,)}, [verdict(A, V1)])[2].digest for text in (one, two)]
    assert digests[0] != digests[1]


def test_every_instruction_of_the_file_is_told_with_its_lines() -> None:
    found = planned("ARG X\nFROM base AS one\nRUN a \\\n  b\nCOPY c d\n", {}, [])
    assert [(i.line, i.end_line, i.stage, i.instruction) for i in found.values()] == [
        (2, 2, "one", "FROM"),
        (3, 4, "one", "RUN"),
        (5, 5, "one", "COPY"),
    ]
    assert all(item.reason for item in found.values())


DIFFERENCES: list[tuple[str, Pairs, Pairs, str]] = [
    ("changed", (("u", "etag:1"),), (("u", "etag:2"),), 'u: was "1", now "2"'),
    ("another scheme", (("u", "etag:1"),), (("u", "length:5"),), 'u: was "1", now length:5'),
    ("came", (), (("u", "etag:1"),), "now reads u"),
    ("went", (("u", "etag:1"),), (), "no longer reads u"),
    ("replaced", (("u", "etag:1"),), (("v", "etag:1"),), "now reads v; no longer reads u"),
    ("unseen before", (("u", "unseen"),), (("u", "etag:1"),), "u: was unseen, now etag:1"),
    (
        "a nonce",
        (("u", "etag:1"),),
        (("u", "nonce:7"),),
        "u: it can't be probed, and --on-unknown is rebuild",
    ),
    ("an empty tag before", (("u", "etag:"),), (("u", "etag:1"),), 'u: was "", now "1"'),
    ("an empty tag now", (("u", "etag:1"),), (("u", "etag:"),), 'u: was "1", now ""'),
    ("a tag with a tilde", (("u", "etag:a~b"),), (("u", "etag:1"),), 'u: was "a~b", now "1"'),
]


@pytest.mark.parametrize(
    ("old", "new", "reason"), [row[1:] for row in DIFFERENCES], ids=[row[0] for row in DIFFERENCES]
)
def test_a_difference_says_what_changed_came_and_went(old: Pairs, new: Pairs, reason: str) -> None:
    assert str(difference(old, new)) == reason


def test_a_difference_does_not_print_what_a_tag_may_hold() -> None:
    new = difference((("u", "etag:1"),), (("u", "etag:\x9b2J~"),))
    assert new.text.isprintable()


@pytest.mark.parametrize(
    "identity", [V1, Identity("etag", "", Strength.STRONG), Identity("etag", "a:b", Strength.STRONG)]
)
def test_a_written_identity_is_read_back(identity: Identity) -> None:
    """An empty entity tag is valid (facts/origins.md §4.4, case 63)."""
    assert Identity.parse(str(identity), Strength.STRONG) == identity


@pytest.mark.parametrize("text", ["", "etag", ":v", "no scheme"])
def test_a_text_without_scheme_is_no_identity(text: str) -> None:
    with pytest.raises(ValueError, match="not an identity"):
        Identity.parse(text, Strength.NONE)


def test_a_key_that_is_taken_away_is_stale_once() -> None:
    first = planned(SIMPLE, {3: (A,)}, [verdict(A, V1)])
    built = built_of(first)
    found = planned(SIMPLE, {}, [], built)
    assert (found[3].state, found[3].key, found[3].changed) == (InstructionState.STALE, "", True)
    assert found[3].reason.text == "it had a key and has none now: no longer reads https://example.org/a"
    assert found[4].state is InstructionState.STALE
    without = {(found[3].stage, found[3].digest): Built((), "")}
    assert planned(SIMPLE, {}, [], without)[3].state is InstructionState.FRESH


def test_an_add_that_is_no_longer_watched_runs_no_more_than_before() -> None:
    text = "FROM base\nADD https://example.org/a /a\n"
    built = built_of(planned(text, {2: (A,)}, [verdict(A, V1)]))
    assert planned(text, {}, [], built)[2].state is InstructionState.FRESH


IMAGE = refer("docker-image://python:3.12")
M1, M2 = (Identity("manifest", digit * 64, Strength.CONTENT) for digit in "12")
MOUNTED = "FROM python:3.12\nRUN --mount=from=python:3.12,target=/p curl https://example.org/a\nRUN true\n"


def mounted(
    manifest: Identity, built: dict[tuple[str, str], Built] | None = None
) -> dict[int, InstructionVerdict]:
    reads = {1: (IMAGE,), 2: (IMAGE, A)}
    verdicts = [verdict(IMAGE, manifest), verdict(A, V1)]
    return planned(MOUNTED, reads, verdicts, built, resolved={1: (IMAGE,), 2: (IMAGE,)})


def test_an_image_that_the_builder_resolves_is_recorded_and_no_part_of_a_key() -> None:
    first = mounted(M1)
    assert first[1].key == ""
    assert first[2].key == VECTOR_KEY
    assert [reference for reference, _ in first[2].pairs] == [IMAGE.text, A.text]
    moved = mounted(M2, built_of(first))
    assert moved[2].key == VECTOR_KEY
    assert [moved[line].state for line in (1, 2, 3)] == [InstructionState.STALE] * 3
    assert str(moved[1].reason) == "python:3.12: sha256:111111111111… → sha256:222222222222…"
    again = mounted(M1, built_of(first))
    assert {item.state for item in again.values()} == {InstructionState.FRESH}
