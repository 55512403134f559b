"""Where the lock file of a command is: an option, a setting of the repository, else found upwards."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from freshlayer.errors import OptionError

if TYPE_CHECKING:
    from freshlayer.cli.options import Options


class LockPlace(Struct, frozen=True):
    """``home``: the directory below which the Dockerfiles are that the file may name by itself."""

    path: Path
    home: Path


def lock_place(options: Options, start: Path) -> LockPlace:
    """``--identities``, else ``lock_file`` of the settings, else the file of the repository.

    ``start``: where a Dockerfile is. Raises OptionError, ContextError.
    """
    from freshlayer.lock import place_of_lock
    from freshlayer.lock.lock_file import root_of

    if options.identities:
        return _alone(Path(options.identities))
    root = root_of(start)
    name = _setting(options, root)
    if not name:
        return _alone(place_of_lock(start))
    path = root / name
    if not path.parent.resolve().is_relative_to(root.resolve()):
        raise OptionError(f"lock_file: {name}: leads out of the repository")
    return LockPlace(path, root.resolve())


def _alone(path: Path) -> LockPlace:
    return LockPlace(path, path.resolve().parent)


def _setting(options: Options, root: Path) -> str:
    """The setting that counts for all of a repository is that of its root."""
    from freshlayer.cli.chosen_settings import SETTINGS
    from freshlayer.context import read_settings, read_settings_file
    from freshlayer.settings import read

    named = options.settings or os.environ.get(SETTINGS, "")
    found = read_settings_file(Path(named)) if named else read_settings(root)
    if found is None:
        return ""
    text, where, table = found
    return read(text, where, *table).lock_file
