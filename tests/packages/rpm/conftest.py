"""A distribution of its own, and what dnf would install in its base."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest

from testing.rpm import distribution
from testing.rpm.dnf_oracle import Dnf
from testing.rpm.modular import make_modular
from testing.rpm.world import World, make_world

SECURITY = frozenset({"openssl-libs", "bash"})
"""The packages of which the newer version is a security update."""


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    if lacking := [name for name in ("dnf", "createrepo_c", "rpmbuild") if not shutil.which(name)]:
        pytest.skip(f"{', '.join(lacking)} not installed (scripts/setup servers)")
    return make_world(tmp_path_factory.mktemp("rpm"))


@pytest.fixture(scope="session")
def dnf(world: World) -> Iterator[Dnf]:
    with world.dnf("state-dnf") as oracle:
        yield oracle


@pytest.fixture(scope="session")
def modular(world: World) -> World:
    """The same, with a repository of modules, groups and updates."""
    updated = [("security" if one.name in SECURITY else "bugfix", one) for one in distribution.base("2")]
    make_modular(world.directory / "modular", updated)
    return replace(world, names=("base1", "repo", "modular"))


@pytest.fixture(scope="session")
def modular_dnf(modular: World) -> Iterator[Dnf]:
    with modular.dnf("state-modular") as oracle:
        yield oracle
