"""Scripts that builds download, as their last probe read them: compressed, by reference and identity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from freshlayer.model.downloaded_scripts import LARGEST
from freshlayer.reference import Reference
from freshlayer.state.columns import Row
from freshlayer.state.records import put

if TYPE_CHECKING:
    from freshlayer.state.database import Connection

MOST = 500
MOST_BYTES = 8 * 1024 * 1024
"""Compressed, of all scripts together: the oldest are removed."""

SELECT = "SELECT reference, identity, digest, script FROM script WHERE reference IN"


class KeptScript(Struct, frozen=True):
    """``identity``: of the reference when it was read, as it is written. ``body``: what was downloaded."""

    identity: str
    body: bytes


def read(rows: Iterable[Row], wanted: Mapping[str, Reference]) -> dict[Reference, KeptScript]:
    """Those that are what was written: a damaged one is read again from its origin."""
    from hashlib import sha256  # noqa: PLC0415 - few Dockerfiles download a script

    found: dict[Reference, KeptScript] = {}
    for reference, identity, digest, packed in rows:
        body = _unpacked(packed)
        if body is not None and sha256(body).hexdigest() == digest:
            found[wanted[reference]] = KeptScript(identity, body)
    return found


def write(connection: Connection, scripts: Mapping[Reference, KeptScript], at: int) -> None:
    """Record scripts, and remove the oldest where they are too many."""
    import zlib  # noqa: PLC0415 - see above
    from hashlib import sha256  # noqa: PLC0415 - the same

    rows = [
        (reference.text, it.identity, sha256(it.body).hexdigest(), zlib.compress(it.body), at)
        for reference, it in scripts.items()
        if len(it.body) <= LARGEST
    ]
    put(connection, "script", ("reference",), ("identity", "digest", "script", "at"), rows)
    size = 0
    newest = "SELECT reference, length(script) FROM script ORDER BY at DESC, reference"
    for number, (reference, length) in enumerate(connection.execute(newest).fetchall()):
        size += length
        if number >= MOST or size > MOST_BYTES:
            connection.execute("DELETE FROM script WHERE reference = ?", (reference,))


def _unpacked(packed: bytes) -> bytes | None:
    """At most so many bytes, whatever a file of the state claims."""
    import zlib  # noqa: PLC0415 - see above

    inflate = zlib.decompressobj()
    try:
        body = inflate.decompress(packed, LARGEST + 1)
    except zlib.error:
        return None
    return body if inflate.eof and len(body) <= LARGEST else None
