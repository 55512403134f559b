"""Whether a compose file of a checkout names files outside of it.

compose reads what ``include``, ``extends``, ``env_file`` and ``label_file`` name, and ``.env`` beside it.
What is in them can become a build arg, and with that a part of a URL: through a link, or by an absolute
path, that would be a secret of the machine.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from importlib import import_module
from pathlib import Path
from typing import Any

from freshlayer.context.composition_files import ENVIRONMENT
from freshlayer.errors import ContextError
from freshlayer.files.bounded_read import read_file
from freshlayer.reference import shown

_LARGEST = 1024 * 1024
_MOST, _DEEPEST = 400, 20
_ENDINGS = frozenset({".yaml", ".yml", ".json"})
_READ = frozenset({"include", "env_file", "label_file"})
_NAMES = frozenset({"path", "file", "env_file", "project_directory"})
"""Keys below these whose values are paths."""


def refuse_outside(files: Sequence[Path], root: Path) -> None:
    """Raises ContextError where one of the files, or what it names, is not a regular file below ``root``.

    ``root``: without a link in its path. ``files``: of one project.
    """
    bases: set[Path] = set()
    found = {file.parent for file in files}
    # A directory that a file names (project_directory) is one more that paths may be relative to.
    while found - bases:
        bases |= found
        found = _directories(files, bases, root)


def _directories(files: Sequence[Path], bases: AbstractSet[Path], root: Path) -> set[Path]:
    """Those of all files that belong to the project. Raises ContextError."""
    found, seen = set(bases), set[Path]()
    waiting = [*files, *(base / ENVIRONMENT for base in bases)]
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        if len(seen) > _MOST:
            raise ContextError(f"more than {_MOST} files belong to it")
        kind = _kind(file, root)
        if kind == stat.S_IFDIR:
            found.add(file)
        elif kind and file.suffix in _ENDINGS:
            found.add(file.parent)
            names = list(_names(_parsed(file)))
            waiting += [
                Path(os.path.normpath(base / name)) for name in names for base in (file.parent, *bases)
            ]
    return found


def _kind(file: Path, root: Path) -> int:
    """0 where it is not there. Raises ContextError where it may not be read."""
    place = Path(os.path.realpath(file))
    try:
        status = place.stat()
    except OSError:
        return 0
    if not place.is_relative_to(root):
        raise ContextError(f"{shown(str(file))}: is outside of {shown(str(root))}")
    if stat.S_ISDIR(status.st_mode):
        return stat.S_IFDIR
    if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
        raise ContextError(f"{shown(str(file))}: is not a file of at most {_LARGEST} bytes")
    return stat.S_IFREG


def _parsed(file: Path) -> Any:
    try:
        # It has no types of its own.
        yaml: Any = import_module("yaml")
    except ImportError:
        raise ContextError("compose files need pip install 'freshlayer[watch]'") from None
    try:
        return yaml.compose(read_file(file, _LARGEST).decode("utf-8"), Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise ContextError(f"{shown(str(file))}: is not read as YAML: {str(error).splitlines()[0]}") from None
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ContextError(f"{shown(str(file))}: can't be read ({type(error).__name__})") from None


def _names(root: Any) -> Iterator[str]:
    """All paths in a document, wherever a key that has some is: aliases and merges may put it anywhere."""
    waiting, seen = [root], set[int]()
    while waiting:
        node = waiting.pop()
        if node is None or id(node) in seen or node.id == "scalar":
            continue
        seen.add(id(node))
        if node.id == "sequence":
            waiting += node.value
            continue
        for key, value in node.value:
            waiting.append(value)
            if str(key.value) in _READ or (key.value == "extends" and value.id != "scalar"):
                yield from _checked(_paths(value, 0))


def _checked(names: Iterable[str]) -> Iterator[str]:
    """Raises ContextError where a name is no path until variables are known, or of another host."""
    for name in names:
        if "$" in name or "://" in name or "\0" in name:
            raise ContextError(f"{shown(name, 100)!r} is not the path of a file")
        yield name


def _paths(node: Any, depth: int) -> Iterator[str]:
    """The values of some keys, of what these merge, and all of a list."""
    if depth > _DEEPEST:
        raise ContextError("it is nested too deeply")
    if node.id == "scalar":
        yield from [str(node.value)] if node.value else []
    elif node.id == "sequence":
        for it in node.value:
            yield from _paths(it, depth + 1)
    else:
        for key, value in node.value:
            if str(key.value) in _NAMES or (str(key.tag).endswith(":merge") and value.id != "scalar"):
                yield from _paths(value, depth + 1)
