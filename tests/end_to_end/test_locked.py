"""``--locked`` on real builders: lock, the world moves, nothing is built, update, exactly that runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.table import Builders
from testing.command import Freshlayer
from testing.git_daemon import GitDaemon
from testing.origins import Origin, Request, ServeOrigin, by_builds
from testing.stores.registry import Registry

LOCAL = f"# freshlayer: ignore\nFROM {BASE}"
"""An image of this machine alone, which no lock covers."""


def downloads(*origins: Origin) -> list[Request]:
    """What builds fetched."""
    return [r for origin in origins for r in by_builds(origin.requests()) if r.method == "GET"]


@pytest.fixture
def project(project: Path) -> Path:
    """The root of a repository."""
    (project / ".git").mkdir()
    return project


def test_a_url_round(freshlayer: Freshlayer, origin: ServeOrigin, other: ServeOrigin, project: Path) -> None:
    lines = [LOCAL, f"RUN wget -qO a {origin.url}a", f"RUN wget -qO b {other.url}b"]
    (project / "Dockerfile").write_text("\n".join([*lines, ""]))
    assert freshlayer.but("--locked").build("-t", "i", ".").code == 125
    assert freshlayer("lock", "--network=host", ".").code == 0
    assert freshlayer.but("--locked").build("-t", "i", ".").code == 0
    assert len(downloads(origin, other)) == 2
    other.set_tag('"w2"')
    told = freshlayer("verify")
    assert (told.code, f'{other.url}b: etag "w1" → etag "w2"' in told.out) == (1, True), told.err
    told = freshlayer.but("--locked").build("-t", "i", ".")
    assert (told.code, told.out) == (125, "")
    assert "not as locked, so nothing is built" in told.err
    assert len(downloads(origin, other)) == 2
    assert freshlayer("update").code == 0
    assert freshlayer("verify").code == 0
    assert freshlayer.but("--locked").build("-t", "i", ".").code == 0
    assert (len(downloads(origin)), len(downloads(other))) == (1, 2)


@pytest.mark.parametrize(
    ("name", "checks"),
    [
        *(("buildkit", False), ("trixie-buildx", True), ("trixie-classic", False)),
        *(("buildah", False), ("trixie-buildah", True), ("podman", False), ("trixie-podman", True)),
    ],
)
def test_what_an_add_fetches_is_pinned_where_the_builder_checks_it(
    builders: Builders,
    name: str,
    origin: ServeOrigin,
    other: ServeOrigin,
    project: Path,
    tmp_path: Path,
    *,
    checks: bool,
) -> None:
    freshlayer = Freshlayer.of(builders[name], tmp_path / "state.sqlite3", project)
    lines = [LOCAL, f"ADD {origin.url}a /a", f"RUN wget -qO b {other.url}b"]
    (project / "Dockerfile").write_text("\n".join([*lines, ""]))
    assert freshlayer("lock", "--network=host", ".").code == 0
    assert freshlayer.build(".").code == 0
    told = freshlayer.but("--locked").build(".")
    assert told.code == 0, told.err
    assert len(downloads(other)) == 1
    lock = project / "freshlayer.lock"
    lock.write_text(re.sub(r'sha256 = "[0-9a-f]{64}"', f'sha256 = "{"0" * 64}"', lock.read_text()))
    told = freshlayer.but("--locked").build("--no-cache", ".")
    assert (told.code != 0) is checks, told.err
    assert ("mismatch" in told.err + told.out or "checksum" in told.err + told.out) is checks


def test_buildah_takes_the_pin_whatever_frontend_is_named(
    builders: Builders, registry: Registry, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    """It has one frontend and reads ``# syntax=`` as a comment; BuildKit's 1.5 knows no checksum."""
    freshlayer = Freshlayer.of(builders["trixie-buildah"], tmp_path / "state.sqlite3", project)
    registry.push("docker/dockerfile", "1.5", "frontend")
    syntax = f"# syntax={registry.host}/docker/dockerfile:1.5"
    (project / "Dockerfile").write_text(f"{syntax}\n{LOCAL}\nADD {origin.url}a /a\n")
    assert freshlayer("lock", "--network=host", ".").code == 0
    told = freshlayer.but("--locked").build(".")
    assert told.code == 0, told.err
    lock = project / "freshlayer.lock"
    lock.write_text(re.sub(r'sha256 = "[0-9a-f]{64}"', f'sha256 = "{"0" * 64}"', lock.read_text()))
    told = freshlayer.but("--locked").build("--no-cache", ".")
    assert told.code != 0
    assert f"ADD --checksum=sha256:{'0' * 64} " in told.out
    assert "not as locked" not in told.err


def test_an_added_repository_is_pinned_to_its_commit(
    builders: Builders, project: Path, tmp_path: Path
) -> None:
    freshlayer = Freshlayer.of(builders["sid-buildx"], tmp_path / "state.sqlite3", project)
    with GitDaemon(tmp_path / "git") as daemon:
        (daemon.path / "file").write_text("one")
        daemon.git("add", "file")
        commit = daemon.commit("one")
        (project / "Dockerfile").write_text(f"{LOCAL}\nADD {daemon.url} /d\n")
        assert freshlayer("lock", "--network=host", ".").code == 0
        told = freshlayer.but("--locked").build("--progress=plain", ".")
        assert told.code == 0, told.err
        assert f"ADD --checksum={commit} {daemon.url}" in told.err
