"""Commands whose words belong to another program."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from freshlayer.cli.options import Before, all_of_ours


def requests_help(words: Sequence[str]) -> bool:
    """Whether the words request help, or are none, which means the same to docker's plugins."""
    own = words[: words.index("--")] if "--" in words else words
    return not words or words[0] == "help" or not {"--help", "-h"}.isdisjoint(own)


def misplaced(before: Before, unknown: Sequence[str]) -> Iterator[str]:
    """Freshlayer's own options among those of the tool's words that the tool is not known to have."""
    if not before.command or not unknown:
        return
    ours = {name for parameter in all_of_ours() for name in parameter.names}
    yield from (f"--{name}" for name in unknown if f"--{name}" in ours)


def show_help(missing: str) -> int:
    """The help of the command that click runs, where the program that would list its options is missing."""
    import click

    click.echo(click.get_current_context().get_help())
    click.echo(f"\nEvery WORD belongs to that program, which can't list its options: {missing}.")
    return 0


def show_own_help(program: str) -> None:
    """The help of the command that click runs, before that of the program."""
    import click

    click.echo(click.get_current_context().get_help())
    click.echo(f"\nEvery WORD belongs to {program}, which has this help:\n")
    sys.stdout.flush()
