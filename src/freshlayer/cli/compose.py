"""``freshlayer compose``: everything after the word belongs to compose."""

from __future__ import annotations

import os

import click

from freshlayer.cli.together import run
from freshlayer.cli.verbatim import Verbatim


@click.command("compose", cls=Verbatim, add_help_option=False, short_help="docker compose build, fresh")
@click.pass_context
def command(context: click.Context, words: list[str]) -> int:
    """Run ``docker compose``; of what it builds, only instructions whose remote inputs changed run again."""
    from freshlayer.builders.compose import Compose
    from freshlayer.builders.compose_words import read

    return run(context, ("compose",), lambda argv: Compose(argv, os.environ, read(words)))
