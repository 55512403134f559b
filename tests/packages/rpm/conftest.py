"""A distribution of its own, and what dnf would install in its base."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testing.rpm.dnf_oracle import Dnf
from testing.rpm.world import World, make_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("rpm"))


@pytest.fixture(scope="session")
def dnf(world: World) -> Iterator[Dnf]:
    with world.dnf("state-dnf") as oracle:
        yield oracle
