"""All that an analysis is made from, besides the files of the build context, as one digest."""

from __future__ import annotations

import msgspec

from freshlayer.digests import blake2b
from freshlayer.discover.analysis import BuildRequest, Learned

_BYTES = 32


def key_of(content: bytes, request: BuildRequest, learned: Learned, code: bytes) -> bytes:
    """``content``: of the Dockerfile. ``code``: the stamp of what analyses.

    Empty where there is none: without a stamp, and for a text that is not Unicode.
    """
    if not code:
        return b""
    try:
        others = msgspec.msgpack.encode((code, request, learned.scripts, list(learned.bases.items())))
    except UnicodeEncodeError:
        return b""
    digest = blake2b(len(others).to_bytes(8, "big"), digest_size=_BYTES)
    digest.update(others)
    digest.update(content)
    return digest.digest()


def derived(key: bytes, purpose: bytes, *parts: bytes | memoryview) -> bytes:
    """Another key, from which this one can't be computed. Each part but the last has one length."""
    digest = blake2b(key=key, person=purpose, digest_size=_BYTES)
    for part in parts:
        digest.update(part)
    return digest.digest()
