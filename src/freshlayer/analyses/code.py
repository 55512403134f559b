"""Which code analyses here: what it made is used by that code alone."""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib.machinery import PathFinder

import msgspec

from freshlayer import __file__ as own_file
from freshlayer import __version__
from freshlayer.digests import blake2b

PACKAGES = ("analyses", "discover", "dockerfile", "masking", "model", "shell")
"""Of freshlayer, with all that is in them; the modules beside the packages count too."""

LIBRARIES = (
    "e2b_dockerfile_utils",
    "msgspec",
    "packageurl",
    "tree_sitter",
    "tree_sitter_bash",
    "tree_sitter_powershell",
)

_NOT_CODE = "__pycache__"

_File = tuple[str, int, int, int]
"""Path, size, and when content and attributes changed, in nanoseconds."""


def stamp_of_code() -> bytes:
    """Another one for each release, and whenever a module is edited; empty where that can't be known.

    The time of the last change of attributes differs even where an installer sets the other times.
    """
    here = os.path.dirname(own_file)
    files: list[_File] = []
    try:
        _add_files(files, here, PACKAGES)
        for name in LIBRARIES:
            _add_files(files, _place(name))
        files.sort()
        described = msgspec.msgpack.encode((__version__, sys.version, sys.flags.optimize, files))
    except (OSError, UnicodeEncodeError):
        return b""
    return blake2b(described).digest()


@cache
def stamp_at_start() -> bytes:
    """Of the code that is loaded: a release that is installed meanwhile is not what analyses here."""
    return stamp_of_code()


def _place(library: str) -> str:
    """The directory of a library, which is not loaded. Raises OSError."""
    for directory in sys.path:
        place = f"{directory or os.curdir}/{library}"
        # Python's own finder lists each directory.
        if os.access(f"{place}/__init__.py", os.F_OK):
            return place
    spec = PathFinder.find_spec(library)
    if spec is None or not spec.origin:
        raise FileNotFoundError(library)
    return os.path.dirname(spec.origin)


def _add_files(files: list[_File], directory: str, below: tuple[str, ...] | None = None) -> None:
    """Of a directory, without what is compiled. ``below``: only these directories in it. Raises OSError."""
    with os.scandir(directory) as entries:
        for entry in entries:
            if not entry.is_dir():
                status = entry.stat()
                files.append((entry.path, status.st_size, status.st_mtime_ns, status.st_ctime_ns))
            elif entry.name != _NOT_CODE and (below is None or entry.name in below):
                _add_files(files, entry.path)
