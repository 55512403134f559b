"""Print docs/reference/commands.md: the help of every command, as the command line itself prints it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from freshlayer.cli.by_click import Verbatim
from freshlayer.cli.main import cli
from freshlayer.cli.options import HELP_ALL

WIDTH = 100
HEAD = """\
# Commands

Made from the command line itself by `python scripts/command_reference.py`.
Options before the command are freshlayer's; after the word `build` everything belongs to the builder.

Before the command every option of freshlayer is accepted, so that an alias or a CI job can set one
policy for all commands: one that does not act on the command has no effect. `--format`, `--json` and
`--report` are refused before a command without a report. After the command, it accepts the options that
act on it, and refuses every other one with the list of the commands on which it acts. `--help` lists
what is often used, `--help-all` everything; this page is made by `--help-all`.

Exit codes have [a separate page](exit-codes.md).
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_parts()])


def _parts() -> Iterator[str]:
    parent = click.Context(cli, info_name="freshlayer", terminal_width=WIDTH, **cli.context_settings)
    parent.meta[HELP_ALL] = True
    yield _part("freshlayer", cli.get_help(parent))
    for name in cli.list_commands(parent):
        command = cli.get_command(parent, name)
        if command is not None and not command.hidden:
            yield from _command(command, parent, name)


def _command(command: click.Command, parent: click.Context, name: str) -> Iterator[str]:
    """The help of a command, and of the commands below it."""
    context = click.Context(command, parent, info_name=name, terminal_width=WIDTH, **command.context_settings)
    yield _part(context.command_path, command.get_help(context))
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None:
                yield from _command(found, context, below)
    for command_below in command.below if isinstance(command, Verbatim) else ():
        yield from _command(command_below, context, command_below.name or "")


def _part(title: str, text: str) -> str:
    return f"## {title}\n\n```text\n{text.rstrip()}\n```\n"


if __name__ == "__main__":
    sys.stdout.write(page())
