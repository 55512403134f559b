"""``freshlayer history``, after real builds by a builder that does nothing, of a real origin."""

from __future__ import annotations

import json
import os
import sys
from contextlib import closing
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from testing.command import Freshlayer
from testing.origins import ServeOrigin

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schema" / "history.json"


@pytest.fixture
def freshlayer(tmp_path: Path, project: Path) -> Freshlayer:
    docker = tmp_path / "docker"
    docker.write_text(f"#!{sys.executable}\n")
    docker.chmod(0o755)
    environment = {**os.environ, "PATH": str(tmp_path), "DOCKER_BUILDKIT": "0"}
    return Freshlayer(environment, tmp_path / "state.sqlite3", project)


def test_a_state_file_that_is_not_there_is_not_made(freshlayer: Freshlayer, tmp_path: Path) -> None:
    done = freshlayer("history")
    assert (done.code, done.out) == (
        0,
        "no history is recorded of the Dockerfiles below . (name a reference or a Dockerfile)\n",
    )
    assert not (tmp_path / "state.sqlite3").exists()


def test_a_state_file_that_cannot_be_used_is_trouble(freshlayer: Freshlayer, tmp_path: Path) -> None:
    (tmp_path / "state.sqlite3").mkdir()
    done = freshlayer("history")
    assert done.code == 2
    assert "not a state file" in done.err


def test_what_is_not_a_reference_is_trouble(freshlayer: Freshlayer, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\n")
    assert freshlayer("build", ".").code == 0
    assert freshlayer("history", "gopher://example.org/a").code == 2


def test_changes_and_the_builds_that_took_them_up(
    freshlayer: Freshlayer, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "origin").mkdir()
    with closing(ServeOrigin(tmp_path / "origin", "v1")) as origin:
        url = origin.url
        (project / "Dockerfile").write_text(f"FROM scratch\nRUN curl -O {url}\n")
        assert freshlayer("build", "--network", "host", ".").code == 0
        origin.set_tag("v2")
        assert freshlayer("check", "--network", "host", ".").code == 1
        assert freshlayer("check", "--network", "host", ".").code == 1
        assert freshlayer("build", "--network", "host", ".").code == 0
        assert freshlayer("build", "--network", "host", ".").code == 0
    by_reference = json.loads(freshlayer("history", url, "--json").out)
    assert [it["verdict"] for it in by_reference["changes"]] == ["changed", "first-seen"]
    assert [it["took_up"][0]["identity"] for it in by_reference["builds"]] == [
        it["identity"] for it in by_reference["changes"]
    ]
    here = json.loads(freshlayer("history", "--json").out)
    assert here["changes"] == by_reference["changes"]
    assert [len(it["took_up"]) for it in here["builds"]] == [0, 1, 1]
    assert json.loads(freshlayer("history", "Dockerfile", "--json").out) == here
    assert len(json.loads(freshlayer("history", "-n", "1", "--json").out)["builds"]) == 1
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(here)
    text = freshlayer("history", url)
    assert text.code == 0
    assert "changes of inputs\n" in text.out
    assert text.out.count(url) == 4
    assert "taken up by the build of\n" in text.out


def test_terminal_escapes_in_names_are_not_printed(freshlayer: Freshlayer, project: Path) -> None:
    odd = project / "a\x1b[31mb"
    odd.mkdir()
    (odd / "Dockerfile").write_text("FROM scratch\n")
    assert freshlayer("build", str(odd)).code == 0
    assert "\x1b" not in freshlayer("history").out
