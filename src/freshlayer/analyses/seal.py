"""Bytes that are read with the key alone that they were written with.

An analysis has the text of the Dockerfile, and URLs with values of build args: any of it may be a secret, and
rule 6 of the design keeps those out of files. The key is made from all that the analysis is made from: with
it, nothing is learned that is not known already. SHAKE256 of a key that is used once is the key stream.
"""

from __future__ import annotations

from hashlib import shake_256

from freshlayer.analyses.key import derived

NONCE = 16
_TAG = 32


def sealed(key: bytes, content: bytes) -> bytes:
    """``key``: used for nothing else."""
    covered = _covered(key, content)
    return _tag(key, covered) + covered


def opened(key: bytes, data: bytes) -> bytes:
    """Raises ValueError for what was not written with this key, or is damaged."""
    tag, covered = data[:_TAG], data[_TAG:]
    if tag != _tag(key, covered):
        raise ValueError("not written with this key, or damaged")
    return _covered(key, covered)


def _covered(key: bytes, content: bytes) -> bytes:
    """Its own inverse."""
    stream = shake_256(derived(key, b"stream")).digest(len(content))
    return (int.from_bytes(content, "little") ^ int.from_bytes(stream, "little")).to_bytes(
        len(content), "little"
    )


def _tag(key: bytes, covered: bytes) -> bytes:
    return derived(key, b"tag", covered)
