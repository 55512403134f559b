"""Secrets of watch.toml: the file names where they are, and never holds one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from freshlayer.errors import FreshlayerError
from freshlayer.files.bounded_read import read_file
from freshlayer.reference import shown
from freshlayer.watch.settings_table import SecretPlace

if TYPE_CHECKING:
    from freshlayer.watch.settings import Trigger

_LARGEST = 64 * 1024


class SecretError(FreshlayerError):
    """A secret that is named can't be read; neither text holds it. ``clause``: without the setting."""

    def __init__(self, wanted: SecretPlace, clause: str) -> None:
        super().__init__(f"{wanted.setting}: {clause}" if wanted.setting else clause)
        self.clause = clause


def secret(wanted: SecretPlace, directory: Path) -> bytes:
    """Of an environment variable, or of a file without its line end; empty where neither is named.

    ``directory``: that a relative file is in. Raises SecretError where one is named and holds none.
    """
    if wanted.variable:
        value = os.environb.get(wanted.variable.encode(), b"")
        if not value:
            raise SecretError(wanted, f"the variable {wanted.variable} is not set (set it)")
        return value
    return _of_file(wanted, directory) if wanted.file else b""


def _of_file(wanted: SecretPlace, directory: Path) -> bytes:
    place = f"the file {shown(wanted.file, 200)}"
    try:
        value = read_file(directory / wanted.file, _LARGEST).rstrip(b"\r\n")
    except OSError as error:
        cure = wanted.cure or "see that it is there"
        raise SecretError(wanted, f"{place} can't be read: {error.strerror} ({cure})") from None
    if not value:
        raise SecretError(wanted, f"{place} holds no secret (write it there)")
    return value


def missing(triggers: Mapping[str, Trigger], directory: Path) -> Iterator[str]:
    """What is to be set before triggers can be delivered."""
    for name, trigger in triggers.items():
        try:
            secret(trigger.target.secret, directory)
        except SecretError as error:
            yield f"{error}; trigger {name} is not delivered until then"
