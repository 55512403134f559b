"""The compose and bake files of a directory, and the files that they name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from freshlayer.files.bounded_read import read_file, read_text
from freshlayer.lazy_regex import compiled
from freshlayer.model.composition_names import BAKE, BAKE_OVERRIDES, COMPOSE, COMPOSE_OVERRIDES

ENVIRONMENT = ".env"
_LARGEST = 1024 * 1024
_MOST = 200
# Too many files cost a read each; one that is missed costs a change that is found at the next reread.
_WORD = compiled(r"[^\s\"'\[\]{},]{1,400}")
_ENDINGS = (".yaml", ".yml", ".json", ".hcl", ".env")


def why_unfit(file: Path) -> str:
    """Why a tool may not read a file of a clone, a clause; empty where it may, or where there is none."""
    try:
        read_file(file, _LARGEST)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{file.name} can't be read: {error.strerror}"
    return ""


def is_composition(name: str) -> bool:
    """Whether compose or bake reads a file of this name where none is named."""
    return name in COMPOSE or name in BAKE


def compose_files(directory: Path, names: Iterable[str]) -> list[Path]:
    """As compose looks for them: the first of the names, and the first override."""
    found = [name for name in COMPOSE if name in set(names)][:1]
    return [directory / name for name in (*found, *_there(directory, COMPOSE_OVERRIDES)[:1])] if found else []


def bake_files(directory: Path, names: Iterable[str]) -> list[Path]:
    """As bake looks for them, all that are there; those of compose are watched as such."""
    found = [name for name in BAKE if name in set(names)]
    return [directory / name for name in (*found, *_there(directory, BAKE_OVERRIDES))] if found else []


def _there(directory: Path, names: Sequence[str]) -> list[str]:
    return [name for name in names if (directory / name).is_file() and not (directory / name).is_symlink()]


def named_files(files: Sequence[Path], root: Path) -> tuple[Path, ...]:
    """These, and the files below ``root`` that they name: ``include``, ``extends``, ``env_file``.

    Words that are the path of a file count, whatever they mean there.
    """
    found = dict.fromkeys([*files, *(file.parent / ENVIRONMENT for file in files)])
    waiting = list(files)
    while waiting and len(found) < _MOST:
        file = waiting.pop()
        for word in _words(file):
            path = Path(os.path.normpath(file.parent / word))
            if path not in found and path.is_relative_to(root) and path.is_file():
                found[path] = None
                waiting.append(path)
    return tuple(found)


def _words(file: Path) -> Iterable[str]:
    try:
        text = read_text(file, _LARGEST)
    except (OSError, ValueError):
        return ()
    return {word for word in _WORD.findall(text) if word.endswith(_ENDINGS) and "\0" not in word}
