"""Random repositories: what freshlayer states is what dnf itself chooses, and it holds together."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from freshlayer.model.packages import Resolution
from testing.rpm.dnf_oracle import Dnf
from testing.rpm.index import write
from testing.rpm.packages import Package
from testing.rpm.world import URL, World, nevras

pytestmark = pytest.mark.slow

WORLDS = 60
LINES_OF_EACH = 5
_NAMES = tuple(f"p{number}" for number in range(14))
_FEATURES = tuple(f"f{number}" for number in range(6))


def random_world(seed: int) -> list[Package]:
    """A few packages in a few versions, with every kind of dependency."""
    chance = random.Random(seed)
    found: dict[str, Package] = {}
    for _ in range(chance.randrange(16, 40)):
        one = Package(
            chance.choice(_NAMES),
            str(chance.randrange(1, 4)),
            arch=chance.choice(("noarch", "noarch", "x86_64", "x86_64", "x86_64", "i686")),
            epoch=chance.choice((None, None, None, 1)),
            provides=_some(chance, 0.4, lambda: f"{chance.choice(_FEATURES)} = {chance.randrange(1, 4)}"),
            requires=_some(chance, 0.45, lambda: _dependency(chance))
            + _some(chance, 0.1, lambda: _rich(chance)),
            recommends=_some(chance, 0.25, lambda: _dependency(chance)),
            suggests=_some(chance, 0.1, lambda: _dependency(chance)),
            supplements=_some(chance, 0.1, lambda: chance.choice(_NAMES)),
            conflicts=_some(chance, 0.05, lambda: _dependency(chance)),
            obsoletes=_some(chance, 0.05, lambda: f"{chance.choice(_NAMES)} < {chance.randrange(1, 4)}"),
            files=_some(chance, 0.2, lambda: f"/usr/bin/{chance.choice(_FEATURES)}"),
        )
        found[one.nevra] = one
    return list(found.values())


def _some(chance: random.Random, share: float, make: Callable[[], str]) -> tuple[str, ...]:
    count = sum(chance.random() < share for _ in range(2))
    return tuple(make() for _ in range(count))


def _dependency(chance: random.Random) -> str:
    name = chance.choice((*_NAMES, *_NAMES, *_FEATURES, "/usr/bin/f1", "glibc", "bash"))
    if name.startswith("/") or chance.random() < 0.7:
        return name
    return f"{name} {chance.choice(('=', '<', '>', '<=', '>='))} {chance.randrange(1, 4)}"


def _rich(chance: random.Random) -> str:
    first, second = chance.choice(_NAMES), chance.choice((*_NAMES, *_FEATURES))
    return f"({first} {chance.choice(('or', 'if', 'and'))} {second})"


def lines(seed: int) -> Iterator[list[str]]:
    """Command lines that fit such a world."""
    chance = random.Random(seed)
    for _ in range(LINES_OF_EACH):
        options = [
            text
            for text, share in (("--nobest", 0.3), ("--setopt=install_weak_deps=0", 0.3))
            if chance.random() < share
        ]
        options += [f"--exclude={chance.choice(_NAMES)}"] if chance.random() < 0.15 else []
        words = [
            chance.choice((*_NAMES, *_NAMES, *_FEATURES, "/usr/bin/f1", "p1*", "p2-2", "p3.x86_64"))
            for _ in range(chance.randrange(1, 4))
        ]
        yield [*options, "install", *words]


@pytest.fixture(scope="module")
def dnf_of_base(world: World) -> Iterator[Dnf]:
    with replace(world, names=("base1",)).dnf("state-random") as dnf:
        yield dnf


def repositories(seed: int, start: str) -> list[str]:
    """The options that add the repository of a world."""
    return [f"--repofrompath=random{seed},{start}random{seed}", "--repo=base1", f"--repo=random{seed}"]


def ours(world: World, seed: int, line: list[str]) -> Resolution:
    return replace(world, names=("base1",)).resolve([*repositories(seed, URL), *line])[1]


@pytest.mark.parametrize("seed", range(WORLDS))
def test_the_closure_in_a_random_world_is_that_of_dnf(world: World, dnf_of_base: Dnf, seed: int) -> None:
    write(random_world(seed), world.directory / f"random{seed}")
    for line in lines(seed):
        theirs = dnf_of_base.choose([*repositories(seed, f"file://{world.directory}/"), *line])
        found = ours(world, seed, line)
        assert nevras(found) == theirs.chosen, (line, theirs.printed, found.problem)
        assert (found.problem is not None) == theirs.failed, (line, theirs.printed, found.problem)


def test_some_random_worlds_have_solutions_and_some_have_none(world: World) -> None:
    """Else the comparison would prove little."""
    solved = failed = 0
    for seed in range(1000, 1030):
        write(random_world(seed), world.directory / f"random{seed}")
        for line in lines(seed):
            found = ours(world, seed, line)
            solved += len(found.packages) > 1
            failed += found.problem is not None
    assert solved > 30
    assert failed > 30
