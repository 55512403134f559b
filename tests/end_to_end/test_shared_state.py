"""Builds with a state on a server: of two machines with one engine, and without the server."""

from __future__ import annotations

from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.table import Builders
from testing.command import Freshlayer
from testing.origins import ServeOrigin, fetched
from testing.postgres import Postgres

pytestmark = pytest.mark.slow


def test_builds_share_what_one_recorded_and_need_no_server(
    postgres: Postgres, builders: Builders, project: Path, tmp_path: Path
) -> None:
    assert postgres.is_running
    builder = builders["buildkit"]
    with Postgres() as server, ServeOrigin(tmp_path, '"v1"') as origin:
        url = server.database()
        text = f"FROM {BASE}\nRUN wget -q -O /a {origin.url}a\n"
        (project / "Dockerfile").write_text(text)

        def machine(name: str, **more: str) -> Freshlayer:
            environment = {**builder.environment(), "XDG_STATE_HOME": str(tmp_path / name), **more}
            return Freshlayer(environment, url, project)  # type: ignore[arg-type]

        assert machine("one").build(".").code == 0
        assert len(fetched(origin)) == 1
        assert machine("two")("check", ".").code == 0
        assert machine("two").build(".").code == 0
        origin.set_tag('"v2"')
        assert machine("two")("check", ".").code == 1
        assert machine("two").build(".").code == 0
        assert len(fetched(origin)) == 2
        assert machine("one")("check", ".").code == 0
        assert server.rows(url, "SELECT count(*) FROM build_event") == [(3,)]

        server.stop(crash=True)
        without = machine("one").build(".")
        assert without.code == 0
        assert without.err.count("nothing is remembered") == 1
        assert len(fetched(origin)) == 2
        (tmp_path / "without").mkdir()
        (tmp_path / "without" / "psycopg.py").write_text("raise ImportError('not installed')\n")
        missing = machine("one", PYTHONPATH=str(tmp_path / "without")).build(".")
        assert "it needs freshlayer[postgres] (pip install 'freshlayer[postgres]')" in missing.err
