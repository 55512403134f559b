"""Servers that take long to start: one of each for all tests that ask them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testing.servers.needs import require
from testing.stores.azure import Azurite
from testing.stores.maven import MavenRepository
from testing.stores.s3 import SeaweedS3


@pytest.fixture(scope="session")
def seaweed() -> Iterator[SeaweedS3]:
    require("nginx", SeaweedS3.PROGRAM)
    with SeaweedS3() as store:
        yield store


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    require("nginx", "node", Azurite.PROGRAM)
    with Azurite() as store:
        yield store


@pytest.fixture(scope="session")
def maven() -> Iterator[MavenRepository]:
    require("nginx", "mvn")
    with MavenRepository() as repository:
        yield repository
