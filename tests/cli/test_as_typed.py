"""Commands as people type them: without a context, with a Dockerfile, in docker's longer spellings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from freshlayer.cli.spellings import spelled
from testing.command import Freshlayer

ECHO = """\
#!/bin/sh
printf '%s\\n' "$*"
case "$*" in *--offline*|*--unheard*|*fail*) exit 17;; esac
"""
TEXT = "FROM scratch\nRUN wget http://127.0.0.1:9/x\n"


@pytest.fixture
def freshlayer(tmp_path: Path, project: Path) -> Freshlayer:
    """With builders that print their words, and refuse some of them."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("docker", "podman"):
        (programs / name).write_text(ECHO)
        (programs / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{programs}:/usr/bin:/bin", "DOCKER_BUILDKIT": "1"}
    (project / "Dockerfile").write_text(TEXT)
    return Freshlayer(environment, tmp_path / "state.sqlite3", project)


@pytest.mark.parametrize(
    "command", [("inputs",), ("--offline", "check"), ("--offline", "render")], ids=" ".join
)
def test_the_context_is_the_working_directory(freshlayer: Freshlayer, command: tuple[str, ...]) -> None:
    assert freshlayer(*command) == freshlayer(*command, ".")
    assert "127.0.0.1:9/x" in freshlayer(*command).out


def test_the_working_directory_is_searched(freshlayer: Freshlayer) -> None:
    assert (
        freshlayer("--offline", "check", "--recursive").out
        == freshlayer("--offline", "check", "--recursive", ".").out
    )


@pytest.mark.parametrize("command", ["inputs", "check", "render"])
def test_a_file_is_a_dockerfile_whose_directory_is_the_context(
    freshlayer: Freshlayer, project: Path, command: str
) -> None:
    (project / "web").mkdir()
    (project / "web" / "Dockerfile.dev").write_text(TEXT.replace("/x", "/dev"))
    (project / "other").write_text(TEXT.replace("/x", "/other"))
    found = freshlayer("--offline", command, "web/Dockerfile.dev")
    assert found == freshlayer("--offline", command, "-f", "web/Dockerfile.dev", "web")
    assert "127.0.0.1:9/dev" in found.out
    assert "127.0.0.1:9/other" in freshlayer("--offline", command, "-f", "other", "web/Dockerfile.dev").out
    assert freshlayer("--offline", command, "Dockerfile") == freshlayer("--offline", command)


def test_several_files_are_several_dockerfiles(freshlayer: Freshlayer, project: Path) -> None:
    (project / "second").write_text(TEXT.replace("/x", "/second"))
    found = freshlayer("--offline", "check", "Dockerfile", "second").out
    assert "127.0.0.1:9/x" in found
    assert "127.0.0.1:9/second" in found


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("buildx build -t x .", ("build", 2)),
        ("image build .", ("build", 2)),
        ("builder build .", ("build", 2)),
        ("docker build .", ("build", 2)),
        ("docker buildx build .", ("build", 3)),
        ("docker buildx bake", ("bake", 3)),
        ("docker compose up", ("compose", 2)),
        ("buildx bake", ("bake", 2)),
        ("build .", None),
        ("docker check .", None),
        ("docker", None),
        ("buildx", None),
        ("buildx --builder x build .", None),
        ("image bake", None),
        ("", None),
    ],
)
def test_spellings(words: str, meaning: tuple[str, int] | None) -> None:
    assert spelled(words.split()) == meaning


@pytest.mark.parametrize(
    "spelling", ["buildx build", "image build", "builder build", "docker build", "build"]
)
def test_the_words_behind_a_spelling_pass_in_order(freshlayer: Freshlayer, spelling: str) -> None:
    found = freshlayer(*spelling.split(), "--unheard", "of", "-t", "build", ".")
    assert (found.code, found.out.splitlines()[0]) == (17, "build --unheard of -t build .")


def test_dockers_words_are_not_podmans(freshlayer: Freshlayer) -> None:
    found = freshlayer("--builder", "podman", "buildx", "build", ".")
    assert (found.code, found.out) == (125, "")
    assert "buildx build: the builder is podman" in found.err


def test_an_option_of_ours_behind_the_word_gets_a_hint_after_the_failure(freshlayer: Freshlayer) -> None:
    hint = "put it before the word: freshlayer --offline build"
    assert hint in freshlayer("build", "--offline", "-t", "x", ".").err.splitlines()[-1]
    assert hint in freshlayer("build", "--offline", "a", "b").err.splitlines()[-1]
    assert "put it before" not in freshlayer("build", "--unheard", ".").err
    assert "put it before" not in freshlayer("build", "--builder", "x", "-t", "fail", ".").err
    assert "put it before" not in freshlayer("build", "--timeout=3", ".").err


@pytest.mark.parametrize("command", [("compose", "build"), ("bake",)], ids=" ".join)
def test_an_option_of_ours_behind_compose_and_bake_gets_the_hint(
    freshlayer: Freshlayer, command: tuple[str, ...]
) -> None:
    word = command[0]
    found = freshlayer(*command, "--offline", "--unheard")
    assert found.code == 17
    assert (
        f"{word}: --offline is an option of freshlayer (put it before the word: freshlayer --offline {word})"
        in found.err
    )
    assert "--unheard is an option of freshlayer" not in found.err


def test_the_help_of_build_has_the_builders_text_and_then_ours(freshlayer: Freshlayer) -> None:
    first, _, rest = freshlayer("build", "--help").out.partition("\n")
    assert first.endswith("build --help")
    assert "Options of freshlayer are before it" in rest
    assert "Options of freshlayer" not in freshlayer("build", ".").out


@pytest.mark.parametrize("command", ["compose", "bake"])
def test_check_behind_compose_and_bake_has_a_help_of_its_own(freshlayer: Freshlayer, command: str) -> None:
    found = freshlayer(command, "check", "--help")
    assert found.code == 0
    assert found.out.startswith(f"Usage: freshlayer {command} check ")


@pytest.mark.parametrize("command", ["compose", "bake"])
def test_a_check_of_what_is_not_understood_is_trouble(freshlayer: Freshlayer, command: str) -> None:
    found = freshlayer(command, "check")
    assert found.code == 2
    assert "the model is" in found.err
