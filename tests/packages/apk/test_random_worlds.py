"""What holds for any answer: nothing is missing, nothing is left over, nothing conflicts."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as some

from freshlayer.packages.apk.dependencies import Dependency, all_of
from freshlayer.packages.apk.records import Record, records
from freshlayer.packages.apk.root import Outcome
from testing.apk_worlds import Fields, World, index_text, made, ours, versions

SEEDS = some.integers(min_value=1000, max_value=1_000_000)


def names_of(record: Record) -> list[tuple[str, str | None]]:
    return [
        (record.name, record.version),
        *((one.name, one.version or None) for one in all_of(record.provides)),
    ]


def is_met(need: Dependency, by: Iterable[Record], of: Record | None = None) -> bool:
    """Read from what is installed alone, not from what the solver knows."""
    matching = [
        one
        for one in by
        for name, version in names_of(one)
        if name == need.name and need.matches(version, one.checksum)
    ]
    return all(one == of for one in matching) if need.conflict else bool(matching)


def unmet(outcome: Outcome) -> list[str]:
    installed = outcome.root.installed
    wanted: list[tuple[Dependency, Record | None]] = [(need, None) for need in outcome.root.world]
    wanted += [(need, one) for one in installed for need in all_of(one.depends)]
    return [need.text for need, of in wanted if not is_met(need, installed, of)]


def reached(outcome: Outcome) -> set[Record]:
    """What the world needs, and what is installed by itself beside it."""
    found: set[Record] = set()
    needs = list(outcome.root.world)
    while True:
        new = {
            one
            for one in outcome.root.installed
            if one not in found
            and (any(is_met(need, [one]) for need in needs if not need.conflict) or is_triggered(one, found))
        }
        if not new:
            return found
        found |= new
        needs += [need for one in new for need in all_of(one.depends)]


def is_triggered(record: Record, found: set[Record]) -> bool:
    conditions = all_of(record.install_if)
    return bool(conditions) and all(is_met(need, found) for need in conditions)


@settings(max_examples=500, deadline=None)
@given(SEEDS, some.booleans())
def test_an_answer_holds(seed: int, wild: bool) -> None:  # noqa: FBT001 - a drawn value
    outcome = ours(made(seed, wild=wild))
    if outcome.problems:
        return
    assert unmet(outcome) == []
    assert len({one.name for one in outcome.root.installed}) == len(outcome.root.installed)
    assert set(outcome.root.installed) == reached(outcome)


@settings(max_examples=100, deadline=None)
@given(SEEDS, some.booleans())
def test_the_same_world_has_the_same_answer(seed: int, wild: bool) -> None:  # noqa: FBT001
    assert ours(made(seed, wild=wild)) == ours(made(seed, wild=wild))


@settings(max_examples=200, deadline=None)
@given(SEEDS)
def test_what_is_refused_leaves_the_root_as_it_is(seed: int) -> None:
    world = made(seed, wild=True)
    outcome = ours(world)
    if outcome.problems:
        assert index_text(world.installed).count("P:") == len(outcome.root.installed)
        assert not outcome.installed


@settings(max_examples=200, deadline=None)
@given(SEEDS)
def test_a_second_time_nothing_is_installed(seed: int) -> None:
    world = made(seed, wild=False)
    first = ours(world)
    if first.problems or world.arguments[0] == "del" or "--virtual" in world.arguments:
        return
    constraints = tuple(one.text for one in first.root.world)
    installed = tuple(fields_of(one) for one in first.root.installed)
    again = ours(World(world.repositories, world.arguments, constraints, installed))
    assert again.installed == ()
    assert versions(again) == versions(first)


def fields_of(record: Record) -> Fields:
    fields = {
        "P": record.name,
        "V": record.version,
        "C": record.checksum,
        "D": " ".join(record.depends),
        "p": " ".join(record.provides),
        "i": " ".join(record.install_if),
        "k": str(record.priority or ""),
    }
    return {letter: value for letter, value in fields.items() if value}


# Repositories with two versions of some names: every combination can be tried.

NAMES = ("a", "b", "c", "d")
NEEDS = some.builds(
    lambda name, how, version: f"{name}{how}{version}" if how else name,
    some.sampled_from(NAMES),
    some.sampled_from(["", "", "=", ">=", "<"]),
    some.sampled_from(["1", "2"]),
)
PACKAGES = some.builds(
    lambda name, version, needs: {
        "P": name,
        "V": version,
        "D": " ".join(need for need in dict.fromkeys(needs) if need[0] != name),
    },
    some.sampled_from(NAMES),
    some.sampled_from(["1", "2"]),
    some.lists(NEEDS, max_size=2, unique_by=lambda need: need[0]),
)
REPOSITORIES = some.lists(PACKAGES, min_size=1, max_size=7, unique_by=lambda one: (one["P"], one["V"]))


@settings(max_examples=400, deadline=None)
@given(REPOSITORIES, some.lists(NEEDS, min_size=1, max_size=2, unique_by=lambda need: need[0]))
def test_an_answer_is_one_of_all_that_are_possible(repository: list[Fields], words: list[str]) -> None:
    outcome = ours(World((("", tuple(repository)),), ("add", *words)))
    found = list(records(line.encode() for line in index_text(tuple(repository)).splitlines()))
    possible = list(solutions(found, [*all_of(words)]))
    if not outcome.problems:
        assert frozenset(outcome.root.installed) in possible
    elif len({one.name for one in found}) == len(found):
        assert possible == []


def solutions(found: list[Record], world: list[Dependency]) -> Iterable[frozenset[Record]]:
    by_name = {name: [one for one in found if one.name == name] for name in NAMES}
    for chosen in product(*([None, *options] for options in by_name.values())):
        packages = [one for one in chosen if one is not None]
        needs = [*world, *(need for one in packages for need in all_of(one.depends))]
        if all(is_met(need, packages) for need in needs):
            yield frozenset(packages)
