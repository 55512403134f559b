"""The commands of click, made of what is declared. They read all words, and print help and errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from freshlayer.cli.declared import Command, Kind, Parameter
from freshlayer.cli.options import HELP_ALL, Before, Options
from freshlayer.cli.spellings import SPELLING

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class _Seldom(click.Option):
    """An option that ``--help-all`` lists, and ``--help`` does not."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        return super().get_help_record(ctx) if HELP_ALL in ctx.meta else None


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


def as_click(command: Command) -> click.Command:
    """A command, and those that are below it."""

    def called(**values: Any) -> Any:
        before = [before_of_click()] if command.takes_before else []
        return command.function(*before, **values)

    called.__doc__ = command.function.__doc__
    settings: dict[str, Any] = {**command.settings}
    if command.verbatim:
        settings |= {"cls": Verbatim, "add_help_option": False}
    elif command.below:
        settings["cls"], settings["commands"] = click.Group, [as_click(it) for it in command.below]
    decorator: Callable[..., click.Command] = click.command(command.name, **settings)
    made = decorator(taking(command.parameters)(called))
    if isinstance(made, Verbatim):
        made.below = tuple([as_click(it) for it in command.below])
    return made


def taking(parameters: Iterable[Parameter]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The decorator of click's that gives a function these parameters."""

    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        for parameter in reversed(list(parameters)):
            decorator = click.option if parameter.is_option else click.argument
            function = decorator(*parameter.names, **_settings(parameter))(function)
        return function

    return decorated


def _settings(parameter: Parameter) -> dict[str, Any]:
    settings = {**parameter.settings}
    kind = settings.get("type")
    if isinstance(kind, Kind):
        settings["type"] = getattr(click, kind.name)(*kind.given, **kind.named)
    if settings.pop("seldom", False):
        settings["cls"] = _Seldom
    if settings.pop("shows_all", False):
        settings |= {"is_eager": True, "expose_value": False, "callback": _help_all}
    if "read" in settings:
        settings["callback"] = _reading(settings.pop("read"))
    return settings


def _reading(read: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, str], Any]:
    """``read`` raises ValueError for what is not valid."""

    def callback(_context: click.Context, _parameter: click.Parameter, value: str) -> Any:
        try:
            return read(value)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None

    return callback


def _help_all(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        context.meta[HELP_ALL] = True
        click.echo(context.get_help())
        context.exit()


def before_of_click() -> Before:
    """What is before the command that click runs."""
    context = click.get_current_context()
    if context.parent is None:
        return Before()
    outer = context.parent.obj
    options = outer if isinstance(outer, Options) else Options()
    return Before(options, context.info_name or "", context.meta.get(SPELLING, ""))
