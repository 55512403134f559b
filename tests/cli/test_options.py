"""Which options a command lists, its examples, and what a shell completes."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import click
import pytest

from freshlayer.cli.main import cli
from freshlayer.cli.options import _OURS as EVERYTHING
from freshlayer.cli.options import ACTING
from testing.command import FRESHLAYER, Ended, freshlayer

COMMANDS = cli.list_commands(click.Context(cli))


VERBATIM = ("build", "compose", "bake")


def ended(*words: str, **environment: str) -> Ended:
    return freshlayer(words, {**os.environ, **environment}, Path.cwd(), seconds=30)


def help_of(name: str) -> str:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    return command.get_help(click.Context(command, info_name=name))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_has_examples_of_its_command(name: str) -> None:
    _, _, examples = help_of(name).partition("Examples:\n")
    lines = [shlex.split(line) for line in examples.splitlines() if line.strip()]
    assert lines
    assert all(words[0] == "freshlayer" and name in words for words in lines)


@pytest.mark.parametrize("name", ["install", "uninstall", "trust", "serve"])
def test_a_command_that_probes_nothing_has_no_options_for_it(name: str) -> None:
    assert "--connections" not in help_of(name)
    assert "--builder" not in help_of(name)
    done = ended(name, "--connections", "3")
    assert done.code == 2
    assert f"--connections: does not act on {name} (it acts on build, compose, bake, check" in done.err


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in VERBATIM])
def test_each_command_accepts_exactly_what_acts_on_it(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    own = {option for parameter in command.params for option in parameter.opts}
    shared = {f"--{option}" for option in EVERYTHING if own & {f"--{option}"}} - {"--format"}
    assert shared == {f"--{option}" for option in ACTING.get(name, ()) if option not in {"format", "output"}}
    assert ("--json" in own) == ("format" in ACTING.get(name, ()))


@pytest.mark.parametrize("option", [("--json",), ("--format", "sarif"), ("--report", "x.json")])
def test_the_form_of_a_report_is_refused_where_there_is_none(option: tuple[str, ...]) -> None:
    done = ended(*option, "uninstall")
    assert done.code == 2
    assert "does not act on uninstall" in done.err


@pytest.mark.parametrize("name", ["check", "flag", "render", "probe"])
def test_what_is_seldom_used_is_listed_on_request(name: str) -> None:
    assert "--connections" not in ended(name, "--help").out
    assert "--help-all" in ended(name, "--help").out
    assert "--connections" in ended(name, "--help-all").out
    assert "--connections" in ended("--help-all").out


def test_a_real_bash_completes_commands_options_values_and_files(tmp_path: Path) -> None:
    """The script that ``completion`` prints, called as readline calls it."""
    (tmp_path / "freshlayer").write_text(f'#!/bin/sh\nexec {shlex.join(FRESHLAYER)} "$@"\n')
    (tmp_path / "freshlayer").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    script = ended("completion", "bash").out
    for typed, expected in (
        ("freshlayer inp", "inputs"),
        ("freshlayer check --builder po", "podman"),
        ("freshlayer check --network no", "none"),
        ("freshlayer inputs --format sa", "sarif"),
        ("freshlayer history --format js", "json"),
        ("freshlayer check --fail-on stale,ab", "stale,absent"),
        ("freshlayer build --no-cache-f", "--no-cache-filter"),
        ("freshlayer explain http-forb", "http-forbidden"),
    ):
        words = typed.split()
        call = (
            f"COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}\n"
            f"_freshlayer_completion freshlayer {words[-1]} {words[-2]}\n"
            'printf "%s\\n" "${COMPREPLY[@]}"\n'
        )
        done = subprocess.run(
            ["bash", "--norc", "-c", f"{script}\n{call}"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert (done.stdout.split(), done.stderr) == ([expected], ""), typed


def test_before_the_command_all_options_are_accepted() -> None:
    assert ended("--connections", "3", "uninstall", "--help").code == 0


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("freshlayer --builder buildk", {"buildkit"}),
        ("freshlayer check --builder p", {"podman"}),
        ("freshlayer check --network h", {"host"}),
        ("freshlayer check --format sa", {"sarif"}),
        ("freshlayer --on-unknown f", {"fail"}),
        ("freshlayer build --no-c", {"--no-cache", "--no-cache-filter"}),
        ("freshlayer build -t app --build-c", {"--build-context"}),
    ],
)
def test_values_and_dockers_options_are_completed(typed: str, expected: set[str]) -> None:
    done = ended(
        _FRESHLAYER_COMPLETE="bash_complete", COMP_WORDS=typed, COMP_CWORD=str(len(typed.split()) - 1)
    )
    assert {line.partition(",")[2] for line in done.out.splitlines()} == expected
