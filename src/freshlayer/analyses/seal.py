"""Bytes that are read with the key alone that they were written with.

An analysis has the text of the Dockerfile, and URLs with values of build args: any of it may be a secret, and
rule 6 keeps those out of files. The key is made from all that the analysis is made from: with
it, nothing is learned that is not known already. SHAKE256 of a key that is used once is the key stream.
"""

from __future__ import annotations

from freshlayer.analyses.key import derived
from freshlayer.digests import shake_256

NONCE = 16
_TAG = 32
_SHORT = 1 << 17
"""Bytes for which OpenSSL, three times as fast, is not worth its loading."""
_PIECE = 1 << 18
"""Bytes that have a key stream of their own: it is not longer than what fits into a processor's cache."""


def sealed(key: bytes, content: bytes) -> bytes:
    """``key``: used for nothing else."""
    covered = _covered(key, content)
    return derived(key, b"tag", covered) + covered


def opened(key: bytes, data: memoryview) -> bytes:
    """Raises ValueError for what was not written with this key, or is damaged."""
    tag, covered = data[:_TAG], data[_TAG:]
    if tag != derived(key, b"tag", covered):
        raise ValueError("not written with this key, or damaged")
    return _covered(key, covered)


def _covered(key: bytes, content: bytes | memoryview) -> bytes:
    """Its own inverse."""
    starts = range(0, len(content), _PIECE)
    return b"".join(_piece(key, start, content[start : start + _PIECE]) for start in starts)


def _piece(key: bytes, start: int, content: bytes | memoryview) -> bytes:
    stream = _stream(derived(key, b"stream", start.to_bytes(8, "big")), len(content))
    both = int.from_bytes(content, "little") ^ int.from_bytes(stream, "little")
    return both.to_bytes(len(content), "little")


def _stream(key: bytes, length: int) -> bytes:
    if length <= _SHORT:
        return shake_256(key).digest(length)
    import hashlib  # noqa: PLC0415 - few Dockerfiles are as large

    return hashlib.shake_256(key).digest(length)
