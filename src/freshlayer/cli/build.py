"""``freshlayer build``: everything after the word belongs to the builder."""

from __future__ import annotations

import contextlib
import os
import shutil
from functools import partial
from typing import IO, TYPE_CHECKING

import click

from freshlayer.cli.dockerfiles import standard_input
from freshlayer.cli.options import Options
from freshlayer.cli.passthrough import Verbatim, asks_for_help, misplaced, show_help
from freshlayer.cli.session import session_of
from freshlayer.errors import BuilderError, ContextError, FreshlayerError, OptionError, UnknownInputError

if TYPE_CHECKING:
    from freshlayer.builders import BuildCommand, Builder
    from freshlayer.context import Source
    from freshlayer.model.report import Report


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
    from freshlayer.builders import detect, read

    options = context.obj if isinstance(context.obj, Options) else Options()
    try:
        builder = detect(options.builder or "", os.environ, options.docker or ())
        _check_spelling(context, builder)
        code = _build(options, read(words, os.environ, builder.family), builder)
    except BuilderError as error:
        if words and asks_for_help(words):
            return show_help(context, str(error))
        error.building = True  # type: ignore[attr-defined]
        raise
    except FreshlayerError as error:
        error.building = True  # type: ignore[attr-defined]
        raise
    if code:
        _hint(context, words, builder)
    return code


def _check_spelling(context: click.Context, builder: Builder) -> None:
    """``buildx build`` and the like are docker's words. Raises OptionError before another builder."""
    from freshlayer.builders.command_line.families import DOCKER
    from freshlayer.cli.spellings import SPELLING

    spelling = context.meta.get(SPELLING)
    if spelling and builder.family != DOCKER:
        raise OptionError(f"{spelling}: the builder is {builder.name}, not docker (write: freshlayer build)")


def _hint(context: click.Context, words: list[str], builder: Builder) -> None:
    """After a failure: which options the builder refused because they are freshlayer's."""
    from freshlayer.report.terminal import warn

    for option in misplaced(context, words, builder.family.grammar):
        warn(
            f"build: {option} is an option of freshlayer (put it before the word: freshlayer {option} build)"
        )


def _build(options: Options, build: BuildCommand, builder: Builder) -> int:
    """Ours if we can; else the user's build as it was asked for, with a warning (design rule 5)."""
    from freshlayer.context import unwatched_context
    from freshlayer.report.terminal import warn
    from freshlayer.workflows import build as workflow

    why = build.unclear or unwatched_context(build.context)
    if why:
        if why.code != "builds-nothing":
            warn(f"{why}; the builder runs as asked")
        return _plainly(build, builder, b"")
    source: Source | None = None
    try:
        source = _source(build, builder)
        with session_of(options, source) as session:
            report = workflow.build(source, build, builder, session)
    except UnknownInputError:
        raise
    except FreshlayerError as error:
        warn(f"{_place(error, source)}; the builder runs as asked, and nothing is watched")
        return _plainly(build, builder, _read_already(source, error))
    except Exception as error:  # noqa: BLE001 - a fault of ours must not cost the user a build
        warn(f"an error of freshlayer itself ({type(error).__name__}: {error}); the builder runs as asked")
        return _plainly(build, builder, _read_already(source, error))
    with contextlib.suppress(BrokenPipeError):
        _tell(options, report)
    return report.exit_code or 0


def _source(build: BuildCommand, builder: Builder) -> Source:
    from freshlayer.context import read_dockerfile

    family = builder.family
    return read_dockerfile(
        build.context, build.file, standard_input(), family.dockerfiles, in_context=family.file_in_context
    )


def _tell(options: Options, report: Report) -> None:
    from freshlayer.cli.output import Output
    from freshlayer.report.formats.base import ReportKind, Style

    Output(options, Style(ReportKind.BUILD)).write([("", report)])


def _place(error: FreshlayerError, source: Source | None) -> str:
    line = getattr(error, "line", 0)
    return f"{source.shown}:{line}: {error}" if source and line else str(error)


def _read_already(source: Source | None, error: Exception) -> bytes:
    """What has been taken from standard input and has to be given on."""
    if source is not None:
        return source.content if source.path is None else b""
    return error.given if isinstance(error, ContextError) else b""


def _give(content: bytes, stream: IO[bytes]) -> None:
    stream.write(content)
    if (rest := standard_input()) is not None:
        shutil.copyfileobj(rest, stream)


def _plainly(build: BuildCommand, builder: Builder, given: bytes) -> int:
    """The command as typed; what was read from standard input goes before the rest of it."""
    from freshlayer.builders import run

    argv = [*builder.argv, *build.words]
    return run(argv, builder.environment, partial(_give, given) if given else None).exit_code
