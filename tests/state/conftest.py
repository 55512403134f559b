"""The members of Database: a test that has ``place`` runs over each of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from freshlayer.state.places import Place, Server
from testing.postgres import Postgres


def _file(request: pytest.FixtureRequest) -> Place:
    path: Path = request.getfixturevalue("tmp_path")
    return path / "state"


def _server(request: pytest.FixtureRequest) -> Place:
    postgres: Postgres = request.getfixturevalue("postgres")
    return Server(postgres.database())


MEMBERS: dict[str, Callable[[pytest.FixtureRequest], Place]] = {"sqlite": _file, "postgres": _server}
"""A new member is a row here."""


@pytest.fixture(params=list(MEMBERS))
def place(request: pytest.FixtureRequest) -> Place:
    """An empty state."""
    return MEMBERS[request.param](request)
