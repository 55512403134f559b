"""What a reader of lock files gets and states."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping

import msgspec
from msgspec import Struct

from freshlayer.model.reasons import Reason
from freshlayer.shell.files import absolute

Table = Mapping[str, object]

_NOT_A_NAME = re.compile(r"[-_.]+")


class Locked(Struct, frozen=True):
    """All packages of a command are named, with their bytes or exact versions, by a file of the context.

    ``required``: the file is not known, nor is the manifest: they come from what brings the project, and the
    command fails without them.
    """

    file: str
    required: bool = False


class Unlocked(Struct, frozen=True):
    """They are not: no lock file is there, it is behind its manifest, or it could not be read."""

    reason: Reason


Lock = Locked | Unlocked


class Project(Struct, frozen=True):
    """A command in its directory. ``read``: absolute path → text; None where no such file is known.

    ``names``: directory → the names in it. ``environment``: name → value of a variable, empty if unset.
    ``is_named``: whether the command names the directory, in place of the one where it runs.
    """

    arguments: tuple[str, ...]
    directory: str
    read: Callable[[str], str | None]
    names: Callable[[str], frozenset[str]]
    environment: Callable[[str], str]
    is_named: bool = False

    def path(self, name: str) -> str:
        """The absolute path of a file of the project."""
        return absolute(name, self.directory)

    def text(self, name: str) -> str | None:
        """The text of a file of the project."""
        return self.read(self.path(name))

    def first(self, *names: str) -> tuple[str, str] | None:
        """The first of these files that is there: name and text."""
        for name in names:
            text = self.text(name)
            if text is not None:
                return name, text
        return None

    def has(self, *flags: str) -> bool:
        """Whether one of these words is an argument."""
        return any(flag in self.arguments for flag in flags)

    def words(self, *with_value: str) -> list[str]:
        """The arguments that are neither an option nor the value of one."""
        found: list[str] = []
        skip = False
        for word in self.arguments:
            if skip or word.startswith("-"):
                skip = not skip and word in with_value
                continue
            found.append(word)
        return found

    def value(self, *options: str) -> str:
        """The value of the last of these options; empty without one."""
        found = ""
        for place, word in enumerate(self.arguments):
            name, equals, value = word.partition("=")
            if name in options:
                found = value if equals else "".join(self.arguments[place + 1 : place + 2])
        return found


def missing(*names: str) -> Unlocked:
    """No lock file is there."""
    return Unlocked(Reason("no-lock-file", detail=f"there is no {' or '.join(names)} in the build context"))


def not_there(project: Project, file: str, manifest: str, *, fails: bool = True) -> Lock:
    """A lock file or its manifest is not known. ``fails``: whether the command fails without the lock file.

    What brings a project that is not of the build context, a clone or an archive, brings its lock file too.
    """
    is_elsewhere = fails and project.text(manifest) is None
    return Locked(file, required=True) if is_elsewhere else missing(file)


def floating(detail: str) -> Unlocked:
    """The command does not bind itself to a lock file."""
    return Unlocked(Reason("not-locked", detail=detail))


def covered(file: str, wanted: Iterable[str], locked: Iterable[str]) -> Lock:
    """``Locked`` where the lock file has all that the manifest names."""
    there = set(locked)
    behind = sorted(set(wanted) - there)
    if not behind:
        return Locked(file)
    more = f" and {len(behind) - 3} more" if len(behind) > 3 else ""
    detail = f"{file} does not cover {', '.join(behind[:3])}{more}"
    return Unlocked(Reason("lock-behind", detail=detail))


def unreadable(file: str) -> Unlocked:
    """A file that is not in the format of its name."""
    return Unlocked(Reason("lock-not-read", detail=f"{file} is not read: it is not in the expected format"))


def from_json(text: str) -> Table:
    """A JSON object. Raises ValueError."""
    try:
        found = msgspec.json.decode(text.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    return table(found)


def from_toml(text: str) -> Table:
    """A TOML document. Raises ValueError."""
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError(str(error)) from None


def table(value: object) -> dict[str, object]:
    """A table; empty where the value is none."""
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def tables(value: object) -> list[dict[str, object]]:
    """The tables of a list."""
    return [table(item) for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts(value: object) -> list[str]:
    """The texts of a list."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def inside(document: Table, *keys: str) -> dict[str, object]:
    """A table within tables."""
    found = table(document)
    for key in keys:
        found = table(found.get(key))
    return found


def canonical(name: str) -> str:
    """The name of a Python package as indexes compare it (PEP 503)."""
    return _NOT_A_NAME.sub("-", name).lower()
