"""The identities file: small, without secrets, for a CI to cache or a repository to commit (rule 4)."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from freshlayer.bounded_read import UnfitFileError, holds, read_text
from freshlayer.errors import StateError
from freshlayer.files import replace
from freshlayer.model import Identity, Strength

_VERSION = 1
_LARGEST = 64 * 1024 * 1024


class Entry(Struct, frozen=True):
    """One reference, and the Dockerfiles that read it."""

    reference: str
    identity: Identity
    used_by: tuple[str, ...]


def read_identities(path: Path) -> dict[str, Entry]:
    """Reference → entry; empty where there is no file yet. Raises StateError where it can't be read."""
    try:
        document = tomllib.loads(read_text(path, _LARGEST))
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
    blocks = document.get("input", [])
    if not isinstance(blocks, list):
        raise StateError(f"{path}: 'input' is not a list of [[input]] blocks")
    entries = [_entry(path, number, block) for number, block in enumerate(blocks, 1)]
    return {entry.reference: entry for entry in entries}


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


def write_identities(path: Path, user: str, identities: Iterable[tuple[str, Identity]]) -> None:
    """Set what one Dockerfile reads, and leave the others' entries alone.

    The file is only written where its content differs. Raises StateError or OSError.
    """
    entries = {name: _without(entry, user) for name, entry in read_identities(path).items()}
    for reference, identity in identities:
        others = entries[reference].used_by if reference in entries else ()
        entries[reference] = Entry(reference, identity, tuple(sorted({*others, user})))
    kept = [entries[name] for name in sorted(entries) if entries[name].used_by]
    content = _document(kept).encode()
    if not holds(path, content):
        replace(path, content)


def _without(entry: Entry, user: str) -> Entry:
    return Entry(entry.reference, entry.identity, tuple(name for name in entry.used_by if name != user))


def _document(entries: Iterable[Entry]) -> str:
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
    return "\n".join(lines) + "\n"


def _string(text: str) -> str:
    """A TOML basic string: JSON's escapes, and DEL, which TOML wants escaped too; no lone surrogates."""
    safe = re.sub(r"[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)
    return json.dumps(safe, ensure_ascii=False).replace("\x7f", "\\u007f")
