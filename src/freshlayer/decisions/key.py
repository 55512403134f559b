"""Identities to the key of an instruction. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from freshlayer.digests import sha256
from freshlayer.model.build import InstructionVerdict
from freshlayer.model.compact_json import compact


def values(names: Mapping[int, str], instructions: Iterable[InstructionVerdict]) -> dict[str, str]:
    """Name → key, by name; under a name above several RUNs, the key of all their inputs."""
    pairs: dict[str, set[tuple[str, str]]] = {}
    for item in instructions:
        if item.key and item.line in names:
            pairs.setdefault(names[item.line], set()).update(item.pairs)
    return {name: key_of(pairs[name]) for name in sorted(pairs)}


KEY_DIGITS = 16


def key_of(pairs: Iterable[tuple[str, str]]) -> str:
    """The key of (reference, identity) pairs (rule 1 of ARCHITECTURE.md).

    The first 16 hexadecimal digits of the SHA-256 of the compact JSON of the sorted pairs. Test vector:
    ``[["https://example.org/a","etag:v1"]]`` → ``2cec7e0e0b327b6e``.
    """
    text = compact(sorted(list(pair) for pair in pairs))
    return sha256(text.encode()).hexdigest()[:KEY_DIGITS]
