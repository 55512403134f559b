"""Secrets of watch.toml: the file names where they are, and never holds one."""

from __future__ import annotations

import os
from pathlib import Path

from freshlayer.errors import FreshlayerError
from freshlayer.files.bounded_read import read_file
from freshlayer.watch.settings_table import SecretPlace

_LARGEST = 64 * 1024


class SecretError(FreshlayerError):
    """A secret that is named can't be read; the text does not hold it."""


def secret(wanted: SecretPlace, directory: Path) -> bytes:
    """Of an environment variable, or of a file without its line end; empty where neither is named.

    ``directory``: that a relative file is in. Raises SecretError where one is named and holds none.
    """
    if wanted.variable:
        value, place = os.environb.get(wanted.variable.encode(), b""), f"the variable {wanted.variable}"
    elif wanted.file:
        place = "the file of the secret"
        try:
            value = read_file(directory / wanted.file, _LARGEST).rstrip(b"\r\n")
        except OSError as error:
            raise SecretError(f"{place} can't be read: {error.strerror}") from None
    else:
        return b""
    if not value:
        raise SecretError(f"{place} holds no secret")
    return value
