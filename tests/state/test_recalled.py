"""What is recorded, as it is recalled: a mapping whose values are made when they are read."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.observation import Recorded
from freshlayer.reference import parse
from freshlayer.state.observations import Recalled, row_of

A, B, C = (parse(f"https://example.org/{name}") for name in "abc")


def known(value: str, at: int) -> Recorded:
    found = Recorded.of(Identity("etag", value, Strength.STRONG))
    return replace(found, probed_at=at, full_answer=at)


def recalled() -> Recalled:
    rows = [row_of(it, known(it.text, at), at) for it, at in ((A, 1), (B, 2))]
    return Recalled(rows, {it.text: it for it in (A, B)})


def test_it_is_a_mapping_of_what_rows_hold() -> None:
    found = recalled()
    assert found == {A: known(A.text, 1), B: known(B.text, 2)}
    assert (list(found), len(found), C in found, found.get(C)) == ([A, B], 2, False, None)


def test_what_is_set_replaces_a_row() -> None:
    found = recalled()
    assert found[A] == known(A.text, 1)
    found[A] = found[C] = known("3", 3)
    assert found == {A: known("3", 3), B: known(B.text, 2), C: known("3", 3)}
    assert all(found.identity(it) == found[it].identity for it in (A, B, C))
    del found[A], found[B]
    assert found == {C: known("3", 3)}
    with pytest.raises(KeyError):
        del found[A]


def test_of_many_all_are_read_again() -> None:
    many = [parse(f"https://example.org/{number}") for number in range(2_500)]
    rows = [row_of(it, known(it.text, number % 3), number % 3) for number, it in enumerate(many)]
    found = Recalled(rows, {it.text: it for it in many})
    for _ in range(2):
        assert [it.identity.value for it in found.values()] == [it.text for it in many]
