"""What ``compose`` and ``bake`` do alike: one command of docker's, several Dockerfiles, one report."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from freshlayer import children
from freshlayer.cli.chosen_settings import policy_of
from freshlayer.cli.dockerfiles import standard_input
from freshlayer.cli.errors import located
from freshlayer.cli.options import Options
from freshlayer.cli.passthrough import asks_for_help, show_help
from freshlayer.cli.session import session_of
from freshlayer.errors import (
    BuilderError,
    ContextError,
    DockerfileError,
    FreshlayerError,
    OptionError,
    UnknownInputError,
)

if TYPE_CHECKING:
    from freshlayer.builders.compositions.base import BuildTarget, Composition
    from freshlayer.context import Source
    from freshlayer.discover.analysis import BuildRequest
    from freshlayer.model.report import Report
    from freshlayer.workflows.target import Target

    Make = Callable[[tuple[str, ...]], Composition]


def run(context: click.Context, words: tuple[str, ...], make: Make) -> int:
    """Build with keys what can be understood, and all the rest as typed; the tool's exit code.

    ``words``: what stands between docker's own flags and the user's words. ``make``: the command for an argv.
    """
    options = context.obj if isinstance(context.obj, Options) else Options()
    if asks_for_help(context.params["words"]) and (missing := _missing(words[0])):
        return show_help(context, missing)
    try:
        return _run(options, make((_docker(), *(options.docker or ()), *words)))
    except FreshlayerError as error:
        error.building = True  # type: ignore[attr-defined]
        raise


def _missing(plugin: str) -> str:
    """Why there is no help of its own, as a clause; without the plugin docker shows the help of docker."""
    from freshlayer.docker_client.config import has_plugin

    if not children.program("docker", os.environ.get("PATH", os.defpath)):
        return "there is no docker in PATH"
    return "" if has_plugin(plugin, os.environ) else f"this docker lacks the plugin {plugin}"


def _docker() -> str:
    found = children.program("docker", os.environ.get("PATH", os.defpath))
    if not found:
        raise BuilderError(f"there is no docker in PATH ({os.environ.get('PATH', 'which is not set')})")
    return found


def _run(options: Options, tool: Composition) -> int:
    """Ours if we can; else what the user asked for, with a warning (design rule 5)."""
    from freshlayer.report.terminal import warn

    if options.builder not in {None, tool.builder}:
        raise OptionError(f"--builder {options.builder}: {tool.tool} builds with {tool.builder}")
    if tool.unclear:
        warn(f"{tool.unclear}; {tool.tool} runs as asked")
    if tool.unclear or not tool.builds:
        return tool.as_typed().exit_code
    try:
        reports = _build(options, tool)
    except UnknownInputError:
        raise
    except FreshlayerError as error:
        warn(f"{error}; {tool.tool} runs as asked, and nothing is watched")
        return tool.as_typed().exit_code
    except Exception as error:  # noqa: BLE001 - a fault of ours must not cost the user a build
        warn(f"an error of freshlayer itself ({type(error).__name__}: {error}); {tool.tool} runs as asked")
        return tool.as_typed().exit_code
    with contextlib.suppress(BrokenPipeError):
        _tell(options, reports)
    code = next((report.exit_code or 0 for report in reports.values()), 0)
    return code or tool.go_on().exit_code


def _build(options: Options, tool: Composition) -> dict[str, Report]:
    from freshlayer.workflows.build import build_together

    model = tool.model()
    targets = dict(_targets(model.targets, tool))
    if not targets:
        raise ContextError("no Dockerfile of it can be watched")
    with session_of(options, _settings_of(options, targets)) as session:
        return build_together(targets, tool, model, replace(session, warn=_once(session.warn)))


def _once(warn: Callable[[str], None]) -> Callable[[str], None]:
    """Targets that share a Dockerfile give the same reasons to warn."""
    told: set[str] = set()

    def tell(message: str) -> None:
        if message not in told:
            told.add(message)
            warn(message)

    return tell


def _targets(found: tuple[BuildTarget, ...], tool: Composition) -> Iterator[tuple[str, Target]]:
    """Those whose Dockerfile we can read; the others are built as they are, and said so."""
    from freshlayer.report.terminal import warn

    for target in found:
        try:
            yield target.name, _readable(target, tool)
        except (ContextError, DockerfileError) as error:
            warn(f"{target.name}: {error}; it is built as it is")


def _readable(target: BuildTarget, tool: Composition) -> Target:
    """Raises ContextError, DockerfileError."""
    from freshlayer.workflows.target import Target

    source = _source(target)
    with located(source):
        return Target.of(source, _question(target, tool))


def _source(target: BuildTarget) -> Source:
    """The Dockerfile of a target. Raises ContextError where it isn't one on this machine."""
    from freshlayer.context import read_dockerfile, unwatched_context

    why = target.barred or unwatched_context(target.context)
    if why:
        raise ContextError(str(why))
    if target.inline is not None:
        return _inline(target, target.inline)
    file = target.dockerfile if target.dockerfile != "Dockerfile" else None
    path = os.path.relpath(os.path.join(target.context, file)) if file else None
    source = read_dockerfile(os.path.relpath(target.context), path, standard_input())
    # What other build args lead to is another build, and has a record of its own.
    return replace(source, known_as=f"{source.known_as}#{target.name}") if target.args else source


def _inline(target: BuildTarget, text: str) -> Source:
    from pathlib import Path

    from freshlayer.context import Source

    context = Path(target.context)
    return Source(
        text.encode("utf-8", "surrogateescape"),
        shown=f"{target.name} (inline)",
        known_as=f"{context.resolve()}#{target.name}",
        context=context,
        path=None,
    )


def _question(target: BuildTarget, tool: Composition) -> BuildRequest:
    from freshlayer.builders import client_proxies
    from freshlayer.discover.analysis import BuildRequest
    from freshlayer.workflows.session import default_platform, platforms_of

    return BuildRequest(
        proxies=client_proxies(tool.environment),
        platforms=platforms_of(target.platforms, tool.environment),
        host=default_platform(),
        target=target.target,
        build_args=target.args,
        network=target.network or "default",
        builder=tool.builder,
        engine=tool.engine,
    )


def _settings_of(options: Options, targets: Mapping[str, Target]) -> Source | None:
    """A Dockerfile with the settings of all; None, which means this folder's, where they differ."""
    from freshlayer.report.terminal import warn

    first, *others = [target.source for target in targets.values()]
    policy = policy_of(options, first)
    if all(policy_of(options, source) == policy for source in others):
        return first
    warn("the settings beside these Dockerfiles differ; those of this folder count for all of them")
    return None


def _tell(options: Options, reports: Mapping[str, Report]) -> None:
    from freshlayer.cli.output import Output
    from freshlayer.report.formats.base import ReportKind, Style

    Output(options, Style(ReportKind.BUILD, several=True)).write([*reports.items()])
