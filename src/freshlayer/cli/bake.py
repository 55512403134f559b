"""``freshlayer bake``: everything after the word belongs to bake."""

from __future__ import annotations

import os

import click

from freshlayer.cli.docker_program import docker_program, missing
from freshlayer.cli.drop_in import of_build, options_of, run
from freshlayer.cli.passthrough import Verbatim, asks_for_help, show_help
from freshlayer.cli.standard_input import KeptInput, standard_input


@click.command(
    "bake",
    cls=Verbatim,
    add_help_option=False,
    short_help="docker buildx bake, fresh",
    epilog="\b\nExamples:\n  freshlayer bake\n  freshlayer bake --file docker-bake.hcl web worker",
)
@click.pass_context
def command(context: click.Context, words: list[str]) -> int:
    """Run ``docker buildx bake``; only instructions whose remote inputs changed run again."""
    from freshlayer.builders.command_line.bake import read
    from freshlayer.builders.compositions.bake import Bake

    if asks_for_help(words) and (why := missing("buildx")):
        return show_help(context, why)
    options, stdin = options_of(context), KeptInput(standard_input())
    with of_build():
        docker = (docker_program(), *(options.docker or ()))
    return run(context, options, Bake(docker, ("buildx", "bake"), os.environ, "buildx", read(words)), stdin)
