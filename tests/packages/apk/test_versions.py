"""The order of versions, as apk-package(5) describes it and as ``apk version -t`` answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from freshlayer.packages.apk.versions import accepts, compare, is_valid, key

# Each line from the oldest to the newest; versions with = between them are equal.
ORDERS = """
1.0_alpha 1.0_alpha1 1.0_alpha2 1.0_beta 1.0_pre1 1.0_rc 1.0_rc1 1.0_rc1-r1 1.0 1.0-r1
1.0-r1 1.0_cvs 1.0_svn 1.0_git20200101 1.0_hg 1.0_p 1.0_p1 1.0_p2 1.0a 1.0b 1.0.1 1.1
0.9 1 1-r0 1-r9 1-r10 1.0 2 10 11.4 20240101
1.01 1.02 1.1 1.2 1.10
1.001 1.01 1.1
1.0 = 1.0
01 = 1
1.0-r01 = 1.0-r1
3.2_p20 3.2_p100 3.2.1
5.38.0_rc1 5.38.0-r0 5.38.2-r1
2.4_rc1_git2 2.4_rc1_git3 2.4_rc2
1.2.3~abc1 1.2.3~abd0 1.2.3_p1
""".strip().splitlines()
PAIRS = [
    (words[at], words[at + 1])
    for words in (line.split() for line in ORDERS if "=" not in line.split())
    for at in range(len(words) - 1)
]
EQUAL = [tuple(line.split(" = ")) for line in ORDERS if " = " in line]

PARTS = some.lists(some.sampled_from(["0", "1", "01", "10", "007", "99"]), min_size=1, max_size=3)
SUFFIXES = some.lists(some.sampled_from(["_alpha", "_rc1", "_p", "_git12", "_p2"]), max_size=2)
VERSIONS = some.builds(
    lambda parts, letter, suffixes, revision: ".".join(parts) + letter + "".join(suffixes) + revision,
    PARTS,
    some.sampled_from(["", "", "a", "z"]),
    SUFFIXES,
    some.sampled_from(["", "-r0", "-r1", "-r10"]),
)


@pytest.mark.parametrize(("older", "newer"), PAIRS)
def test_an_older_version_is_before_a_newer_one(older: str, newer: str) -> None:
    assert compare(older, newer) < 0 < compare(newer, older)
    assert accepts("<", newer, older)
    assert accepts(">=", older, newer)
    assert not accepts(">", newer, older)


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_equal_versions(one: str, other: str) -> None:
    assert compare(one, other) == 0


@pytest.mark.parametrize(
    ("operator", "wanted", "version", "is_accepted"),
    [
        ("=", "1.2", "1.2", True),
        ("=", "1.2", "1.2-r0", False),
        ("~", "1.2", "1.2-r0", True),
        ("~", "1.2", "1.2.9", True),
        ("~", "1.2", "1.2_rc1", True),
        ("~", "1.2", "1.20", False),
        ("~=", "1.2", "1.2.3", True),
        ("~", "1", "1.9", True),
        (">~", "1.2", "1.2_rc1", True),
        (">~", "1.2", "1.3", True),
        ("<~", "1.2", "1.2.9", True),
        ("<~", "1.2", "1.3", False),
        (">", "1.2", "1.2-r1", True),
        ("<=", "1.2", "1.2", True),
    ],
)
def test_what_a_dependency_accepts(operator: str, wanted: str, version: str, is_accepted: bool) -> None:  # noqa: FBT001
    assert accepts(operator, wanted, version) is is_accepted


@pytest.mark.parametrize(
    "text", ["", "a1", "1..2", "1.", "1_", "1_x", "1-r", "1-1", "1.2ab", "1a.1", "v1", "1.0-r1_p1", "9" * 300]
)
def test_what_is_not_a_version(text: str) -> None:
    assert not is_valid(text)
    assert compare(text, text) == 0


@pytest.mark.parametrize(
    "text", ["1", "1.2.3", "1.2a", "1_alpha3", "1_git20240101-r0", "1.2~abc-r3", "0", "00.1"]
)
def test_what_is_a_version(text: str) -> None:
    assert is_valid(text)


@given(VERSIONS, VERSIONS, VERSIONS)
def test_the_order_is_total(one: str, two: str, three: str) -> None:
    assert compare(one, two) == -compare(two, one)
    if compare(one, two) <= 0 and compare(two, three) <= 0:
        assert compare(one, three) <= 0


@given(VERSIONS)
def test_a_suffix_of_a_pre_release_comes_before(version: str) -> None:
    plain = version.partition("-r")[0]
    if "_" not in plain:
        assert compare(f"{plain}_beta", plain) < 0 < compare(f"{plain}_p", plain)


@given(some.text(max_size=20))
def test_any_text_has_a_place(text: str) -> None:
    assert key(text)
    assert compare(text, "1.0") == -compare("1.0", text)
