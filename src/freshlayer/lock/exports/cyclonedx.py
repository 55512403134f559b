"""A bill of materials in CycloneDX 1.6, as JSON. https://cyclonedx.org/docs/1.6/json/"""

from __future__ import annotations

import json

from freshlayer.lock.exports import Export
from freshlayer.lock.exports.bill import Item, items
from freshlayer.model.lock import Lock

_TYPES = {"container": "container", "file": "file", "source": "library", "library": "library"}
_ALGORITHMS = {"sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}


def export(lock: Lock, created: str) -> Export:
    """The document, without a serial number and a time, which the format does not require."""
    del created
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"tools": {"components": [{"type": "application", "name": "freshlayer"}]}},
        "components": [_component(item, number) for number, item in enumerate(items(lock), 1)],
    }
    return Export(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def _component(item: Item, number: int) -> dict[str, object]:
    hashes = [
        {"alg": _ALGORITHMS[algorithm], "content": value}
        for algorithm, value in item.digests
        if algorithm in _ALGORITHMS
    ]
    found: dict[str, object] = {"type": _TYPES[item.kind], "bom-ref": f"input-{number}", "name": item.name}
    if item.version:
        found["version"] = item.version
    if hashes:
        found["hashes"] = hashes
    found["purl"] = item.url
    if item.place:
        kind = "vcs" if item.kind == "source" else "distribution"
        found["externalReferences"] = [{"type": kind, "url": item.place}]
    if item.notes:
        found["properties"] = [{"name": f"freshlayer:{name}", "value": value} for name, value in item.notes]
    return found
