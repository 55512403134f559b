"""The targets of an invocation: each Dockerfile, read and analysed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from freshlayer.cli.chosen_settings import policy_of
from freshlayer.cli.errors import located
from freshlayer.cli.options import Options
from freshlayer.errors import ContextError, DockerfileError
from freshlayer.files.path_text import text_of

if TYPE_CHECKING:
    from freshlayer.builders.invocation import BuildTarget, Invocation, Model
    from freshlayer.cli.standard_input import KeptInput
    from freshlayer.context import Source
    from freshlayer.discover.analysis import BuildRequest
    from freshlayer.workflows.target import Target


def targets_of(
    model: Model, invocation: Invocation, stdin: KeptInput, *, otherwise: str = "it is built as it is"
) -> dict[str, Target]:
    """Name → target, for those whose Dockerfile can be read; a warning for each other one.

    ``otherwise``: what happens to those, a clause. Raises ContextError or DockerfileError where none can be.
    """
    found = dict(_readable(model, invocation, stdin, otherwise))
    if not found:
        raise ContextError("no Dockerfile of it can be watched")
    return found


def _readable(
    model: Model, invocation: Invocation, stdin: KeptInput, otherwise: str
) -> Iterator[tuple[str, Target]]:
    from freshlayer.report.terminal import warn

    for target in model.targets:
        try:
            yield target.name, one_target(target, invocation, stdin)
        except (ContextError, DockerfileError) as error:
            if not target.name:
                raise
            warn(f"{target.name}: {error}; {otherwise}")


def one_target(target: BuildTarget, invocation: Invocation, stdin: KeptInput | None) -> Target:
    """One of a model. Raises ContextError, DockerfileError."""
    from freshlayer.workflows.target import Target

    source = _source(target, invocation, stdin)
    with located(source):
        return Target.of(source, _request(target, invocation))


def _source(target: BuildTarget, invocation: Invocation, stdin: KeptInput | None) -> Source:
    """The Dockerfile of a target. Raises ContextError where it isn't one on this machine."""
    from freshlayer.context import read_dockerfile, unwatched_context

    why = target.barred or unwatched_context(target.context)
    if why:
        raise ContextError(str(why))
    if target.inline is not None:
        return _inline(target, target.inline)
    place = invocation.place_of(target)
    source = read_dockerfile(place.context, place.file, stdin, place.names, in_context=place.in_context)
    # With other build args the same Dockerfile is another build, which has a record of its own.
    named = target.name and target.args
    return replace(source, known_as=f"{source.known_as}#{target.name}") if named else source


def _inline(target: BuildTarget, text: str) -> Source:
    from freshlayer.context import Source

    context = Path(target.context)
    return Source(
        text.encode("utf-8", "surrogateescape"),
        shown=f"{target.name} (inline)",
        known_as=text_of(f"{context.resolve()}#{target.name}"),
        root=str(context),
        file=None,
    )


def _request(target: BuildTarget, invocation: Invocation) -> BuildRequest:
    from freshlayer.discover.analysis import BuildRequest
    from freshlayer.workflows.check import built_by
    from freshlayer.workflows.platforms import default_platform, platforms_of

    request = BuildRequest(
        platforms=platforms_of(target.platforms, invocation.environment),
        host=default_platform(),
        target=target.target,
        build_args=target.args,
        network=target.network or "default",
        contexts=target.contexts,
    )
    return built_by(invocation, invocation.engine, request)


def settings_of(options: Options, targets: Mapping[str, Target]) -> Source | None:
    """A Dockerfile with the settings of all; None, which means those of this directory, where they differ."""
    from freshlayer.report.terminal import warn

    first, *others = [target.source for target in targets.values()]
    policy = policy_of(options, first) if others else None
    if all(policy_of(options, source) == policy for source in others):
        return first
    warn("the settings beside these Dockerfiles differ; those of this directory count for all of them")
    return None
