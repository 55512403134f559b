from __future__ import annotations

import pytest

from freshlayer.evidence import compare, is_revalidated, strongest, union, wants_body
from freshlayer.evidence.order import in_order
from freshlayer.model.evidence import Evidence, Strength, Validators
from freshlayer.model.observation import Recorded
from freshlayer.model.reasons import Reason

C, S, W, H, Z = Strength.CONTENT, Strength.STRONG, Strength.WEAK, Strength.HEURISTIC, Strength.SIZE


def ev(scheme: str, value: str, strength: Strength, ignored: str = "") -> Evidence:
    return Evidence(scheme, value, strength, ignored=Reason("tag-unstable") if ignored else None)


def sha(value: str) -> Evidence:
    return ev("sha256", value, C)


def md5(value: str) -> Evidence:
    return ev("md5", value, C)


def tag(value: str, strength: Strength = S) -> Evidence:
    return ev("etag", value, strength)


def crc(value: str) -> Evidence:
    return ev("crc32c", value, Strength.CHECKSUM)


def modified(value: str) -> Evidence:
    return ev("last-modified", value, H)


def length(value: int) -> Evidence:
    return ev("length", str(value), Z)


CASES: list[tuple[str, list[Evidence], list[Evidence], bool | None, bool]] = [
    ("equal hash", [sha("a")], [sha("a")], True, True),
    ("unequal hash", [sha("a")], [sha("b")], False, True),
    (
        "equal hash, other tag and date",
        [sha("a"), tag("1"), modified("1/5")],
        [sha("a"), tag("2"), modified("2/5")],
        True,
        True,
    ),
    ("the strongest hash decides", [sha("a"), md5("1")], [sha("b"), md5("1")], False, True),
    ("equal strong tag", [tag("1")], [tag("1")], True, True),
    ("unequal strong tag", [tag("1")], [tag("2")], False, False),
    ("unequal length proves it", [tag("1"), length(5)], [tag("2"), length(6)], False, True),
    ("unequal length under an equal strong tag", [tag("1"), length(5)], [tag("1"), length(6)], False, False),
    ("unequal length under an equal weak tag", [tag("1", W), length(5)], [tag("1"), length(6)], False, True),
    ("unequal length under an equal hash", [sha("a"), length(5)], [sha("a"), length(6)], True, False),
    ("unequal length under unequal hashes", [sha("a"), length(5)], [sha("b"), length(6)], False, True),
    ("a tag that moved under an equal checksum", [tag("1"), crc("1")], [tag("2"), crc("1")], True, False),
    ("a tag that moved with the checksum", [tag("1"), crc("1")], [tag("2"), crc("2")], False, False),
    ("an equal tag over another checksum", [tag("1"), crc("1")], [tag("1"), crc("2")], True, True),
    ("an equal checksum, other lengths", [crc("1"), length(5)], [crc("1"), length(6)], False, True),
    ("equal, stated once and claimed once", [md5("1")], [ev("md5", "1", Strength.CHECKSUM)], True, False),
    ("equal weak tag", [tag("1", W)], [tag("1", W)], True, False),
    ("a tag came", [modified("1/5")], [tag("1"), modified("1/5")], True, False),
    ("equal length alone", [length(5)], [length(5)], None, False),
    ("unequal length alone", [length(5)], [length(6)], False, True),
    ("nothing", [], [], None, False),
    ("nothing before", [], [tag("1")], None, False),
    ("nothing now", [tag("1")], [], None, False),
    ("what is ignored does not count", [ev("md5", "1", C, "no")], [md5("2")], None, False),
    ("what is ignored now does not count", [md5("1")], [ev("md5", "2", C, "no")], None, False),
]


@pytest.mark.parametrize(
    ("old", "new", "same", "certain"), [row[1:] for row in CASES], ids=[row[0] for row in CASES]
)
def test_two_sets_of_evidence_are_compared_on_the_strongest_that_both_have(
    *, old: list[Evidence], new: list[Evidence], same: bool | None, certain: bool
) -> None:
    found = compare(tuple(old), tuple(new))
    assert (found.same, found.certain) == (same, certain)


def test_an_equal_tag_behind_a_redirect_is_not_certain() -> None:
    behind = Evidence("etag", "1", S, hop=1)
    found = [compare((tag("1"),), (behind,)), compare((behind,), (tag("1"),))]
    assert [(comparison.same, comparison.certain) for comparison in found] == [(True, False)] * 2
    assert not is_revalidated(Recorded(behind.identity, (behind,), Validators('"1"')))


def test_the_order_of_two_answers_does_not_decide_which_pair_does() -> None:
    strong, weak = (tag("1"), crc("1")), (tag("1", W), crc("2"))
    assert (compare(strong, weak).same, compare(weak, strong).same) == (False, False)


@pytest.mark.parametrize(
    ("known", "sent", "proven"),
    [
        (tag("a"), '"a"', True),
        (tag("a"), "a", True),
        (tag("a"), 'W/"a"', False),
        (tag("a", W), '"a"', False),
        (tag("a"), '"b"', False),
        (tag("a"), "", False),
        (tag(""), "", False),
        (tag("1618574428"), '"1618574428"', False),
    ],
)
def test_not_modified_proves_where_the_tag_that_was_sent_is_strong(
    known: Evidence, sent: str, *, proven: bool
) -> None:
    assert is_revalidated(Recorded(known.identity, (known,), Validators(sent))) is proven


def test_a_comparison_names_the_pair_that_decided() -> None:
    found = compare((tag("1"), length(5)), (tag("2"), length(5)))
    assert (found.old, found.new) == (tag("1"), tag("2"))


def test_the_identity_is_drawn_from_the_strongest_that_counts() -> None:
    assert strongest((length(5), ev("sha512", "a", C, "no"), tag("1"), md5("2"))) == md5("2")
    assert strongest((ev("sha512", "a", C, "no"),)) is None
    assert strongest(()) is None


def test_the_strengths_stand_in_the_designs_order() -> None:
    names = ["content", "strong", "checksum", "weak", "heuristic", "size", "none"]
    assert [strength.value for strength in sorted(Strength, key=lambda s: s.rank)] == names


def test_of_two_hops_the_later_one_counts() -> None:
    early, late = Evidence("sha1", "a", C, hop=0), Evidence("sha1", "b", C, hop=1)
    assert in_order([early, late]) == (late, early)


def test_all_evidence_is_kept_and_the_new_replaces_the_old_of_its_scheme() -> None:
    new, old = (tag("2"), ev("md5", "x", C, "no")), (sha("a"), tag("1"), length(5))
    assert union(new, old) == (sha("a"), tag("2"), length(5))


BODY = [
    ("nothing at all", [], None, None, True),
    ("an uploader's hash", [ev("md5", "1", Strength.CHECKSUM)], None, 5, False),
    ("a hash is stated", [sha("a")], None, 5, False),
    ("a strong tag", [tag("1")], None, 5, False),
    ("a checksum", [ev("crc32c", "1", Strength.CHECKSUM)], None, 5, False),
    ("a weak tag, small", [tag("1", W)], None, 10, True),
    ("a weak tag, too big", [tag("1", W)], None, 11, False),
    ("a date, small", [modified("1/5")], None, 5, True),
    ("a weak tag that did not move", [tag("1", W)], [sha("a"), tag("1", W)], 5, False),
    ("a weak tag that moved", [tag("2", W)], [sha("a"), tag("1", W)], 5, True),
    ("nothing, as before", [], [sha("a")], 5, True),
]


@pytest.mark.parametrize(
    ("now", "before", "size", "wanted"), [row[1:] for row in BODY], ids=[row[0] for row in BODY]
)
def test_a_body_is_read_only_where_nothing_better_stands_for_it(
    now: list[Evidence],
    before: list[Evidence] | None,
    size: int | None,
    *,
    wanted: bool,
) -> None:
    recorded = Recorded(before[0].identity, tuple(before), Validators()) if before else None
    assert wants_body(tuple(now), recorded, size, 10) is wanted
