"""Which state a command works with: never a file that a build would copy into an image."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from freshlayer.files.user_directories import state_home

if TYPE_CHECKING:
    from freshlayer.cli.options import Options
    from freshlayer.context import Source
    from freshlayer.state import StateStore
    from freshlayer.state.places import Place

_SCHEMES = ("postgresql://", "postgres://")
"""As libpq spells them (postgresql.org/docs/current/libpq-connect.html, Connection URIs)."""


def state_path(options: Options) -> Place:
    """``--state``, else ``$XDG_STATE_HOME/freshlayer/`` (XDG Base Directory Specification)."""
    if options.state and options.state.startswith(_SCHEMES):
        from freshlayer.state.places import Server

        return Server(options.state)
    if options.state:
        _check_kind(options.state)
        return Path(options.state)
    return state_home(os.environ) / "freshlayer" / "state.sqlite3"


def _check_kind(word: str) -> None:
    """Raises OptionError for a URL: a path of that name would hold its password."""
    scheme, mark, _ = word.partition("://")
    if mark and scheme.replace("+", "").isalnum():
        from freshlayer.errors import OptionError

        cure = "write a path or postgresql://USER@HOST:PORT/DATABASE"
        raise OptionError(f"--state {scheme}://…: no such kind of state ({cure})")


def is_there(place: Place) -> bool:
    """Whether there may be records: a file that is not there is not to be made only to be read."""
    return not isinstance(place, Path) or place.exists()


def is_lost(options: Options, store: StateStore) -> bool:
    """Whether a server could not be used: then it is not known what is fresh."""
    return not store.is_usable and not isinstance(state_path(options), Path)


@contextmanager
def state_in_use(options: Options, source: Source | None, warn: Callable[[str], None]) -> Iterator[Place]:
    """Where the state is; a temporary file where the usual one would be sent with the context.

    A path that ``--state`` names is the user's choice, and some CIs keep nothing outside the checkout: there
    it is a warning.
    """
    path = state_path(options)
    if source is None or not isinstance(path, Path) or not _is_sent(source, path):
        yield path
    elif options.state:
        warn(f"{path}: is in the build context, where a COPY may take it in (name it in .dockerignore)")
        yield path
    else:
        from freshlayer.files.temporary import temporary_directory

        where = f"{path}: would be in the build context {source.context}"
        warn(f"{where}; a temporary state is used (set XDG_STATE_HOME or pass --state PATH)")
        with temporary_directory() as directory:
            # That directory is locked for as long as it is there, and the state locks the one that it is in.
            yield Path(directory) / "state" / path.name


def _is_sent(source: Source, path: Path) -> bool:
    """Where the ignore file can't be used, nothing is known to be left out."""
    if not path.resolve().is_relative_to(source.context.resolve()):
        return False
    from freshlayer.context.dockerignore import is_sent
    from freshlayer.errors import ContextError

    try:
        return is_sent(source.context, source.path, path)
    except ContextError:
        return True
