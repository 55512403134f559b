"""Commands whose words belong to another program."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Verbatim(click.Command):
    """Parses nothing: the words go on as they are, ``--`` and ``--help`` included.

    ``below``: commands of ours among those of the program.
    """

    below: tuple[click.Command, ...] = ()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.params["words"] = list(args)
        return []

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """Docker's options behind ``build``; else files, as for any word."""
        from click.shell_completion import CompletionItem

        from freshlayer.builders.command_line.families import DOCKER

        if not incomplete.startswith("-"):
            return [CompletionItem(incomplete, type="file")]
        if self.name != "build":
            return []
        names = sorted(DOCKER.grammar.valued | DOCKER.grammar.switches)
        return [CompletionItem(f"--{name}") for name in names if f"--{name}".startswith(incomplete)]

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return ["[WORD]..."]


def requests_help(words: Sequence[str]) -> bool:
    """Whether the words request help, or are none, which means the same to docker's plugins."""
    own = words[: words.index("--")] if "--" in words else words
    return not words or words[0] == "help" or not {"--help", "-h"}.isdisjoint(own)


def misplaced(context: click.Context, unknown: Sequence[str]) -> Iterator[str]:
    """Freshlayer's own options among those of the tool's words that the tool is not known to have."""
    if context.parent is None:
        return
    ours = {name for parameter in context.parent.command.params for name in parameter.opts}
    yield from (f"--{name}" for name in unknown if f"--{name}" in ours)


def show_help(context: click.Context, missing: str) -> int:
    """Our own help, where the program that would list its options is missing."""
    click.echo(context.get_help())
    click.echo(f"\nEvery WORD belongs to that program, which can't list its options: {missing}.")
    return 0


def show_own_help(context: click.Context, program: str) -> None:
    """Our own help, before that of the program."""
    click.echo(context.get_help())
    click.echo(f"\nEvery WORD belongs to {program}, which has this help:\n")
    sys.stdout.flush()
