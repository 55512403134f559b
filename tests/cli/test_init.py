"""``freshlayer init``: what it writes is read by freshlayer, git and CI; what is there stays."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from freshlayer.settings import HOST_SETTINGS, SETTINGS, HostSettings, Policy, commented, read
from testing.command import Freshlayer

yaml: Any = importlib.import_module("yaml")


@pytest.fixture
def freshlayer(tmp_path: Path, project: Path) -> Freshlayer:
    (project / "Dockerfile").write_text("FROM scratch\nRUN curl -O https://e.org/a\n")
    subprocess.run(["git", "init", "-q", project], check=True)
    return Freshlayer(dict(os.environ), tmp_path / "state.sqlite3", project)


def test_every_setting_is_in_the_file_with_its_default() -> None:
    """Without the comment signs it is a settings file that changes nothing."""
    text = commented()
    assert read(text, "freshlayer.toml") == Policy()
    set_, _, hosts = text.partition("# Where the credential")
    uncommented = re.sub(r"(?m)^# (?=\w+ = )", "", set_)
    assert read(uncommented, "freshlayer.toml") == Policy()
    names = re.findall(r"(?m)^(\w+) = ", uncommented)
    assert names == [name for name in SETTINGS if name != "hosts"]
    # What only the command line and watch set is in no file.
    assert set(names) | {"hosts", "offline", "strangers"} == set(Policy.__struct_fields__)
    shown = re.findall(r"(?m)^# (\w+) = ", hosts)
    assert shown == list(HOST_SETTINGS)
    assert set(shown) == set(HostSettings.__struct_fields__)
    assert all(len(line) <= 200 for line in text.splitlines())


def test_what_is_written_is_used_and_a_second_run_changes_nothing(
    freshlayer: Freshlayer, project: Path
) -> None:
    first = freshlayer("init", "--ci", "github")
    assert (first.code, first.err) == (0, "")
    assert (project / "freshlayer.toml").read_text() == commented()
    assert (project / ".gitignore").read_text() == ".freshlayer/\n"
    assert "freshlayer-identities.toml\n" in (project / ".dockerignore").read_text()
    assert freshlayer("inputs").code == 0
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    again = freshlayer("init", "--ci", "github")
    assert again.code == 0
    assert ": written" not in again.out
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before


def test_what_is_there_stays_unless_force_is_given(freshlayer: Freshlayer, project: Path) -> None:
    (project / "freshlayer.toml").write_text("timeout = 3\n")
    (project / ".gitignore").write_text("*.o")
    (project / ".dockerignore").write_text("*\n!src\n")
    found = freshlayer("init", "--ci", "none")
    assert "freshlayer.toml: is there; not changed (--force overwrites it)" in found.out
    assert (project / "freshlayer.toml").read_text() == "timeout = 3\n"
    assert (project / ".gitignore").read_text() == "*.o\n.freshlayer/\n"
    assert (project / ".dockerignore").read_text().startswith("*\n!src\n.freshlayer/\n")
    freshlayer("init", "--ci", "none", "--force")
    assert (project / "freshlayer.toml").read_text() == commented()
    assert (project / ".gitignore").read_text() == "*.o\n.freshlayer/\n"


def test_settings_in_pyproject_are_settings(freshlayer: Freshlayer, project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.freshlayer]\ntimeout = 3\n")
    assert "has [tool.freshlayer]" in freshlayer("init").out
    assert not (project / "freshlayer.toml").exists()


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (".github/", ".github/workflows/freshlayer.yml"),
        (".gitlab-ci.yml", ".gitlab/freshlayer.yml"),
        ("https://github.com/a/b", ".github/workflows/freshlayer.yml"),
        ("https://gitlab.example.org/a/b", ".gitlab/freshlayer.yml"),
        ("https://example.org/a/b", None),
    ],
)
def test_the_ci_is_found_by_what_the_repository_has(
    freshlayer: Freshlayer, project: Path, made: str, expected: str | None
) -> None:
    if "://" in made:
        subprocess.run(["git", "-C", project, "remote", "add", "origin", made], check=True)
    elif made.endswith("/"):
        (project / made).mkdir()
    else:
        (project / made).write_text("stages: [test]\n")
    found = freshlayer("init").out
    written = {str(p.relative_to(project)) for p in project.rglob("freshlayer.yml")}
    assert written == ({expected} if expected else set())
    if made == ".gitlab-ci.yml":
        assert (project / made).read_text() == "stages: [test]\n"
        assert "add to it: include" in found
    elif expected is None:
        assert "name one with --ci" in found


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_the_command_of_the_ci_file_runs(freshlayer: Freshlayer, project: Path, ci: str) -> None:
    freshlayer("init", "--ci", ci)
    path = {"github": ".github/workflows/freshlayer.yml", "gitlab": ".gitlab/freshlayer.yml"}[ci]
    document = yaml.safe_load((project / path).read_text())
    scripts = (
        [step.get("run", "") for step in document["jobs"]["check"]["steps"]]
        if ci == "github"
        else document["freshlayer"]["script"]
    )
    [line] = [script for script in scripts if script.startswith("freshlayer ")]
    (project / ".freshlayer").mkdir()
    ended = freshlayer("--offline", *line.split()[1:])
    assert ended.code == 1
    assert "freshlayer check" in (project / ".freshlayer" / "report.md").read_text()


def test_a_file_that_leads_elsewhere_is_not_written(
    freshlayer: Freshlayer, project: Path, tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "ignore").write_text("")
    (project / ".gitignore").symlink_to(other / "ignore")
    found = freshlayer("init", "--ci", "none")
    assert (found.code, (other / "ignore").read_text()) == (2, "")
    (project / ".gitignore").unlink()
    (project / ".github").symlink_to(other)
    assert freshlayer("init", "--ci", "github").code == 2
    assert [path.name for path in other.iterdir()] == ["ignore"]


def test_below_the_top_the_ci_file_is_at_the_top(freshlayer: Freshlayer, project: Path) -> None:
    (project / "web").mkdir()
    freshlayer("init", "--ci", "github", "web")
    assert (project / "web" / "freshlayer.toml").exists()
    assert (project / ".github" / "workflows" / "freshlayer.yml").exists()
