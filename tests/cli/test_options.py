"""Which options a command lists, its examples, and what a shell completes."""

from __future__ import annotations

import os
import shlex
import subprocess

import click
import pytest

from freshlayer.cli.main import cli
from testing.command import FRESHLAYER

COMMANDS = cli.list_commands(click.Context(cli))


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
    done = subprocess.run(
        [*FRESHLAYER, name, "--connections", "3"], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, "No such option" in done.stderr) == (2, True)


def test_before_the_command_all_options_are_accepted() -> None:
    done = subprocess.run(
        [*FRESHLAYER, "--connections", "3", "uninstall", "--help"],
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0


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
    environment = {
        **os.environ,
        "_FRESHLAYER_COMPLETE": "bash_complete",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split()) - 1),
    }
    done = subprocess.run(
        list(FRESHLAYER), env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    assert {line.partition(",")[2] for line in done.stdout.splitlines()} == expected
