"""Find and read the Dockerfile that a builder would read, and the settings file beside it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.errors import ContextError
from freshlayer.files.bounded_read import UnfitFileError, kind_of, read_file, read_text
from freshlayer.files.path_text import text_of
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason
from freshlayer.reference import is_remote_context, shown

_OWN = "[tool.freshlayer"
_OWN_TABLE = compiled(r"(?m)^\s*\[tool\.freshlayer")
_LARGEST = 16 * 1024 * 1024
# In the order of docker's client.
_NAMES = ("Dockerfile", "dockerfile")
SETTINGS: dict[str, tuple[str, ...]] = {"freshlayer.toml": (), "pyproject.toml": ("tool", "freshlayer")}
"""Name of a file that may hold settings → the table that they are in."""


class StandardInput(Protocol):
    """Standard input, as far as a Dockerfile is read from it."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes. Raises OSError."""


class Source(Struct, frozen=True):
    """A Dockerfile. ``shown`` is its name for messages, ``known_as`` its name in the state, in UTF-8.

    ``root``: the directory of its context; ``file``: its own path, None where it has no file.
    ``read_once``: it came from standard input.
    """

    content: bytes
    shown: str
    known_as: str
    root: str
    file: str | None
    read_once: bool = False

    @property
    def context(self) -> Path:
        """The directory of its context."""
        return Path(self.root)

    @property
    def path(self) -> Path | None:
        """Its own path; None where it has no file."""
        return None if self.file is None else Path(self.file)

    @property
    def text(self) -> str:
        """The content as text; every byte can be restored from it."""
        return self.content.decode("utf-8", "surrogateescape")

    @property
    def directory(self) -> Path:
        """The directory of the Dockerfile, where its settings file is."""
        return Path(self.root if self.file is None else os.path.dirname(self.file))

    def again(self) -> Source:
        """With its content, where that was not kept. Raises ContextError."""
        return self if self.file is None else replace(self, content=_read(self.file))


def unwatched_context(context: str) -> Reason | None:
    """Why a context can't be watched; None where it is the name of a directory."""
    if context == "-":
        return Reason("context-not-watched", detail="a context from standard input is not watched")
    if not os.path.isdir(context) and is_remote_context(context):
        return Reason("context-not-watched", detail="a context from another host is not watched")
    return None


def read_dockerfile(
    context: str,
    file: str | None,
    stdin: StandardInput | None,
    names: Sequence[str] = _NAMES,
    *,
    in_context: bool = False,
) -> Source:
    """Read the Dockerfile of a context; ``file`` is relative to the working directory, or ``-``.

    ``names``: the default names, where no file is given. ``in_context``: a file that is not in the working
    directory may be in the context.

    Raises ContextError, with the path and the reason, where it can't be read.
    """
    if not os.path.isdir(context or "."):
        raise ContextError(f"{shown(context)}: the build context is not a directory")
    if file == "-":
        content, root = _read_stdin(stdin), Path(context)
        return Source(
            content, "<stdin>", f"{text_of(str(root.resolve()))}/-", str(root), None, read_once=True
        )
    if file and context == os.path.dirname(file):
        path = Path(file)
        root = path.parent
    else:
        root = Path(context)
        path = Path(file) if file else _default(root, names)
    if file and in_context and not path.exists() and (root / path).exists():
        path = root / path
    file = str(path)
    return Source(_read(file), shown(file), text_of(os.path.realpath(path)), str(root), file)


def read_found(file: str, real: str) -> Source:
    """Read a Dockerfile that a search found, in the context of its directory. Raises ContextError.

    ``real``: its path without symbolic links.
    """
    return Source(_read(file), shown(file), text_of(real), os.path.dirname(file) or ".", file)


def _default(root: Path, names: Sequence[str]) -> Path:
    """The first of the names that exists, as the builder chooses."""
    return next((root / name for name in names if (root / name).exists()), root / "Dockerfile")


def _read_stdin(stdin: StandardInput | None) -> bytes:
    place = "the Dockerfile on standard input"
    if stdin is None:
        raise ContextError(f"{place}: can't be read: standard input is closed")
    try:
        content = stdin.read(_LARGEST + 1)
    except OSError as error:
        raise ContextError(f"{place}: can't be read: {error.strerror}") from None
    if len(content) > _LARGEST:
        raise ContextError(f"{place}: is larger than {_LARGEST // 1024 // 1024} MiB")
    return content


def _read(path: str) -> bytes:
    """A pipe (``-f <(…)``) is not read: its content can be read once, and the builder needs it."""
    try:
        return read_file(path, _LARGEST)
    except OSError as error:
        raise ContextError(f"{shown(path)}: {_why_not(error, path)}") from None


def _why_not(error: OSError, path: str) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such Dockerfile (name one with -f FILE)"
    if isinstance(error, UnfitFileError):
        return f"{error.strerror}, not a Dockerfile{_instead(path)}"
    return f"can't be read: {error.strerror}"


def _instead(path: str) -> str:
    """What to do where the file is not a regular one."""
    kind = kind_of(path)
    if kind.endswith("directory"):
        return " (name one with -f FILE)"
    return " (a Dockerfile on standard input is -f -)" if kind else ""


def read_settings(directory: Path) -> tuple[str, str, tuple[str, ...]] | None:
    """(text, path, table) of the settings in a directory; None if there are none."""
    if not _may_have_settings(str(directory)):
        return None
    for name, table in SETTINGS.items():
        try:
            text = _settings_text(directory / name)
        except FileNotFoundError:
            continue
        # Without the first test, the file of every Python project would have ``re`` loaded.
        if not table or (_OWN in text and _OWN_TABLE.search(text)):
            return text, str(directory / name), table
    return None


def _may_have_settings(directory: str) -> bool:
    """False where it has no file that may hold some, as most: to read one takes five times as long."""
    beginning = os.path.join(directory, "")
    for name in SETTINGS:
        try:
            os.stat(f"{beginning}{name}")
        except FileNotFoundError:
            continue
        except OSError:
            # What reads it states why it can't.
            pass
        return True
    return False


def read_settings_file(path: Path) -> tuple[str, str, tuple[str, ...]]:
    """The same of a file that was named. Raises ContextError if there is none."""
    try:
        return _settings_text(path), str(path), SETTINGS.get(path.name, ())
    except FileNotFoundError:
        raise ContextError(f"{shown(str(path))}: no such settings file") from None


def _settings_text(path: Path) -> str:
    try:
        return read_text(path, _LARGEST)
    except FileNotFoundError:
        raise
    except UnfitFileError as error:
        raise ContextError(f"{path}: {error.strerror}, not a settings file") from None
    except OSError as error:
        raise ContextError(f"{path}: can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ContextError(f"{path}: is not UTF-8: {error.reason} at byte {error.start}") from None
