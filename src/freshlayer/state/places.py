"""Where the state is, and the member of Database that is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from freshlayer.errors import OptionError
from freshlayer.state.events import Keep
from freshlayer.state.opening import StateFile
from freshlayer.state.store import DatabaseStore

if TYPE_CHECKING:
    from freshlayer.state.database import Database
    from freshlayer.state.postgres.turns import PostgresTurns

_KEEP = Keep()


class Server(Struct, frozen=True):
    """A database server. ``url`` may hold a password: it is never printed."""

    url: str

    def __repr__(self) -> str:
        return "<Server>"

    def __str__(self) -> str:
        from freshlayer.state.postgres.address import shown_address  # noqa: PLC0415 - few runs have a server

        return shown_address(self.url)


Place = Path | Server
"""A state file, or a server."""


def database_at(place: Place, warn: Callable[[str], None], *, releases: bool = False) -> Database:
    """Not connected yet. ``releases``: a server's connection ends after each transaction that writes.

    Raises OptionError where an extra is missing, or the URL can't be meant.
    """
    if isinstance(place, Path):
        return StateFile(place, warn)
    try:
        from freshlayer.state.postgres.server import PostgresDatabase  # noqa: PLC0415 - see above
    except ImportError:
        cure = "pip install 'freshlayer[postgres]'"
        raise OptionError(f"--state {place}: it needs freshlayer[postgres] ({cure})") from None
    return PostgresDatabase(place.url, warn, releases=releases)


class SqliteStore(DatabaseStore):
    """One state file. ``warn`` is called with the reason where it can't be used, once."""

    def __init__(self, path: Path, warn: Callable[[str], None], keep: Keep = _KEEP) -> None:
        super().__init__(StateFile(path, warn), keep)


def store_at(place: Place, warn: Callable[[str], None], keep: Keep = _KEEP) -> DatabaseStore:
    """As of ``database_at``."""
    return DatabaseStore(database_at(place, warn, releases=True), keep)


def turns_at(
    place: Place, longest: float, warn: Callable[[str], None], *, serves: bool
) -> PostgresTurns | None:
    """What several processes that watch share; None where the state is a file, which one of them uses.

    ``serves``: whether this one has an API.
    """
    if isinstance(place, Path):
        return None
    from freshlayer.state.postgres.turns import PostgresTurns  # noqa: PLC0415 - see above

    return PostgresTurns(place.url, longest, warn, serves=serves)
