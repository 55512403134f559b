"""``freshlayer build``: everything after the word belongs to the builder."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from freshlayer.cli import declared
from freshlayer.cli.drop_in import of_build, run
from freshlayer.cli.passthrough import requests_help, show_help
from freshlayer.cli.standard_input import KeptInput, standard_input
from freshlayer.errors import BuilderError, OptionError

if TYPE_CHECKING:
    from freshlayer.builders.base import Builder, Waiting
    from freshlayer.builders.command_line.build import BuildCommand
    from freshlayer.cli.options import Before, Options


_OWN_HELP = """\
With freshlayer:
  Only instructions whose remote inputs changed run again. The words behind "build" are the builder's.
  Options of freshlayer are before it: freshlayer --offline build -t app .  (freshlayer --help lists them)\
"""


@declared.command(
    "build",
    verbatim=True,
    short_help="build an image",
    epilog="\b\nExamples:\n  freshlayer build -t app .\n  freshlayer --offline build -t app .",
)
@declared.takes_before
def command(before: Before, words: list[str]) -> int:
    """Build as ``docker build`` would; only instructions whose remote inputs changed run again."""
    from freshlayer.builders.command_line.build import read
    from freshlayer.builders.plain import PlainBuild

    stdin = KeptInput(standard_input())
    with of_build():
        try:
            builder = _builder(before)
        except BuilderError as error:
            if words and requests_help(words):
                return show_help(str(error))
            raise
    typed = read(words, os.environ, builder.family)
    with _early(before.options, builder, typed) as waiting:
        code = run(before, PlainBuild(builder, typed, stdin, waiting=waiting), stdin)
    if typed.is_help:
        from freshlayer.cli.echo import echo

        echo(f"\n{_OWN_HELP}")
    return code


def _early(
    options: Options, builder: Builder, typed: BuildCommand
) -> contextlib.AbstractContextManager[Waiting | None]:
    """The builder, started before the origins are probed; none where they decide whether it is started."""
    if options.locked or options.on_unknown == "fail" or not builder.may_start_early:
        return contextlib.nullcontext()
    from freshlayer.builders.run.early import early_client

    return early_client(builder, typed)


def _builder(before: Before) -> Builder:
    from freshlayer.builders.detect import detect

    options = before.options
    builder = detect(options.builder or "", os.environ, options.docker or ())
    _check_spelling(before.spelling, builder)
    return builder


def _check_spelling(spelling: str, builder: Builder) -> None:
    """``buildx build`` and the like are docker's words. Raises OptionError before another builder."""
    from freshlayer.builders.command_line.families import DOCKER

    if spelling and builder.family != DOCKER:
        raise OptionError(f"{spelling}: the builder is {builder.name}, not docker (write: freshlayer build)")
