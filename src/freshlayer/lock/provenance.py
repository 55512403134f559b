"""BuildKit's provenance of an image: the keys of its instructions, and what came from outside.

SLSA provenance v0.2 and v1 as BuildKit writes them, each in an in-toto statement. A key is the name of a
secret that is never supplied (``fl-…``); the parameters of a build have it with ``mode=max``, which the
``--metadata-file`` of buildx and its history have by default. All of it is untrusted JSON.
https://docs.docker.com/build/metadata/attestations/slsa-definitions/
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.masking import public_text

LARGEST = 32 * 1024 * 1024
"""Bytes of one statement. BuildKit puts every file of its build into it."""
PREDICATES = "https://slsa.dev/provenance/"

_MOST = 100_000
_LONGEST = 8192
_KEY = compiled(r"fl-([0-9a-f]{16})")
_SHA256 = compiled(r"[0-9a-f]{64}")


class Material(Struct, frozen=True, order=True):
    """Something from outside that went into a build: ``sha256`` of the bytes, hexadecimal."""

    uri: str
    sha256: str


class Provenance(Struct, frozen=True):
    """What a statement states of a build.

    ``complete``: whether its parameters are in it (``mode=max``); else a key that is missing proves nothing.
    ``materials``: those with a SHA-256; by them alone can bytes be compared.
    """

    keys: frozenset[str] = frozenset()
    complete: bool = False
    materials: tuple[Material, ...] = ()


def read_provenance(body: bytes) -> Provenance | None:
    """An in-toto statement, or its predicate alone. None where it is not provenance of BuildKit's form."""
    if len(body) > LARGEST:
        return None
    try:
        document: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return provenance_in(document)


def provenance_in(document: object) -> Provenance | None:
    """The same of a document that was decoded."""
    whole = _table(document)
    found = _table(whole.get("predicate")) or whole
    definition = _table(found.get("buildDefinition"))
    if definition:
        request = _table(_table(definition.get("externalParameters")).get("request"))
        built = "buildConfig" in _table(definition.get("internalParameters"))
        return _provenance(request, definition.get("resolvedDependencies"), built=built)
    if "invocation" not in found and "materials" not in found:
        return None
    parameters = _table(_table(found.get("invocation")).get("parameters"))
    return _provenance(parameters, found.get("materials"), built="buildConfig" in found)


def of_metadata_file(body: bytes) -> tuple[Provenance, ...]:
    """Those in what ``--metadata-file`` writes: of one build, of one per platform, or of targets by name."""
    if len(body) > LARGEST:
        return ()
    try:
        document: object = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    whole = _table(document)
    tables = [whole, *(_table(item) for item in list(whole.values())[:_MOST])]
    read = (
        provenance_in(value)
        for table in tables
        for name, value in table.items()
        if name.startswith("buildx.build.provenance")
    )
    return tuple(it for it in read if it is not None)


def joined(found: Iterable[Provenance]) -> Provenance:
    """Several as one, as of the platforms of an image."""
    all_of_them = list(found)
    return Provenance(
        keys=frozenset().union(*(it.keys for it in all_of_them)),
        complete=bool(all_of_them) and all(it.complete for it in all_of_them),
        materials=tuple(sorted({it for one in all_of_them for it in one.materials})),
    )


def _provenance(parameters: Mapping[str, object], materials: object, *, built: bool) -> Provenance:
    secrets = [_table(item).get("id") for item in _listed(parameters.get("secrets"))]
    named = [_KEY.fullmatch(text) for text in secrets if isinstance(text, str)]
    return Provenance(
        keys=frozenset(match[1] for match in named if match),
        complete=built or bool(secrets),
        materials=tuple(sorted(set(_materials(_listed(materials))))),
    )


def _materials(listed: list[object]) -> Iterator[Material]:
    for item in map(_table, listed):
        uri, digest = item.get("uri"), _table(item.get("digest")).get("sha256")
        known = isinstance(digest, str) and _SHA256.fullmatch(digest)
        if known and isinstance(uri, str) and len(uri) <= _LONGEST and uri.isprintable():
            yield Material(public_text(uri), str(digest))


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _listed(value: object) -> list[object]:
    return value[:_MOST] if isinstance(value, list) else []
