"""Package files that a command names (``apt-get install ./x.deb``), as an index beside those of sources."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import BinaryIO

import msgspec

from freshlayer.packages.apt.entries import Record, entries_of, fields_of, values_of

_FIELDS = {
    "Package": re.compile(r"[A-Za-z0-9][A-Za-z0-9+.-]{0,199}"),
    "Version": re.compile(r"[A-Za-z0-9][A-Za-z0-9.+:~-]{0,199}"),
    "Architecture": re.compile(r"[a-z0-9-]{1,40}"),
}


class PackageFiles:
    """An ``Index`` in memory."""

    digest = ""

    def __init__(self, controls: Mapping[str, str]) -> None:
        """``controls``: word → control stanza, as ``record_of`` reads it."""
        text = "\n\n".join(stanza.strip("\n") for stanza in controls.values())
        self._entries = dict(entries_of("packages", io.BytesIO(text.encode())))

    def get(self, key: str) -> bytes | None:
        """One value."""
        return self._entries.get(key)

    def open(self, key: str) -> BinaryIO:
        """None has a descriptor."""
        raise KeyError(key)


def record_of(control: str) -> Record | None:
    """What a control stanza states; None where it is not one of a package."""
    fields = fields_of(control)
    if "\n\n" in control.strip("\n") or not all(
        pattern.fullmatch(fields.get(name, "")) for name, pattern in _FIELDS.items()
    ):
        return None
    return msgspec.convert(values_of(fields), Record)
