"""A map of names shares with its successors, and none of them sees another's later names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from freshlayer.dockerfile.variables import Names

NAMES = st.integers(0, 700).map(lambda number: f"N{number}")


@given(st.lists(st.tuples(NAMES, st.integers(), st.integers(0, 20)), max_size=80))
def test_each_map_has_what_was_put_into_it_and_into_those_before_it(
    steps: list[tuple[str, int, int]],
) -> None:
    maps: list[tuple[Names[int], dict[str, int]]] = [(Names(), {})]
    for name, value, back in steps:
        names, model = maps[max(0, len(maps) - 1 - back)]
        maps.append((names.put(name, value), {**model, name: value}))
    every = [name for name, _, _ in steps]
    for names, model in maps:
        assert {name: names.get(name) for name in every} == {name: model.get(name) for name in every}


@given(st.dictionaries(NAMES, st.integers(), max_size=12), st.dictionaries(NAMES, st.integers(), max_size=12))
def test_names_that_are_put_at_once_are_as_one_after_the_other(
    first: dict[str, int], second: dict[str, int]
) -> None:
    empty: Names[int] = Names()
    together = empty.put_all(first).put_all(second)
    one_by_one: Names[int] = Names()
    for name, value in (first | second).items():
        one_by_one = one_by_one.put(name, value)
    assert [together.get(name) for name in first | second] == [*(first | second).values()]
    assert list(together.places) == list(one_by_one.places)


def test_many_names_are_all_found() -> None:
    names: Names[int] = Names()
    for number in range(5_000):
        names = names.put(str(number), number)
    assert [names.get(str(number)) for number in range(5_001)] == [*range(5_000), None]
