"""``freshlayer compose``: everything after the word belongs to compose."""

from __future__ import annotations

import os

import click

from freshlayer.cli.compositions import run
from freshlayer.cli.passthrough import Verbatim


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

    return run(context, ("compose",), lambda argv: Compose(argv, os.environ, read(words)))
