"""Finding Dockerfiles, with git itself as the oracle of what is ignored."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freshlayer.context.tree import dockerfiles, is_dockerfile, with_names
from freshlayer.errors import ContextError

PATHS = [
    *("Dockerfile", "a/Dockerfile", "a/b/Dockerfile", "a/b/c/Dockerfile.dev", "build/Dockerfile"),
    *("build/keep/Dockerfile", "x.Dockerfile", "a/build/Containerfile", ".hidden/Dockerfile"),
]
PATTERNS = [
    *("build", "build/", "/build", "a/", "/a/*", "!/a/b", "**/b", "*.Dockerfile", "Dockerfile", "c/"),
    *("!a/Dockerfile", "Dockerfile.*", "!build/keep", "build/*", "a/**/c", "# note", "", "\\!x", "b/*", "!*"),
]


def found(root: Path) -> list[str]:
    told: list[str] = []
    paths = [Path(path).relative_to(root).as_posix() for path in dockerfiles(root, told.append)]
    assert told == []
    return paths


def write(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("FROM scratch\n")


def git(root: Path, *words: str) -> list[str]:
    argv = ["git", "-c", "core.excludesFile=/dev/null", "-C", str(root), *words]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.splitlines()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        *((name, True) for name in ("Dockerfile", "dockerfile", "Containerfile", "web.Dockerfile")),
        *((name, True) for name in ("Dockerfile.dev", "web.dockerfile")),
        *((name, False) for name in ("Dockerfile.dev.swp", "Dockerfile~", ".Dockerfile.swp", "Dockerfile2")),
        *((name, False) for name in ("Dockerfile.dockerignore", "dockerfile.py", "MyDockerfile", "x.dev")),
    ],
)
def test_a_dockerfile_is_known_by_its_name(name: str, wanted: bool) -> None:  # noqa: FBT001 - a row
    assert is_dockerfile(name) is wanted


def test_the_order_is_that_of_the_names_and_links_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "b/Dockerfile", "a/z/Dockerfile", "a/Dockerfile.b", "a/Dockerfile.a", ".git/Dockerfile")
    (tmp_path / "c").symlink_to(tmp_path / "a")
    (tmp_path / "Dockerfile").symlink_to(tmp_path / "b" / "Dockerfile")
    (tmp_path / "d" / "Dockerfile").mkdir(parents=True)
    assert found(tmp_path) == ["a/Dockerfile.a", "a/Dockerfile.b", "a/z/Dockerfile", "b/Dockerfile"]


def test_rules_above_hold_up_to_the_root_of_the_repository(tmp_path: Path) -> None:
    write(tmp_path, "repository/services/a/Dockerfile", "repository/services/old/Dockerfile")
    (tmp_path / ".gitignore").write_text("a\n")
    (tmp_path / "repository" / ".git").mkdir()
    (tmp_path / "repository" / ".gitignore").write_text("/services/old\n")
    assert found(tmp_path / "repository" / "services") == ["a/Dockerfile"]


def test_what_is_no_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ContextError, match=r"/none: is not a directory"):
        list(dockerfiles(tmp_path / "none", print))


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.fixed_dictionaries({place: st.lists(st.sampled_from(PATTERNS), max_size=4) for place in ("", "a")}))
def test_what_is_left_is_what_git_leaves(
    tmp_path_factory: pytest.TempPathFactory, rules: dict[str, list[str]]
) -> None:
    root = tmp_path_factory.mktemp("repository")
    write(root, *PATHS)
    git(root, "init", "-q")
    for place, lines in rules.items():
        (root / place / ".gitignore").write_text("\n".join(lines) + "\n")
    left = git(root, "ls-files", "--others", "--exclude-standard")
    assert sorted(found(root)) == sorted(path for path in left if not path.endswith(".gitignore"))


def test_lines_that_are_no_patterns_are_left_out_as_git_does(project: Path) -> None:
    write(project, "a.Dockerfile", "b.Dockerfile", "foo /Dockerfile")
    lines = ["!", "!/", "\\", "foo\\", "[z-a]x", "[[:alpha:]]y", "foo\\ ", "a.*", "a*" * 30 + "b"]
    (project / ".gitignore").write_text("\n".join(lines) + "\n")
    assert found(project) == ["b.Dockerfile"]


@pytest.mark.timeout(20)
def test_a_long_line_of_spaces_is_read_at_once(project: Path) -> None:
    write(project, "Dockerfile", "b/Dockerfile")
    (project / ".gitignore").write_text(" " * 300_000 + "a\nb/  \n")
    assert found(project) == ["Dockerfile"]


def test_rules_that_cannot_be_read_are_told_and_the_rest_is_done(project: Path) -> None:
    write(project, "below/Dockerfile")
    (project / ".git").mkdir()
    (project / ".gitignore").write_bytes(b"Dockerfile\n")
    (project / ".gitignore").chmod(0)
    told: list[str] = []
    paths = list(dockerfiles(project / "below", told.append))
    if os.geteuid():
        assert len(told) == len(paths) == 1


def test_a_repository_within_another_has_rules_of_its_own_alone(project: Path) -> None:
    write(project, "x.Dockerfile", "module/x.Dockerfile")
    (project / ".gitignore").write_text("*.Dockerfile\n")
    (project / "module" / ".git").write_text("gitdir: elsewhere\n")
    assert found(project) == ["module/x.Dockerfile"]


def test_what_is_beside_a_dockerfile_is_known_by_name_though_git_ignores_it(tmp_path: Path) -> None:
    write(tmp_path, ".git/HEAD", "Dockerfile", "freshlayer.toml", "a/Dockerfile")
    (tmp_path / ".gitignore").write_text("*.toml\n")
    root, below = with_names(tmp_path, print)
    assert root == (
        str(tmp_path / "Dockerfile"),
        {".git", ".gitignore", "Dockerfile", "freshlayer.toml", "a"},
    )
    assert below == (str(tmp_path / "a" / "Dockerfile"), {"Dockerfile"})
