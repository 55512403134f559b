"""``freshlayer compose``: everything after the word belongs to compose."""

from __future__ import annotations

import os

import click

from freshlayer.cli.docker_program import docker_program, missing
from freshlayer.cli.drop_in import of_build, options_of, run
from freshlayer.cli.passthrough import Verbatim, asks_for_help, show_help
from freshlayer.cli.standard_input import KeptInput, standard_input


@click.command(
    "compose",
    cls=Verbatim,
    add_help_option=False,
    short_help="docker compose build, fresh",
    epilog="\b\nExamples:\n  freshlayer compose build\n  freshlayer compose -f compose.yaml up --build -d",
)
@click.pass_context
def command(context: click.Context, words: list[str]) -> int:
    """Run ``docker compose``; of what it builds, only instructions whose remote inputs changed run again."""
    from freshlayer.builders.command_line.compose import read
    from freshlayer.builders.compositions.compose import Compose

    if asks_for_help(words) and (why := missing("compose")):
        return show_help(context, why)
    options, stdin = options_of(context), KeptInput(standard_input())
    with of_build():
        docker = (docker_program(), *(options.docker or ()))
    return run(context, options, Compose(docker, ("compose",), os.environ, "buildx", read(words)), stdin)
