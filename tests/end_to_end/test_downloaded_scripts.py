"""Installers that a RUN downloads and executes, on real builders: what they read decides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.table import Builders
from testing.command import Freshlayer
from testing.installer import InstallerOrigin

WAYS = {
    "pipe": "RUN wget -qO- {url}/install.sh | sh -s -- edge",
    "substitution": 'RUN sh -c "$(wget -qO- {url}/install.sh)" x edge',
    "file": "RUN wget -O /i.sh {url}/install.sh && chmod +x /i.sh && /i.sh edge",
    "earlier RUN": "RUN wget -O /i.sh {url}/install.sh\nRUN sh /i.sh edge",
    "sourced": "RUN wget -O /i.sh {url}/install.sh && set -- edge && . /i.sh",
}


@pytest.fixture
def installer() -> Iterator[InstallerOrigin]:
    with InstallerOrigin() as server:
        yield server


@pytest.fixture
def run(request: pytest.FixtureRequest, builders: Builders, tmp_path: Path, project: Path) -> Freshlayer:
    return Freshlayer.of(builders[request.param], tmp_path / "state.sqlite3", project)


def built(run: Freshlayer, origin: InstallerOrigin) -> list[str]:
    """Build; the paths that the builder itself got."""
    origin.requests()
    done = run.build(".")
    assert done.code == 0, done.err
    requests = origin.requests()
    return [it.target for it in requests if not it.headers.get("user-agent", "").startswith("freshlayer")]


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("run", ["buildkit", "classic"], indirect=True)
def test_a_version_that_moves_inside_an_installer_runs_it_again(
    run: Freshlayer, project: Path, installer: InstallerOrigin, way: str
) -> None:
    text = WAYS[way].replace("{url}", installer.url)
    (project / "Dockerfile").write_text(f"FROM {BASE}\nRUN echo before\n{text}\n")
    assert "/edge/latest" in built(run, installer)
    assert built(run, installer) == []
    installer.files["/stable/latest"] = "2.0"
    assert built(run, installer) == []
    installer.files["/edge/latest"] = "2.0"
    checked = run("check", "--network=host", ".")
    assert checked.code == 1
    assert f"via {installer.url}/install.sh:12 RUN stale: {installer.url}/edge/latest: was" in checked.out
    again = built(run, installer)
    assert "/edge/latest" in again
    assert ("/install.sh" in again) == ("earlier" not in way)
    assert built(run, installer) == []
    assert run("check", "--network=host", ".").code == 0


@pytest.mark.slow
@pytest.mark.parametrize("run", ["buildkit"], indirect=True)
def test_what_a_changed_installer_reads_is_watched_from_then_on(
    run: Freshlayer, project: Path, installer: InstallerOrigin
) -> None:
    (project / "Dockerfile").write_text(f"FROM {BASE}\n{WAYS['pipe'].replace('{url}', installer.url)}\n")
    built(run, installer)
    installer.files["/more"] = "1"
    installer.files["/install.sh"] += 'get "$BASE/more" > /more\n'
    assert "/more" in built(run, installer)
    assert built(run, installer) == []
    installer.files["/more"] = "2"
    assert "/more" in built(run, installer)
    installer.failing = True
    assert built(run, installer) == []
