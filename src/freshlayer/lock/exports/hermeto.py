"""hermeto's ``artifacts.lock.yaml``: files by URL and checksum, which it fetches before a build.

https://github.com/hermetoproject/hermeto/blob/main/docs/generic.md
"""

from __future__ import annotations

import json
from urllib.parse import unquote, urlsplit

from freshlayer.lock.descriptors import digest_of
from freshlayer.lock.exports import Export
from freshlayer.model.lock import Lock

_FILES = ("https://", "http://")


def export(lock: Lock, created: str) -> Export:
    """The document, in the order of URLs. No time is in it."""
    del created
    lines = ["---", "metadata:", '  version: "1.0"']
    left_out: list[tuple[str, str]] = []
    names: set[str] = set()
    artifacts: list[str] = []
    for item in lock.inputs:
        sha256 = digest_of(item).get("sha256", "")
        if not item.reference.startswith(_FILES):
            left_out.append((item.reference, "hermeto's generic artifacts are files of HTTP alone"))
        elif not sha256:
            left_out.append(
                (item.reference, "its SHA-256 is not known (freshlayer lock without --no-download)")
            )
        else:
            artifacts += _artifact(item.reference.partition("#")[0], sha256, names)
    lines += ["artifacts:", *artifacts] if artifacts else ["artifacts: []"]
    return Export("\n".join(lines) + "\n", tuple(left_out))


def _artifact(url: str, sha256: str, names: set[str]) -> list[str]:
    return [
        f"  - download_url: {json.dumps(url)}",
        f"    checksum: {json.dumps(f'sha256:{sha256}')}",
        f"    filename: {json.dumps(_name(url, sha256, names))}",
    ]


def _name(url: str, sha256: str, names: set[str]) -> str:
    """The last part of the path; with the digest before it where another file has that name."""
    last = unquote(urlsplit(url).path).rpartition("/")[2]
    name = last if last.isprintable() and last not in {"", ".", ".."} and "/" not in last else "file"
    if name in names:
        name = f"{sha256[:12]}-{name}"
    names.add(name)
    return name
