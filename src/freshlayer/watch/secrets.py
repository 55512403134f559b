"""Secrets of watch.toml: the file names where they are, and never holds one."""

from __future__ import annotations

import os
from pathlib import Path

from freshlayer.errors import FreshlayerError
from freshlayer.files.bounded_read import read_file

_LARGEST = 64 * 1024


class SecretError(FreshlayerError):
    """A secret that is named can't be read; the text does not hold it."""


def secret(variable: str, file: str, directory: Path) -> bytes:
    """Of an environment variable, or of a file without its line end; empty where neither is named.

    ``directory``: that a relative file is in. Raises SecretError where one is named and holds none.
    """
    if variable:
        value, place = os.environb.get(variable.encode(), b""), f"the variable {variable}"
    elif file:
        place = "the file of the secret"
        try:
            value = read_file(directory / file, _LARGEST).rstrip(b"\r\n")
        except OSError as error:
            raise SecretError(f"{place} can't be read: {error.strerror}") from None
    else:
        return b""
    if not value:
        raise SecretError(f"{place} holds no secret")
    return value
