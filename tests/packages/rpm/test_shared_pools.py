"""Commands of one run share what libsolv has loaded: their answers are those of a pool of their own."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from packageurl import PackageURL

from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import IndexAnswer, IndexFile, PackageChain, PackageRun, Resolution
from freshlayer.packages.rpm.identity import Distribution
from testing.rpm import distribution, index
from testing.rpm.driver import Driver
from testing.rpm.world import World, command

INSTALLED = {
    "name": "old",
    "version": "1",
    "release": "1",
    "arch": "noarch",
    "provides": [["old", "=", "1-1"]],
}
LINES: list[list[str]] = [
    ["install", "nginx"],
    ["install", "--exclude=pkg0*", "pkg159", "nginx"],
    ["install", "nginx"],
    ["install", "/usr/bin/pkg001"],
    ["upgrade"],
    ["install", "pkg150", "pkg140"],
    ["install", "--setopt=install_weak_deps=0", "nginx"],
    ["install", "nothing-of-this-name"],
    ["install", "nginx"],
]


class _OneRun(Driver):
    """The indexes stay open from one chain to the next, as in one run."""

    known: dict[IndexFile, IndexAnswer]

    def answer(self, file: IndexFile) -> IndexAnswer:
        if file not in self.known:
            self.known[file] = super().answer(file)
        return self.known[file]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    directory = tmp_path_factory.mktemp("shared")
    index.write(distribution.base("1"), directory / "base1")
    index.write([*distribution.base("2"), *distribution.repository()], directory / "repo")
    return World(directory, installed=json.dumps(INSTALLED))


def resolved(driver: Driver, world: World, line: Sequence[str]) -> Resolution:
    run = PackageRun(1, 1, (command(line),), PackagePolicy.CLOSURE)
    return driver.resolve(PackageChain(("test", "linux/amd64"), (run,)), world.contents)[1]


def test_a_shared_pool_answers_as_one_of_its_own(world: World) -> None:
    own = world.driver()
    shared = _OneRun(own.manager, own.cache, own.served)
    shared.known = {}
    found = [resolved(shared, world, line) for line in LINES]
    assert found == [resolved(world.driver(), world, line) for line in LINES]
    assert sum(bool(it.packages) for it in found) > 4


def test_other_installed_packages_are_another_pool(world: World) -> None:
    own = world.driver()
    shared = _OneRun(own.manager, own.cache, own.served)
    shared.known = {}
    every = resolved(shared, world, ["install", "nginx"]).packages
    first = next(it for it in every if it.name != "nginx")
    there = {
        **INSTALLED,
        "name": first.name,
        "provides": [[first.name, "=", first.version]],
        "arch": "noarch",
    }
    there |= dict(zip(("version", "release"), first.version.rpartition(":")[2].split("-"), strict=True))
    other = World(world.directory, installed=f"{world.installed}\n{json.dumps(there)}")
    names = {it.name for it in resolved(shared, other, ["install", "nginx"]).packages}
    assert first.name not in names or len(names) < len(every)
    assert resolved(shared, world, ["install", "nginx"]).packages == every


@pytest.mark.parametrize(
    "release", [{}, {"ID": "fedora", "VERSION_ID": "41"}, {"ID": "A b+", "VERSION_ID": "8=a"}, {"ID": "a\0b"}]
)
def test_a_package_url_is_that_of_the_library(release: dict[str, str]) -> None:
    known = Distribution(release)
    for name in ("curl", "libstdc++", "Py.Thon_x-1", "a b", "a%b", "x=a", "~x"):
        for arch in ("x86_64", "noarch", "a+b", "a"):
            qualifiers = {"arch": arch} | ({"distro": known.qualifier} if known.qualifier else {})
            made = PackageURL("rpm", known.namespace or None, name, qualifiers=qualifiers)
            assert known.purl(name, arch) == made.to_string()
