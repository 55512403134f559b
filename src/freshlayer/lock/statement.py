"""A statement about an image: its locked remote inputs, and the keys that it was built with. Pure.

An in-toto statement v1. Its subjects are the manifests of the image; the predicate has resource descriptors
as in ``resolvedDependencies`` of SLSA's provenance, and a type of its own: a second provenance beside the
builder's would be taken for another build. The bytes depend on the values alone.
https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from msgspec import Struct

from freshlayer.lock.descriptors import Descriptor, by_uri, of_input, of_packages
from freshlayer.model.lock import Lock, LockUser

TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:freshlayer:remote-inputs:v1"
MEDIA_TYPE = "application/vnd.in-toto+json"


class Subject(Struct, frozen=True, order=True):
    """A manifest of the image. ``digest``: ``sha256:…``; ``platform``: empty where it is not known."""

    name: str
    digest: str
    platform: str = ""


class KeyedInstruction(Struct, frozen=True, order=True):
    """An instruction, and the key that its locked inputs give. ``proven``: the image's provenance has it."""

    user: LockUser
    key: str
    platform: str = ""
    proven: bool = False


def statement(lock: Lock, subjects: Iterable[Subject], keys: Iterable[KeyedInstruction]) -> bytes:
    """The statement as compact JSON with sorted names, and a line feed."""
    document = {
        "_type": TYPE,
        "subject": [_subject(it) for it in sorted(subjects)],
        "predicateType": PREDICATE_TYPE,
        "predicate": _predicate(lock, keys),
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _subject(item: Subject) -> Descriptor:
    algorithm, _, value = item.digest.partition(":")
    found: Descriptor = {"name": item.name, "digest": {algorithm: value}}
    if item.platform:
        found["annotations"] = {"platform": item.platform}
    return found


def _predicate(lock: Lock, keys: Iterable[KeyedInstruction]) -> Descriptor:
    packages = (it for block in lock.packages for it in of_packages(block))
    return {
        "inputs": by_uri([*map(of_input, lock.inputs), *packages]),
        "keys": [_key(it) for it in sorted(keys)],
        "notCovered": [
            {"usedBy": str(it.used_by), "reason": it.reason, "text": it.text} for it in sorted(lock.unwatched)
        ],
    }


def _key(item: KeyedInstruction) -> Descriptor:
    found: Descriptor = {"usedBy": str(item.user), "key": item.key, "inProvenance": item.proven}
    return {**found, "platform": item.platform} if item.platform else found
