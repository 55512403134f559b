"""A bill of materials in SPDX 2.3, as JSON. https://spdx.github.io/spdx-spec/v2.3/"""

from __future__ import annotations

import hashlib
import json

from freshlayer.lock.exports import Export
from freshlayer.lock.exports.bill import Item, items
from freshlayer.model.lock import Lock

_DOCUMENT = "SPDXRef-DOCUMENT"
_ALGORITHMS = {"sha1": "SHA1", "sha256": "SHA256", "sha384": "SHA384", "sha512": "SHA512"}
_PURPOSES = {"container": "CONTAINER", "file": "FILE", "source": "SOURCE", "library": "LIBRARY"}


def export(lock: Lock, created: str) -> Export:
    """The document. Its namespace is made of what it lists, so that equal lists have the same."""
    packages = [_package(item, number) for number, item in enumerate(items(lock), 1)]
    listed = hashlib.sha256(json.dumps(packages, sort_keys=True).encode()).hexdigest()
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": _DOCUMENT,
        "name": "remote inputs",
        "documentNamespace": f"urn:freshlayer:lock:{listed}",
        "creationInfo": {"created": created, "creators": ["Tool: freshlayer"]},
        "packages": packages,
        "relationships": [
            {
                "spdxElementId": _DOCUMENT,
                "relationshipType": "DESCRIBES",
                "relatedSpdxElement": it["SPDXID"],
            }
            for it in packages
        ],
    }
    return Export(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def _package(item: Item, number: int) -> dict[str, object]:
    checksums = [
        {"algorithm": _ALGORITHMS[algorithm], "checksumValue": value}
        for algorithm, value in item.digests
        if algorithm in _ALGORITHMS
    ]
    found: dict[str, object] = {
        "SPDXID": f"SPDXRef-input-{number}",
        "name": item.name,
        "downloadLocation": item.place or "NOASSERTION",
        "filesAnalyzed": False,
        "primaryPackagePurpose": _PURPOSES[item.kind],
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": item.url,
            }
        ],
    }
    if item.version:
        found["versionInfo"] = item.version
    if checksums:
        found["checksums"] = checksums
    if item.notes:
        found["comment"] = ", ".join(f"{name} {value}" for name, value in item.notes)
    return found
