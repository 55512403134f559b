"""What a program prints for ``--version``: run once, and again when its file is another one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from freshlayer.errors import BuilderError
from freshlayer.files.bounded_read import read_file
from freshlayer.files.user_directories import cache_home
from freshlayer.lazy_regex import compiled

BUILDX_BY_DEFAULT = 23
"""Major version of docker's client from which on it builds by its plugin buildx."""

_SECONDS = 10.0
_NUMBER = compiled(r"(\d+)\.\d+")
_MOST = 50
_LONGEST = 1000
_LARGEST = 100_000

Entry = tuple[int, int, str]
"""When the file was last written, in nanoseconds; its size; what it printed."""


def version_text(program: str, environ: Mapping[str, str]) -> str:
    """The version that a program states; empty where it states none.

    What a script prints is not kept: it leads to a program that can change without it.
    """
    kept = kept_text(program, environ)
    if kept:
        return kept
    path = os.path.realpath(program)
    try:
        status, is_script = os.stat(path), _is_script(path)
    except OSError:
        return ""
    text = output(program, ["--version"], environ)
    if text and not is_script:
        _remember(_memory(environ), path, (status.st_mtime_ns, status.st_size, text))
    return text


def kept_text(program: str, environ: Mapping[str, str]) -> str:
    """The version that a program stated before; empty for a script, and where it is not known."""
    path = os.path.realpath(program)
    try:
        status, is_script = os.stat(path), _is_script(path)
    except OSError:
        return ""
    known = {} if is_script else _read(_memory(environ))
    modified, size, text = known.get(path, (0, 0, ""))
    return text if (modified, size) == (status.st_mtime_ns, status.st_size) else ""


def major(text: str) -> int:
    """The first number of a version; 0 where there is none."""
    for word in text.split():
        whole, point, rest = word.partition(".")
        if point and whole.isdecimal() and rest[:1].isdecimal():
            return int(whole)
        if point:
            break
    match = _NUMBER.search(text)
    return int(match[1]) if match else 0


def output(program: str, words: list[str], environ: Mapping[str, str]) -> str:
    """The start of what a command prints; empty where it can't be run, or takes too long."""
    try:
        from freshlayer.builders.run.captured import captured  # noqa: PLC0415 - most runs start no program

        done = captured([program, *words], environ, seconds=_SECONDS)
    except BuilderError:
        return ""
    return done.stdout[:_LONGEST].decode("utf-8", "replace")


def _is_script(path: str) -> bool:
    with open(path, "rb") as stream:
        return stream.read(2) == b"#!"


def _memory(environ: Mapping[str, str]) -> Path:
    """In the cache directory (XDG Base Directory Specification)."""
    return cache_home(environ) / "freshlayer" / "versions.json"


def _read(path: Path) -> dict[str, Entry]:
    """What is known; nothing where the file is missing, or is not as it was written."""
    try:
        return msgspec.json.decode(read_file(path, _LARGEST), type=dict[str, Entry])
    except (OSError, ValueError, RecursionError):
        return {}


def _remember(path: Path, program: str, entry: Entry) -> None:
    """Not below the working directory, which may be what is built: a second run costs less than a layer."""
    from freshlayer.files.atomic_write import replace  # noqa: PLC0415 - once for each program
    from freshlayer.files.file_lock import locked  # noqa: PLC0415 - the same

    with contextlib.suppress(OSError):
        if path.resolve().is_relative_to(Path.cwd()):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path):
            newest = dict(list({**_read(path), program: entry}.items())[-_MOST:])
            replace(path, msgspec.json.encode(newest))
