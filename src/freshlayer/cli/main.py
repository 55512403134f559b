"""``freshlayer [our options] COMMAND …``. Commands are imported when they are named, not before."""

from __future__ import annotations

from importlib import import_module
from typing import Any, cast

import click

from freshlayer import __version__
from freshlayer.cli.by_click import as_click, taking
from freshlayer.cli.declared import Command
from freshlayer.cli.exit_codes import FAILED, INTERRUPTED, TROUBLE
from freshlayer.cli.options import all_of_ours, before, hint_for

_COMMANDS = {
    "build": "build an image; only the instructions whose downloads changed run again",
    "compose": "docker compose build, and up --build, in the same way",
    "bake": "docker buildx bake in the same way",
    "check": "which instructions are stale, and why; builds nothing",
    "lock": "write freshlayer.lock: what each remote input is now",
    "update": "move freshlayer.lock forward to what the inputs are now",
    "verify": "freshlayer.lock against the Dockerfiles and the world",
    "attest": "state in a signable file which locked inputs an image was built with",
    "export": "freshlayer.lock in the format of another tool",
    "inputs": "what a Dockerfile reads from elsewhere; no network",
    "probe": "the evidence of an origin about a URL, a git ref or an image",
    "history": "what changed when, which build took it up, what builds cost and saved",
    "state": "what is recorded, and how to forget it",
    "diff": "what differs between two JSON reports",
    "explain": "what a reason code means, and what to do",
    "init": "write a settings file, ignore lines and a CI file for a nightly check",
    "flag": "write a file that changes if and only if a URL does",
    "demo": "docker build, check and build on a file that changes upstream, in 20 seconds",
    "serve": "a small origin to try things on",
    "render": "the Dockerfile with its keys, for a builder that freshlayer doesn't run",
    "trust": "let a project's settings name programs and variables for hosts",
    "watch": "probe on a schedule, and trigger the rebuild of what became stale",
    "install": "docker fresh …, as a plugin of docker's; with --alias a plain docker build too",
    "uninstall": "revert what install did",
    "completion": "a script that completes commands and options in your shell",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        found = import_module(f"freshlayer.cli.{cmd_name}").command
        return as_click(found) if isinstance(found, Command) else cast(click.Command, found)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """``buildx build`` and docker's other spellings mean the command itself."""
        if args[:1] and args[0] not in _COMMANDS:
            from freshlayer.cli.spellings import SPELLING, spelled

            if found := spelled(args):
                command, count = found
                ctx.meta[SPELLING] = " ".join(args[:count])
                args = [command, *args[count:]]
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """From the table above, so that ``--help`` imports no command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="Makes the network a build input: rebuilds exactly the layers whose downloads changed.",
    epilog="Options before the command are freshlayer's; what follows 'build' is the builder's.",
)
@click.version_option(__version__, message="freshlayer %(version)s")
@taking(all_of_ours())
@click.pass_context
def cli(context: click.Context, /, **values: Any) -> None:
    """Every command, below its own options."""
    context.obj = before(values, context.invoked_subcommand or "", context.obj or ())


def by_click(words: list[str], docker: tuple[str, ...]) -> int:
    """Run the command of these words; its exit code. Raises FreshlayerError.

    ``docker``: the flags of docker's own that the plugin was called with.
    """
    try:
        return int(cli.main(args=words, prog_name="freshlayer", standalone_mode=False, obj=docker) or 0)
    except click.exceptions.Abort:
        return INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return TROUBLE
    except click.ClickException as error:
        _with_hint(error).show()
        return FAILED if _is_of_build(error) else TROUBLE


def _with_hint(error: click.ClickException) -> click.ClickException:
    """An option of ours that does not act on the command is refused with the commands on which it acts."""
    if isinstance(error, click.NoSuchOption) and error.ctx is not None and error.ctx.parent is not None:
        hint = hint_for(error.option_name.lstrip("-"), error.ctx.info_name or "")
        if hint is not None:
            return click.UsageError(f"{error.option_name}: {hint}", error.ctx)
    return error


def _is_of_build(error: click.ClickException) -> bool:
    context = getattr(error, "ctx", None)
    return context is not None and context.info_name == "build"
