"""Compose and bake files of a service: what they build, as their tools print it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from freshlayer.cli.check_many import with_settings
from freshlayer.cli.docker_program import docker_program
from freshlayer.cli.options import Options
from freshlayer.cli.targets import one_target
from freshlayer.context.composition_files import (
    ENVIRONMENT,
    bake_files,
    compose_files,
    is_composition,
    named_files,
    why_unfit,
)
from freshlayer.context.tree import dockerfiles, is_dockerfile
from freshlayer.errors import ContextError, DockerfileError
from freshlayer.files.path_text import text_of
from freshlayer.files.temporary import temporary_directory
from freshlayer.reference import is_remote_context, shown
from freshlayer.settings import HostSettings
from freshlayer.workflows.batch import AnalysedFile, Candidate
from freshlayer.workflows.watched_files import Composed

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshlayer.builders.invocation import BuildTarget, Invocation
    from freshlayer.context import Source

_KEPT = frozenset(
    """
    PATH HOME USER LANG LC_ALL TMPDIR DOCKER_HOST DOCKER_CONTEXT DOCKER_CONFIG DOCKER_TLS_VERIFY
    DOCKER_CERT_PATH DOCKER_DEFAULT_PLATFORM BUILDX_BUILDER BUILDX_CONFIG XDG_CONFIG_HOME XDG_RUNTIME_DIR
    """.split()
)
"""A file of a checkout can put a variable into a build arg, and that into a URL: secrets are not given."""

# No file of another host is loaded; that bake reads what it prints is restricted by us.
_FIXED = {
    "COMPOSE_EXPERIMENTAL_GIT_REMOTE": "0",
    "COMPOSE_EXPERIMENTAL_OCI_REMOTE": "0",
    "BUILDX_BAKE_ENTITLEMENTS_FS": "0",
}
_NOTHING = {"compose": "no service of it is built", "bake": "it has no target"}


def candidates(root: str, failed: Callable[[str], None], named: str = "") -> Iterator[Candidate]:
    """Every Dockerfile, compose and bake file below a directory. Raises ContextError.

    ``named``: what stands for the directory in the names of reports.
    """
    found = _composition_files(root, failed)
    for tool, path in found:
        shown_as = f"{named}:{os.path.relpath(path, root)}" if named else ""
        yield Candidate(str(path.parent), str(path), tool, root, shown_as)


def _composition_files(root: str, failed: Callable[[str], None]) -> Iterator[tuple[str, Path]]:
    by_directory: dict[Path, list[str]] = {}
    found = dockerfiles(root, failed, lambda name: is_dockerfile(name) or is_composition(name))
    for path in map(Path, found):
        if is_dockerfile(path.name):
            yield "", path
        else:
            by_directory.setdefault(path.parent, []).append(path.name)
    for directory, names in by_directory.items():
        for tool, find in (("compose", compose_files), ("bake", bake_files)):
            if files := find(directory, names):
                yield tool, files[0]


def composed(options: Options, hosts: Mapping[str, HostSettings], wanted: Candidate) -> Composed:
    """All that a compose or bake file builds. Raises FreshlayerError where that is not known."""
    files, root = _files(wanted), Path(wanted.root).resolve()
    if wanted.tool == "compose" and not wanted.named:
        _refuse_files_outside(wanted, files, root)
    with temporary_directory() as directory:
        given = _copies(wanted, files, Path(directory)) if wanted.named else files
        invocation = _invocation(options, wanted, given)
        model = invocation.model()
    targets: dict[str, AnalysedFile] = {}
    warnings: list[str] = []
    for target in model.targets:
        name = f"{wanted.named or wanted.file}#{target.name}"
        try:
            placed = _placed(target, wanted.context)
            _refuse_outside(placed, root)
            found = one_target(placed, invocation, None)
        except (ContextError, DockerfileError) as error:
            warnings.append(f"{shown(name)}: {error}; it is not watched")
            continue
        source = (
            named_source(found.source, name) if wanted.named else replace(found.source, shown=shown(name))
        )
        leaf = AnalysedFile(source, found.watched, platforms=found.request.platforms, request=found.request)
        targets[name] = with_settings(options, hosts, leaf)
    if not targets and not warnings:
        warnings.append(f"{shown(wanted.named or wanted.file or '')}: {_NOTHING[wanted.tool]}")
    return Composed(targets, named_files(files, root), tuple(warnings))


def named_source(source: Source, name: str) -> Source:
    """In reports and in the state under this name, wherever its clone is."""
    return replace(source, shown=shown(name), known_as=text_of(name))


def _files(wanted: Candidate) -> list[Path]:
    directory = Path(wanted.context)
    if wanted.tool == "compose":
        return compose_files(directory, [os.path.basename(wanted.file or "")])
    return bake_files(directory, os.listdir(directory))


def _copies(wanted: Candidate, files: list[Path], directory: Path) -> list[Path]:
    """What the tool gets in place of the files of a clone. Raises ContextError."""
    for file in files:
        why = why_unfit(file) or (why_unfit(file.with_name(ENVIRONMENT)) if wanted.tool == "compose" else "")
        if why:
            raise ContextError(f"{shown(wanted.named)}: {why}")
    if wanted.tool != "compose":
        return files
    from freshlayer.context.composition_copy import copy_of

    made = [directory / f"{number}.yaml" for number, _ in enumerate(files)]
    for file, copy in zip(files, made, strict=True):
        try:
            copy.write_text(copy_of(file), encoding="utf-8")
        except ContextError as error:
            raise ContextError(f"{shown(wanted.named)}: {error}") from None
    return made


def _invocation(options: Options, wanted: Candidate, files: list[Path]) -> Invocation:
    """The command that prints what is built."""
    from freshlayer.builders.command_line import bake, compose
    from freshlayer.builders.compositions.bake import Bake
    from freshlayer.builders.compositions.compose import Compose

    docker = (docker_program(), *(options.docker or ()))
    environment = {name: value for name, value in os.environ.items() if name in _KEPT} | _FIXED
    if wanted.tool == "compose":
        words = ["--project-directory", wanted.context, *_named(files), "build"]
        return Compose(docker, ("compose",), environment, "buildx", compose.read(words))
    return Bake(docker, ("buildx", "bake"), environment, "buildx", bake.read(_named(files)))


def _named(files: list[Path]) -> list[str]:
    return [word for path in files for word in ("--file", str(path))]


def _placed(target: BuildTarget, directory: str) -> BuildTarget:
    """With an absolute context: bake prints one relative to where it runs, which is not its directory."""
    if is_remote_context(target.context) or os.path.isabs(target.context):
        return target
    return replace(target, context=os.path.join(directory, target.context))


def _refuse_files_outside(wanted: Candidate, files: list[Path], root: Path) -> None:
    """The same of what compose reads by itself. Raises ContextError."""
    from freshlayer.context.composition_names import refuse_outside

    try:
        refuse_outside(files, root)
    except ContextError as error:
        raise ContextError(f"{shown(str(wanted.file))}: {error}") from None


def _refuse_outside(target: BuildTarget, root: Path) -> None:
    """No file of a checkout makes the service read elsewhere. Raises ContextError."""
    places = [target.context, os.path.join(target.context, target.dockerfile or "Dockerfile")]
    for place in places if not is_remote_context(target.context) else ():
        if not Path(os.path.realpath(place)).is_relative_to(root):
            raise ContextError(f"{shown(text_of(place))}: is outside of {shown(text_of(str(root)))}")
