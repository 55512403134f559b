"""``freshlayer build``: everything after the word belongs to the builder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from freshlayer.cli.drop_in import of_build, options_of, run
from freshlayer.cli.passthrough import Verbatim, requests_help, show_help
from freshlayer.cli.standard_input import KeptInput, standard_input
from freshlayer.errors import BuilderError, OptionError

if TYPE_CHECKING:
    from freshlayer.builders.base import Builder
    from freshlayer.cli.options import Options


_OWN_HELP = """\
With freshlayer:
  Only instructions whose remote inputs changed run again. The words behind "build" are the builder's.
  Options of freshlayer are before it: freshlayer --offline build -t app .  (freshlayer --help lists them)\
"""


@click.command(
    "build",
    cls=Verbatim,
    add_help_option=False,
    short_help="build an image",
    epilog="\b\nExamples:\n  freshlayer build -t app .\n  freshlayer --offline build -t app .",
)
@click.pass_context
def command(context: click.Context, words: list[str]) -> int:
    """Build as ``docker build`` would; only instructions whose remote inputs changed run again."""
    from freshlayer.builders.command_line.build import read
    from freshlayer.builders.plain import PlainBuild

    options, stdin = options_of(context), KeptInput(standard_input())
    with of_build():
        try:
            builder = _builder(context, options)
        except BuilderError as error:
            if words and requests_help(words):
                return show_help(context, str(error))
            raise
    typed = read(words, os.environ, builder.family)
    code = run(context, options, PlainBuild(builder, typed, stdin), stdin)
    if typed.is_help:
        click.echo(f"\n{_OWN_HELP}")
    return code


def _builder(context: click.Context, options: Options) -> Builder:
    from freshlayer.builders.detect import detect

    builder = detect(options.builder or "", os.environ, options.docker or ())
    _check_spelling(context, builder)
    return builder


def _check_spelling(context: click.Context, builder: Builder) -> None:
    """``buildx build`` and the like are docker's words. Raises OptionError before another builder."""
    from freshlayer.builders.command_line.families import DOCKER
    from freshlayer.cli.spellings import SPELLING

    spelling = context.meta.get(SPELLING)
    if spelling and builder.family != DOCKER:
        raise OptionError(f"{spelling}: the builder is {builder.name}, not docker (write: freshlayer build)")
