"""Which Dockerfiles a command about the lock file means, and where that file is."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.cli.dockerfiles import Selection, source_of
from freshlayer.cli.errors import located
from freshlayer.cli.lock_place import LockPlace, lock_place
from freshlayer.cli.options import Options
from freshlayer.errors import ContextError, FreshlayerError, OptionError
from freshlayer.masking import is_secret_name, public_text, shown

if TYPE_CHECKING:
    from freshlayer.context import Source
    from freshlayer.model.lock import Lock, LockedDockerfile
    from freshlayer.workflows.lock_targets import LockTarget


class Files(Struct, frozen=True):
    """``path``: of the lock file. ``lock``: what it has. ``targets``: of the Dockerfiles that are meant."""

    path: Path
    lock: Lock
    targets: tuple[LockTarget, ...]


def files_of(
    options: Options, contexts: Sequence[str], selection: Selection, *, recursive: bool, locked: bool
) -> Files:
    """The Dockerfiles of these contexts; without any, those that the lock file names.

    ``locked``: whether a lock file has to be there. Raises FreshlayerError.
    """
    from freshlayer.lock import read_lock

    if recursive and selection.file:
        raise OptionError(f"-f {selection.file}: --recursive looks for Dockerfiles by their names")
    place = lock_place(options, Path(contexts[0]) if contexts else Path())
    path = place.path
    lock = read_lock(path)
    if locked and not path.exists():
        raise FreshlayerError(f"{path}: there is no lock file (freshlayer lock writes one)")
    named = bool(contexts) or recursive or bool(selection.file) or not lock.dockerfiles
    sources = _given(path, lock, contexts or (".",), selection, recursive) if named else _of_lock(place, lock)
    return Files(path, lock, tuple(_targets(sources)))


def _targets(sources: Iterator[tuple[LockedDockerfile, Source]]) -> Iterator[LockTarget]:
    from freshlayer.workflows.lock_targets import targets_for

    for described, source in sources:
        with located(source):
            yield from targets_for(described, source)


def _of_lock(place: LockPlace, lock: Lock) -> Iterator[tuple[LockedDockerfile, Source]]:
    """Those that it names. A lock file of a checkout names none outside of its home."""
    from freshlayer.cli.standard_input import KeptInput
    from freshlayer.context import read_dockerfile

    path, here = place.path, place.path.resolve().parent
    for described in lock.dockerfiles:
        file = here / described.path
        if file.is_symlink() or not file.resolve().is_relative_to(place.home):
            raise ContextError(f"{path}: {described.path}: is not below the lock file (name its context)")
        if not file.exists():
            continue
        context = here / (described.context or Path(described.path).parent)
        if not context.resolve().is_relative_to(place.home):
            raise ContextError(f"{path}: {described.context}: is not below the lock file")
        yield described, read_dockerfile(str(context), str(file), KeptInput(None))


def _given(
    path: Path, lock: Lock, contexts: Sequence[str], selection: Selection, recursive: bool
) -> Iterator[tuple[LockedDockerfile, Source]]:
    """Those of the command line; options that it does not name are those of the lock file."""
    known = {it.path: it for it in lock.dockerfiles}
    for context, file in _found(contexts, selection, recursive):
        source = source_of(context, file)
        yield _described(path, source, selection, known), source


def _check_public(build_args: dict[str, str]) -> None:
    """A lock file is committed. Raises OptionError for a value that is a secret, or has one in a URL."""
    for name, value in build_args.items():
        if is_secret_name(name) or public_text(value) != value:
            raise OptionError(
                f"--build-arg {shown(name, 60)}: looks like a secret, and a lock file keeps its build args"
                " (give it to the build as a secret)"
            )


def _found(
    contexts: Sequence[str], selection: Selection, recursive: bool
) -> Iterator[tuple[str, str | None]]:
    from freshlayer.context.tree import dockerfiles
    from freshlayer.report.terminal import warn

    for context in contexts:
        if recursive:
            yield from ((os.path.dirname(it) or ".", it) for it in dockerfiles(context, warn))
        else:
            yield context, selection.file


def _described(
    path: Path, source: Source, selection: Selection, known: dict[str, LockedDockerfile]
) -> LockedDockerfile:
    from freshlayer.cli.dockerfiles import request_of
    from freshlayer.workflows.identities import described

    request = request_of(selection)
    found = described(path, source, request)
    before = known.get(found.path)
    args = {it.partition("=")[0] for it in selection.build_args}
    given = {name: value for name, value in request.build_args.items() if name in args}
    _check_public(given)
    found = replace(found, build_args=given)
    if before is None:
        return found
    return replace(
        found,
        platforms=found.platforms if selection.platform else before.platforms or found.platforms,
        target=found.target or before.target,
        network=found.network or before.network,
        build_args={**before.build_args, **found.build_args},
        pin_packages=before.pin_packages,
    )
