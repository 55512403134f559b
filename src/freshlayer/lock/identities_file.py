"""The identities file: small, without secrets, for a CI to cache or a repository to commit (rule 4)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Container, Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from freshlayer.errors import StateError
from freshlayer.files.atomic_write import replace
from freshlayer.files.bounded_read import UnfitFileError, holds, read_text
from freshlayer.files.file_lock import locked
from freshlayer.lock import installed_packages
from freshlayer.lock.installed_packages import Installed
from freshlayer.model.build import Pairs
from freshlayer.model.evidence import Identity, Strength

_VERSION = 1
_ELSEWHERE = ".../"
"""Begins the name of a Dockerfile that is nowhere near the identities file."""

_LARGEST = 64 * 1024 * 1024


class Entry(Struct, frozen=True):
    """One reference, and the Dockerfiles that read it."""

    reference: str
    identity: Identity
    used_by: tuple[str, ...]


def read_identities(path: Path) -> dict[str, Entry]:
    """Reference → entry; empty if the file does not exist yet. Raises StateError where it can't be read."""
    blocks = _read(path).get("input", [])
    if not isinstance(blocks, list):
        raise StateError(f"{path}: 'input' is not a list of [[input]] blocks")
    entries = [_entry(path, number, block) for number, block in enumerate(blocks, 1)]
    return {entry.reference: entry for entry in entries}


def read_installed(path: Path) -> Installed:
    """What instructions install; empty if the file does not exist yet. Raises StateError."""
    return installed_packages.read(_read(path).get("packages", []), path)


def _read(path: Path) -> dict[str, object]:
    import tomllib  # noqa: PLC0415 - for a file that most checks don't have

    try:
        document: dict[str, object] = tomllib.loads(read_text(path, _LARGEST))
    except FileNotFoundError:
        return {}
    except UnfitFileError as error:
        raise StateError(f"{path}: {error.strerror}, not an identities file") from None
    except OSError as error:
        raise StateError(f"{path}: can't be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise StateError(f"{path}: can't be read as an identities file: {error}") from None
    if document.get("version") != _VERSION:
        raise StateError(f"{path}: its version is {document.get('version')!r}, not {_VERSION}")
    return document


def _entry(path: Path, number: int, block: object) -> Entry:
    table = block if isinstance(block, dict) else {}
    reference, identity, strength = (table.get(name) for name in ("reference", "identity", "strength"))
    used_by = table.get("used-by", [])
    if not isinstance(reference, str) or not isinstance(identity, str) or not isinstance(used_by, list):
        raise StateError(f"{path}: [[input]] {number} lacks a reference or an identity")
    try:
        parsed = Identity.parse(identity, Strength(str(strength)))
    except ValueError as error:
        raise StateError(f"{path}: [[input]] {number}: {error}") from None
    return Entry(reference, parsed, tuple(str(name) for name in used_by))


def write_identities(
    path: Path,
    user: str,
    identities: Iterable[tuple[str, Identity]],
    gone: Callable[[str], bool] | None = None,
    installed: Mapping[str, Pairs] | None = None,
) -> None:
    """Set what one Dockerfile reads, and leave the others' entries alone, but for those that are ``gone``.

    Several processes may do this at the same time. The file is only written where its content differs; its
    directory is made where it is missing. ``installed``: digest of an instruction → its packages. Raises
    StateError or OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path):
        _merge(path, user, identities, gone, installed or {})


def _merge(
    path: Path,
    user: str,
    identities: Iterable[tuple[str, Identity]],
    gone: Callable[[str], bool] | None,
    installed: Mapping[str, Pairs],
) -> None:
    before, had = read_identities(path), read_installed(path)
    users = {name for entry in before.values() for name in entry.used_by} | {name for name, _ in had}
    dropped = {user, *(name for name in users if gone and gone(name))}
    entries = {name: _without(entry, dropped) for name, entry in before.items()}
    for reference, identity in identities:
        others = entries[reference].used_by if reference in entries else ()
        entries[reference] = Entry(reference, identity, tuple(sorted({*others, user})))
    kept = [entries[name] for name in sorted(entries) if entries[name].used_by]
    packages = installed_packages.merged(had, user, installed, dropped)
    content = _document(kept, packages).encode()
    if not holds(path, content):
        replace(path, content)


def _without(entry: Entry, users: Container[str]) -> Entry:
    return Entry(entry.reference, entry.identity, tuple(name for name in entry.used_by if name not in users))


def user_name(path: Path, dockerfile: Path) -> str:
    """The name of a Dockerfile as seen from the identities file, so that it means the same on every machine.

    Where the two have nothing but the root in common, the path between them is this machine's own.
    """
    where, home = dockerfile.resolve(), path.resolve().parent
    if os.path.commonpath([where, home]) == os.sep and home != Path(os.sep):
        return f"{_ELSEWHERE}{where.parent.name}/{where.name}"
    return Path(os.path.relpath(where, home)).as_posix()


def is_gone(path: Path, name: str) -> bool:
    """Whether the Dockerfile of a name in this file no longer exists. ``<stdin>`` is not a file."""
    if name.startswith((_ELSEWHERE, "<")) or name.endswith(" (inline)"):
        return False
    return not os.path.lexists(path.resolve().parent / name)


def _document(entries: Iterable[Entry], packages: Installed) -> str:
    lines = [
        "# Written by freshlayer: what the remote inputs were at the last build.",
        f"version = {_VERSION}",
    ]
    for entry in entries:
        lines += [
            "",
            "[[input]]",
            f"reference = {_string(entry.reference)}",
            f"identity = {_string(str(entry.identity))}",
            f"strength = {_string(entry.identity.strength)}",
            f"used-by = [{', '.join(_string(name) for name in entry.used_by)}]",
        ]
    return "\n".join([*lines, *installed_packages.lines(packages)]) + "\n"


def _string(text: str) -> str:
    """A TOML basic string: JSON's escapes, and DEL, which TOML wants escaped too; no lone surrogates."""
    safe = re.sub(r"[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)
    return json.dumps(safe, ensure_ascii=False).replace("\x7f", "\\u007f")
