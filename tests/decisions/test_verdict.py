"""Verdicts; the edge cases that have a number are in evidence/test_cases.py."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshlayer.decisions.verdict import judge
from freshlayer.evidence import Hop, of_hops, validators
from freshlayer.model.evidence import Identity, Strength, Validators, contrast
from freshlayer.model.observation import Certainty, Change, Observation, ProbeOutcome, Recorded, Verdict
from freshlayer.model.reasons import Reason
from freshlayer.reference import parse

URL = parse("https://example.org/a")
LM = "Tue, 14 Nov 2023 22:13:20 GMT"
AT = "2023-11-14 22:13"
LATER = "Tue, 14 Nov 2023 22:13:21 GMT"
SHA1, MD5 = "ab" * 20, "XUFAKrxLKna5cZ2REBfFkg=="
OLD = "{SHA1{465fb0d9b9f143ad691c7c3bcf3801b47284f8555}}"
NEW = "{SHA1{465fb0d9b9f143ad691c7c3bcf3801b47284f8333}}"


def seen(*lines: str, status: int = 200) -> Observation:
    pairs = [line.partition(":")[::2] for line in lines]
    hop = Hop(status, tuple((name.lower(), value.strip()) for name, value in pairs))
    return Observation(URL, ProbeOutcome.SEEN, Reason("observed"), of_hops((hop,)), validators(hop))


def recorded(*lines: str) -> Recorded:
    keep = judge(None, seen(*lines)).keep
    assert keep is not None
    return keep


def said(outcome: ProbeOutcome, reason: str) -> Observation:
    return Observation(URL, outcome, Reason("probe-failed", detail=reason))


def after(before: list[str], now: list[str]) -> Verdict:
    return judge(recorded(*before), seen(*now))


SURE, MAYBE = Certainty.CERTAIN, Certainty.PROBABLE
UNCHANGED, CHANGED, UNKNOWN = Change.UNCHANGED, Change.CHANGED, Change.UNKNOWN
APACHE_A, APACHE_B = (f'ETag: "{inode}-15e0-{1_700_000_000_123_456:x}"' for inode in ("2a", "ffe1"))
NGINX = 'ETag: "6553f100-15e0"'

PAIRS: list[tuple[str, list[str], list[str], Change, Certainty]] = [
    ("another strong tag", ['ETag: "a"'], ['ETag: "b"'], CHANGED, MAYBE),
    ("the story's tags", [f'ETag: "{OLD}"'], [f'ETag: "{NEW}"'], CHANGED, MAYBE),
    ("another hash", [f"X-Checksum-Sha1: {SHA1}"], ["X-Checksum-Sha1: " + "cd" * 20], CHANGED, SURE),
    (
        "the date moved under an equal tag",
        ['ETag: "a"', f"Last-Modified: {LM}"],
        ['ETag: "a"', f"Last-Modified: {LATER}"],
        UNCHANGED,
        SURE,
    ),
    ("unequal lengths", ["Content-Length: 5"], ["Content-Length: 6"], CHANGED, SURE),
    ("equal lengths", ["Content-Length: 5"], ["Content-Length: 5"], UNKNOWN, MAYBE),
]


@pytest.mark.parametrize(
    ("before", "now", "change", "certainty"), [row[1:] for row in PAIRS], ids=[row[0] for row in PAIRS]
)
def test_an_input_is_judged_by_what_was_recorded(
    before: list[str], now: list[str], change: Change, certainty: Certainty
) -> None:
    verdict = after(before, now)
    assert (verdict.change, verdict.certainty) == (change, certainty)
    assert verdict.reason.text
    if change is UNKNOWN:
        # What can't be compared is not kept: it stays unknown, and loud, rather than be taken for known.
        assert verdict.keep is None
    else:
        assert verdict.keep is not None
        assert verdict.keep.identity == verdict.identity
    if change is not CHANGED:
        assert verdict.identity == recorded(*before).identity


def test_what_changed_takes_the_strongest_of_the_new_evidence() -> None:
    verdict = after(['ETag: "a"'], ['ETag: "b"', f"Content-MD5: {MD5}"])
    assert verdict.identity is not None
    assert verdict.identity.scheme == "md5"
    assert verdict.keep is not None
    assert verdict.keep.identity == verdict.identity


def test_a_header_that_comes_and_goes_is_no_change() -> None:
    """Design rule 2: while the strongest common scheme says unchanged, the identity stays."""
    kept = recorded('ETag: "a"', f"Last-Modified: {LM}", "Content-Length: 5")
    identity = kept.identity
    for lines in (
        [f"Last-Modified: {LM}", "Content-Length: 5"],
        [f"Last-Modified: {LM}", "Content-Length: 5", f"Content-MD5: {MD5}"],
        ['ETag: "other"', f"Content-MD5: {MD5}"],
        ['ETag: "a"', "Content-Length: 5", f"Content-MD5: {MD5}"],
    ):
        verdict = judge(kept, seen(*lines))
        assert (verdict.change, verdict.identity) == (UNCHANGED, identity)
        assert verdict.keep is not None
        kept = verdict.keep


def test_the_first_observation_is_first_seen() -> None:
    verdict = judge(None, seen('ETag: "a"'))
    assert verdict.change is Change.FIRST_SEEN
    assert verdict.identity == Identity("etag", "a", Strength.STRONG)
    assert verdict.reason.text == 'never recorded before; it is "a"'
    assert verdict.keep is not None
    assert verdict.keep.validators == Validators('"a"')


def test_every_verdict_tells_of_an_answer_out_of_a_cache() -> None:
    aged = ['ETag: "b"', "Age: 290"]
    verdicts = [judge(None, seen(*aged)), after(['ETag: "a"'], aged), after(['ETag: "b"'], aged)]
    assert [verdict.change for verdict in verdicts] == [Change.FIRST_SEEN, CHANGED, UNCHANGED]
    assert all(verdict.reason.text.endswith("290 s old, which may be out of date") for verdict in verdicts)


def test_a_young_file_matters_only_where_a_date_decides() -> None:
    young = [f"Last-Modified: {LM}", f"Date: {LATER}"]
    assert "may change again" in after(young, young).reason.text
    tagged = ['ETag: "a"', *young]
    assert after(tagged, tagged).reason.text == 'still "a"'


def test_weak_evidence_is_called_weak() -> None:
    assert judge(None, seen('ETag: W/"a"')).reason.text.endswith("(weak evidence)")


def test_an_origin_that_fails_and_was_never_seen_has_no_identity() -> None:
    verdict = judge(None, said(ProbeOutcome.UNKNOWN, "timed out"))
    assert (verdict.change, verdict.identity) == (UNKNOWN, None)


def test_an_identity_from_a_file_can_be_revalidated_and_compared() -> None:
    kept = Recorded.of(Identity("etag", "a", Strength.STRONG))
    assert kept.validators == Validators('"a"')
    assert judge(kept, seen('ETag: "a"', f"Last-Modified: {LM}")).change is UNCHANGED
    assert judge(kept, seen('ETag: "b"')).change is CHANGED


def test_the_reason_of_a_change_shows_where_the_tags_differ() -> None:
    assert after([f'ETag: "{OLD}"'], [f'ETag: "{NEW}"']).reason.text == 'was "…8555", now "…8333"'


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        (("etag", OLD), ("etag", NEW), 'was "…8555", now "…8333"'),
        (("etag", "v1"), ("etag", "v2"), 'was "v1", now "v2"'),
        (("sha256", "a" * 64), ("sha256", "b" * 64), f"was sha256:{'a' * 12}, now sha256:{'b' * 12}"),
        (("length", "5"), ("length", "6"), "was length:5, now length:6"),
        (
            ("last-modified", "1700000000/5600"),
            ("last-modified", "1700000001/5600"),
            f"was last-modified {AT}:20Z, 5600 bytes, now last-modified {AT}:21Z, 5600 bytes",
        ),
        (
            ("mtime-s", "1700000000/5600"),
            ("etag", "v1"),
            f'was mtime-s {AT}:20Z, 5600 bytes, now "v1"',
        ),
    ],
)
def test_a_contrast_is_short(old: tuple[str, str], new: tuple[str, str], wanted: str) -> None:
    assert contrast(Identity(*old, Strength.STRONG), Identity(*new, Strength.STRONG)) == wanted


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (("etag", "x" * 20 + "1-same"), ("etag", "x" * 20 + "2-same")),
        (("sha256", "a" * 63 + "1"), ("sha256", "a" * 63 + "2")),
        (("last-modified", "1/5"), ("last-modified", "1/-")),
    ],
)
def test_a_contrast_shows_a_difference_wherever_it_stands(old: tuple[str, str], new: tuple[str, str]) -> None:
    before, _, now = contrast(Identity(*old, Strength.STRONG), Identity(*new, Strength.STRONG)).partition(
        ", now "
    )
    assert before.removeprefix("was ") != now


TAGS = st.one_of(
    st.none(),
    st.sampled_from(["a", "b", "6553f100-15e0", OLD, NEW]).flatmap(
        lambda core: st.sampled_from([f'"{core}"', f'W/"{core}"', f'"{core}-gzip"'])
    ),
)
LINES = st.tuples(
    TAGS.map(lambda tag: [f"ETag: {tag}"] if tag else []),
    st.sampled_from([[], [f"Last-Modified: {LM}"], [f"Last-Modified: {LATER}"]]),
    st.sampled_from([[], ["Content-Length: 5600"], ["Content-Length: 0"]]),
    st.sampled_from([[], [f"Content-MD5: {MD5}"]]),
).map(lambda parts: [line for part in parts for line in part])
OBSERVATIONS = st.one_of(
    LINES.map(lambda lines: seen(*lines)),
    st.sampled_from(
        [
            said(ProbeOutcome.UNKNOWN, "no"),
            said(ProbeOutcome.ABSENT, "404"),
            said(ProbeOutcome.NOT_MODIFIED, "304"),
        ]
    ),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(OBSERVATIONS, max_size=4))
def test_every_verdict_has_a_reason_and_only_a_change_moves_an_identity(
    observations: list[Observation],
) -> None:
    kept: Recorded | None = None
    for observation in observations:
        verdict = judge(kept, observation)
        assert verdict.reason.text
        if kept is not None and verdict.change is not CHANGED:
            assert verdict.identity == kept.identity
        kept = verdict.keep or kept


@settings(max_examples=50, deadline=None)
@given(LINES)
def test_the_same_answer_twice_is_never_a_change(lines: list[str]) -> None:
    first = judge(None, seen(*lines))
    if first.keep is not None:
        assert judge(first.keep, seen(*lines)).change in {UNCHANGED, UNKNOWN}


@pytest.mark.parametrize("value", ["\x9b2J", "\x85", "a\xadb", "x" * 400])
def test_what_an_origin_says_is_shown_without_terminal_controls(value: str) -> None:
    """C1 controls may stand in a tag (obs-text, RFC 9110 §8.8.3), and some terminals obey them."""
    heard = of_hops((Hop(200, (("etag", f'"{value}"'),)),))
    assert all(found.identity.short.isprintable() for found in heard)
    assert judge(
        None, Observation(URL, ProbeOutcome.SEEN, Reason("observed"), heard)
    ).reason.text.isprintable()
