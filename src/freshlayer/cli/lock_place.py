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
    from freshlayer.reference import shown

    if options.identities:
        return _alone(Path(options.identities))
    root = root_of(start)
    name, where = _setting(options, root)
    if not name:
        path = place_of_lock(start)
        _check_within(root, path, str(path))
        return _alone(path)
    path = root / name
    _check_within(root, path, f"{where}: lock_file: {shown(name)}")
    return LockPlace(path, root.resolve())


def _check_within(root: Path, path: Path, subject: str) -> None:
    """A link of the checkout may lead anywhere, and what is written follows it. Raises OptionError."""
    home, whole = Path(os.path.realpath(root)), Path(os.path.realpath(path))
    if not whole.is_relative_to(home) or ".git" in map(str.lower, whole.relative_to(home).parts):
        raise OptionError(
            f"{subject}: a link leads out of the repository (remove the link, or name the file with "
            "--identities)"
        )


def _alone(path: Path) -> LockPlace:
    return LockPlace(path, path.resolve().parent)


def _setting(options: Options, root: Path) -> tuple[str, str]:
    """Its value, and the file that has it: that of the root counts for all of a repository."""
    from freshlayer.cli.chosen_settings import SETTINGS
    from freshlayer.context import read_settings, read_settings_file
    from freshlayer.settings import read

    named = options.settings or os.environ.get(SETTINGS, "")
    found = read_settings_file(Path(named)) if named else read_settings(root)
    if found is None:
        return "", ""
    text, where, table = found
    return read(text, where, *table).lock_file, where
