"""The metadata of a file, as an index has it beside the file (PEP 658): what it requires."""

from __future__ import annotations

from collections.abc import Iterator
from email.parser import BytesHeaderParser
from typing import BinaryIO

import msgspec
from msgspec import Struct

_LARGEST = 4 << 20
_MOST = 4000
_LONGEST = 2000
REQUIRES = "requires"
"""The one key of such a file."""


class Metadata(Struct, frozen=True, array_like=True):
    """``requires``: Requires-Dist. ``extras``: Provides-Extra. ``python``: Requires-Python.

    ``static``: whether a wheel that is built from a source requires the same (PEP 643).
    """

    requires: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    python: str = ""
    static: bool = False


def read_metadata(content: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """The entry of a file. Raises ValueError for what is none."""
    body = content.read(_LARGEST + 1)
    if len(body) > _LARGEST:
        raise ValueError("the metadata is too large")
    # Without the description: nothing of it is read, however it is written.
    headers = BytesHeaderParser().parsebytes(body.replace(b"\r\n", b"\n").partition(b"\n\n")[0] + b"\n\n")
    if "Metadata-Version" not in headers:
        raise ValueError("it has no Metadata-Version")

    def every(name: str) -> tuple[str, ...]:
        found = [" ".join(str(it).split()) for it in headers.get_all(name, [])[:_MOST]]
        return tuple(it for it in found if len(it) <= _LONGEST)

    dynamic = {it.lower() for it in every("Dynamic")}
    static = every("Metadata-Version")[:1] >= ("2.2",) and not {"requires-dist", "provides-extra"} & dynamic
    python = next(iter(every("Requires-Python")), "")
    found = Metadata(every("Requires-Dist"), every("Provides-Extra"), python, static)
    yield REQUIRES, msgspec.msgpack.encode(found)


def metadata_of(value: bytes | None) -> Metadata:
    """What an entry states."""
    return msgspec.msgpack.decode(value, type=Metadata) if value else Metadata()
