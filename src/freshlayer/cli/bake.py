"""``freshlayer bake``: everything after the word belongs to bake."""

from __future__ import annotations

import os

import click

from freshlayer.cli.compositions import run
from freshlayer.cli.passthrough import Verbatim


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
    from freshlayer.builders.compositions.bake import Bake, read

    return run(context, ("buildx", "bake"), lambda argv: Bake(argv, os.environ, read(words)))
