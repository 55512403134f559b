"""Our own options: what each is, and on which commands it acts.

Before the command word all of them are accepted, so that an alias can set a policy for every command; one
that names the form of a report is refused where there is no report. Behind the word a command accepts those
that act on it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, replace

from freshlayer.cli.declared import (
    FILE,
    Decorator,
    Kind,
    Parameter,
    choice,
    integer,
    option,
    parameters_of,
    takes_before,
)
from freshlayer.errors import OptionError
from freshlayer.report.formats import NAMES, format_of, missing


class Options(Struct, frozen=True):
    """As typed; None where an option was not given.

    ``docker``: flags of docker's own, for what we run. ``report_to``: the file that gets the report, in place
    of standard output. ``report_url``: the service that a build is reported to.
    """

    builder: str | None = None
    state: str | None = None
    identities: str | None = None
    locked: bool | None = None
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
    report_to: str | None = None
    report_url: str | None = None

    def over(self, outer: Options) -> Options:
        """An option behind the command word wins over the same one before it."""
        return Options(**{n: getattr(outer, n) if v is None else v for n, v in asdict(self).items()})


HELP_ALL = "freshlayer.help-all"
"""Where click's context notes that options are listed which are seldom used."""


class Before(Struct, frozen=True):
    """What is before a command: our options, and the word of the command itself.

    ``spelling``: docker's longer spelling of it, where that was typed.
    """

    options: Options = Options()
    command: str = ""
    spelling: str = ""


def _builders(_context: object, _parameter: object, incomplete: str) -> list[str]:
    from freshlayer.builders.detect import BUILDERS

    return [name for name in BUILDERS if name.startswith(incomplete)]


_OURS: dict[str, Decorator] = {
    "builder": option(
        "--builder",
        metavar="NAME",
        shell_complete=_builders,
        help="buildah, buildkit, buildx, classic or podman; default: the usual one",
    ),
    "identities": option(
        "--identities", metavar="FILE", type=FILE, help="identities to fall back on, and to write"
    ),
    "locked": option(
        "--locked",
        is_flag=True,
        default=None,
        help="build nothing that is not as in freshlayer.lock, or in the file of --identities",
    ),
    "offline": option(
        "--offline", is_flag=True, default=None, help="contact no origin; use recorded identities"
    ),
    "on-unknown": option(
        "--on-unknown",
        type=choice(["keep", "rebuild", "fail"]),
        help="what an input that can't be probed does to its instruction",
    ),
    "report": option(
        "--report",
        metavar="FILE",
        type=FILE,
        help="write the report in the format of the ending; else as JSON. A URL (build, compose, bake)"
        " is that of the freshlayer watch that gets what was built",
    ),
    "quiet": option("--quiet", is_flag=True, default=None, help="print only warnings"),
    "verbose": option(
        "--verbose", is_flag=True, default=None, help="print every instruction, and all that is not watched"
    ),
    "state": option(
        "--state", metavar="PATH", seldom=True, type=FILE, help="the state file, or postgresql://…"
    ),
    "settings": option(
        "--settings",
        metavar="FILE",
        seldom=True,
        type=FILE,
        help="settings, in place of those of the project",
    ),
    "connections": option(
        "--connections",
        metavar="N",
        seldom=True,
        type=integer(1, 1000),
        help="the maximum of concurrent connections",
    ),
    "timeout": option(
        "--timeout",
        metavar="S",
        seldom=True,
        type=Kind("FloatRange", (0.1, 3600)),
        help="seconds for one reference",
    ),
    "deadline": option(
        "--deadline",
        metavar="S",
        seldom=True,
        type=Kind("FloatRange", (0.1, 86400)),
        help="seconds for all references",
    ),
}
_PROBING = ("state", "settings", "connections", "timeout", "deadline")
_CHECKING = ("identities", "offline", "on-unknown", *_PROBING)

ACTING: dict[str, tuple[str, ...]] = {
    "build": ("format", *_OURS),
    "compose": ("format", *_OURS),
    "bake": ("format", *_OURS),
    "check": ("format", "output", *(name for name in _OURS if name != "locked")),
    "inputs": ("format", "output", "report", "quiet", "state", "settings"),
    "lock": ("format", "quiet", "identities", *_PROBING),
    "update": ("format", "quiet", "identities", *_PROBING),
    "verify": ("format", "quiet", "identities", "offline", *_PROBING),
    "attest": ("quiet", "identities", *_PROBING),
    "export": ("format", "identities"),
    "probe": ("format", "report", "quiet", *_PROBING),
    "history": ("format", "state"),
    "diff": ("format",),
    "state ls": ("format", "state"),
    "state forget": ("quiet", "state"),
    "flag": ("offline", "quiet", *_PROBING),
    "render": ("report", "quiet", "locked", *_CHECKING),
    "watch": ("format", "report", "quiet", "builder", *_PROBING),
    "demo": ("builder",),
    "trust": ("quiet",),
    "install": ("quiet",),
    "uninstall": ("quiet",),
}
"""Command → our options that act on it. ``format`` is ``--format`` and ``--json``; ``output`` is behind the
word alone, as docker has an ``-o`` of its own."""

_BUILDING = ("build", "compose", "bake")
_OF_REPORTS = ("format", "report")


def ours(command: str, formats: Sequence[str] = NAMES) -> Decorator:
    """Give a command the options of ours that act on it, as one value in the parameter ``options``.

    ``formats``: those of its report, where it does not have all.
    """
    return lambda function: _with_options(function, list(_made(ACTING[command], formats)))


def all_of_ours() -> tuple[Parameter, ...]:
    """Those before the command word: all of them."""

    def nothing() -> None: ...

    for made in reversed(list(_made(("format", *_OURS), NAMES))):
        made(nothing)
    return parameters_of(nothing)


def before(values: Mapping[str, Any], command: str, docker: tuple[str, ...]) -> Options:
    """The options before a command. ``docker``: flags of docker's own. Raises OptionError."""
    options = replace(_taken({**values}), docker=docker)
    check_format(options)
    check_acts(options, command)
    return options


def check_acts(options: Options, command: str) -> None:
    """Raises OptionError where the form of a report is named for a command that has none."""
    if options.report_url is not None and command not in _BUILDING:
        raise OptionError(f"--report URL: does not act on {command} (it acts on {', '.join(_BUILDING)})")
    for name in _OF_REPORTS:
        if getattr(options, name) is not None and not _acts(name, command):
            raise OptionError(f"--{name}: {hint_for(name, command)}")


def check_format(options: Options) -> None:
    """Raises OptionError where a format is named that needs a library which is not installed."""
    named = {"--format": options.format} if options.format else {}
    if options.report_to and not options.format:
        named["-o"] = format_of(options.report_to)
    if options.report and options.report != "-":
        named["--report"] = format_of(options.report)
    for named_by, form in named.items():
        # A command may have formats of its own.
        if form in NAMES and (why := missing(form)):
            raise OptionError(f"{named_by} {form}: {why}")


def _acts(name: str, command: str) -> bool:
    """On the command, or on one below it."""
    return any(name in names for other, names in ACTING.items() if f"{other} ".startswith(f"{command} "))


def hint_for(name: str, command: str) -> str | None:
    """Where an option acts, for one that does not act on a command; None where it is not ours."""
    of_name = {"json": "format"}.get(name, name)
    acting = [other for other, names in ACTING.items() if of_name in names]
    return f"does not act on {command} (it acts on {', '.join(acting)})" if acting else None


def _made(names: Iterable[str], formats: Sequence[str]) -> Iterable[Decorator]:
    """``--help-all`` is added where something is seldom used."""
    listed = list(names)
    for name in listed:
        if name == "output":
            yield option(
                "-o",
                "--output",
                "report_to",
                metavar="FILE",
                type=FILE,
                help="write the report to FILE alone, in the format of --format or of the ending",
            )
        elif name == "format":
            yield option("--format", type=choice(formats), help="the format of the report")
            yield option("--json", "as_json", is_flag=True, default=None, help="short for --format json")
        else:
            yield _OURS[name]
    if not _SELDOM.isdisjoint(listed):
        yield option(
            "--help-all",
            is_flag=True,
            shows_all=True,
            help="list the options that are seldom used, too",
        )


_SELDOM = frozenset(_PROBING)


def _with_options(function: Callable[..., Any], options: Sequence[Decorator]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapped(before: Before, /, **values: Any) -> Any:
        given = _taken(values)
        check_acts(Options(report_url=given.report_url), before.command)
        options = given.over(before.options)
        check_format(options)
        return function(options=options, **values)

    for made in reversed(options):
        made(wrapped)
    return takes_before(wrapped)


def _taken(values: dict[str, Any]) -> Options:
    """Our options, which are taken out of the values. Raises OptionError."""
    as_json = values.pop("as_json", None)
    return _formatted(Options(**{n: values.pop(n, None) for n in Options.__struct_fields__}), as_json)


def _formatted(options: Options, as_json: bool | None) -> Options:
    if (options.report or "").startswith(("http://", "https://")):
        options = replace(options, report=None, report_url=options.report)
    if not as_json:
        return options
    if options.format not in {None, "json"}:
        raise OptionError(f"--json: --format {options.format} is given too (name one format)")
    return replace(options, format="json")
