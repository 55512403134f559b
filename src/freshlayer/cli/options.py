"""Our own options, and what they make of the world."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import click
from msgspec import Struct
from msgspec.structs import asdict, replace

from freshlayer.errors import OptionError
from freshlayer.report.formats import NAMES


class Options(Struct, frozen=True):
    """As typed; None where an option was not given. ``docker``: flags of docker's own, for what we run."""

    builder: str | None = None
    state: str | None = None
    identities: str | None = None
    settings: str | None = None
    offline: bool | None = None
    on_unknown: str | None = None
    connections: int | None = None
    timeout: float | None = None
    deadline: float | None = None
    report: str | None = None
    format: str | None = None
    quiet: bool | None = None
    verbose: bool | None = None
    docker: tuple[str, ...] | None = None

    def over(self, outer: Options) -> Options:
        """What stands after the command word wins over what stands before it."""
        return Options(**{n: getattr(outer, n) if v is None else v for n, v in asdict(self).items()})


_QUIET = click.option("--quiet", is_flag=True, default=None, help="print only warnings")


def _builders(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    from freshlayer.builders.detect import BUILDERS

    return [name for name in BUILDERS if name.startswith(incomplete)]


_OURS = (
    click.option(
        "--builder",
        metavar="NAME",
        shell_complete=_builders,
        help="buildah, buildkit, buildx, classic or podman, if not the usual one",
    ),
    click.option("--state", metavar="PATH", type=click.Path(), help="the state file"),
    click.option(
        "--identities", metavar="FILE", type=click.Path(), help="identities to fall back on, and to write"
    ),
    click.option(
        "--settings", metavar="FILE", type=click.Path(), help="settings, in place of those of the project"
    ),
    click.option("--offline", is_flag=True, default=None, help="contact no origin; use recorded identities"),
    click.option(
        "--on-unknown", type=click.Choice(["keep", "rebuild", "fail"]), help="for inputs that can't be asked"
    ),
    click.option("--connections", metavar="N", type=click.IntRange(1, 1000), help="at most so many at once"),
    click.option(
        "--timeout", metavar="S", type=click.FloatRange(0.1, 3600), help="seconds for one reference"
    ),
    click.option(
        "--deadline", metavar="S", type=click.FloatRange(0.1, 86400), help="seconds for all references"
    ),
    click.option(
        "--report",
        metavar="FILE",
        type=click.Path(),
        help="write the report in the format of the ending; else as JSON",
    ),
    _QUIET,
    click.option("--verbose", is_flag=True, default=None, help="build: tell of every instruction"),
)


def ours(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command all of our options, as one value in the parameter ``options``."""
    return _with_options(function, _OURS)


def ours_only(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command those of our options that it uses; it accepts no other behind its word."""
    return lambda function: _with_options(function, [_NAMED[name] for name in names])


_NAMED = {"builder": _OURS[0], "quiet": _QUIET}


def _with_options(function: Callable[..., Any], options: Sequence[Callable[..., Any]]) -> Callable[..., Any]:

    @functools.wraps(function)
    def wrapped(**values: Any) -> Any:
        as_json = values.pop("as_json", None)
        given = _formatted(Options(**{n: values.pop(n, None) for n in Options.__struct_fields__}), as_json)
        context = click.get_current_context()
        outer = context.parent.obj if context.parent is not None else None
        options = given.over(outer) if isinstance(outer, Options) else given
        return function(options=options, **values)

    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped


_FORMATS = (
    click.option("--format", type=click.Choice(NAMES), help="the format of the report"),
    click.option("--json", "as_json", is_flag=True, default=None, help="short for --format json"),
)


def formatted(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command that ``ours`` wraps the options for the format of its report."""
    for option in reversed(_FORMATS):
        function = option(function)
    return function


def _formatted(options: Options, as_json: bool | None) -> Options:
    if not as_json:
        return options
    if options.format not in {None, "json"}:
        raise OptionError(f"--json: --format {options.format} is given too (name one format)")
    return replace(options, format="json")
