"""The settings files of projects that the user has approved: their paths, and the digest of what they held.

A settings file can name programs and variables for hosts, and comes with the checkout.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from freshlayer.errors import StateError
from freshlayer.files.atomic_write import replace
from freshlayer.files.bounded_read import UnfitFileError, read_file
from freshlayer.files.file_lock import locked
from freshlayer.reference import shown

_LARGEST = 1024 * 1024
_VERSION = 1


def trust_file(environ: Mapping[str, str]) -> Path | None:
    """``$XDG_STATE_HOME/freshlayer/trusted.json``; None where the environment names no home.

    A relative directory would be one of the checkout, which could then trust itself.
    """
    base, home = environ.get("XDG_STATE_HOME", ""), environ.get("HOME", "")
    if os.path.isabs(base):
        return Path(base, "freshlayer", "trusted.json")
    return Path(home, ".local", "state", "freshlayer", "trusted.json") if os.path.isabs(home) else None


def is_trusted(file: str | Path, text: str, environ: Mapping[str, str]) -> bool:
    """Whether the user has approved this very file with this very content. Raises StateError."""
    path = trust_file(environ)
    return path is not None and _read(path).get(_name(file)) == _digest(text)


def trust(file: str | Path, text: str, environ: Mapping[str, str]) -> Path:
    """Approve a file as it is now; where that is recorded. Raises StateError."""
    return _change(environ, lambda known: {**known, _name(file): _digest(text)})


def distrust(file: str | Path, environ: Mapping[str, str]) -> Path:
    """Take that back. Raises StateError."""
    name = _name(file)
    return _change(environ, lambda known: {path: known[path] for path in known if path != name})


def _name(file: str | Path) -> str:
    """By its own name in the directory where it really is: a link of this name elsewhere is another file."""
    directory, name = os.path.split(os.path.abspath(file))
    return os.path.join(os.path.realpath(directory), name)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _change(environ: Mapping[str, str], change: Callable[[dict[str, str]], dict[str, str]]) -> Path:
    path = trust_file(environ)
    if path is None:
        raise StateError("there is nowhere to record it: neither XDG_STATE_HOME nor HOME is an absolute path")
    before = os.umask(0o077)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path):
            kept = {name: digest for name, digest in change(_read(path)).items() if os.path.lexists(name)}
            document = {"version": _VERSION, "trusted": kept}
            replace(path, json.dumps(document, indent=1, sort_keys=True).encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise StateError(f"{path}: can't be written: {error.strerror}") from None
    finally:
        os.umask(before)
    return path


def _read(path: Path) -> dict[str, str]:
    """The digests by path; none if the file does not exist. Raises StateError for an unsafe file."""
    try:
        _check_owner(path)
        document = json.loads(read_file(path, _LARGEST))
    except FileNotFoundError:
        return {}
    except UnfitFileError as error:
        raise StateError(f"{path}: {error.strerror}, not a list of trusted files (remove it)") from None
    except OSError as error:
        raise StateError(f"{path}: can't be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        document = None
    known = document.get("trusted") if isinstance(document, dict) else None
    if not isinstance(known, dict) or document.get("version") != _VERSION:
        raise StateError(f"{path}: is not a list of trusted files (remove it, and trust each file again)")
    return {str(name): digest for name, digest in known.items() if isinstance(digest, str)}


def _check_owner(path: Path) -> None:
    """What others can write they could approve. Raises StateError, OSError."""
    for place in (path, path.parent):
        status = place.stat()
        if status.st_uid not in {os.geteuid(), 0}:
            raise StateError(f"{shown(str(place))}: belongs to another user, so nothing in it is trusted")
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise StateError(
                f"{shown(str(place))}: others can write to it, so nothing in it is trusted (chmod go-w)"
            )
