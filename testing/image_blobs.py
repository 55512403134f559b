"""A registry that is a dictionary: what a reader of images wants is sent to it, in pieces of any size."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from freshlayer.bases.image_read import ImageRead
from freshlayer.bases.reading import Order, read
from freshlayer.model.image_blobs import BlobAnswer, BlobWanted
from freshlayer.model.reasons import Reason

LAYER = "application/vnd.oci.image.layer.v1.tar"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"


def digest_of(blob: bytes) -> str:
    """As a manifest writes it."""
    return "sha256:" + hashlib.sha256(blob).hexdigest()


@dataclass(slots=True)
class Blobs:
    """`wanted` are the digests that were requested, in order; `lost` are those that nobody has."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    wanted: list[str] = field(default_factory=list)
    piece: int = 64 * 1024

    def put(self, blob: bytes) -> str:
        """Its digest."""
        self.blobs[digest_of(blob)] = blob
        return digest_of(blob)

    def image(
        self, layers: Sequence[bytes], config: Mapping[str, Any] | None = None, kind: str = LAYER
    ) -> str:
        """An image of layers, the oldest first; the digest of its manifest."""
        document = {"os": "linux", "architecture": "amd64", "config": dict(config or {})}
        described = [{"digest": self.put(it), "size": len(it), "mediaType": kind} for it in layers]
        configuration = json.dumps(document).encode()
        own = {"digest": self.put(configuration), "size": len(configuration), "mediaType": CONFIG}
        return self.put(json.dumps({"mediaType": MANIFEST, "config": own, "layers": described}).encode())

    def read(
        self,
        digest: str,
        directory: Path,
        *,
        contents: bool = True,
        most: int = 1 << 30,
        chosen: str = "",
    ) -> ImageRead:
        """Read an image."""
        reading = read(Order(digest, contents, most, directory, lambda _: chosen))
        try:
            wanted = next(reading)
            while True:
                wanted = reading.send(self._answer(wanted))
        except StopIteration as end:
            found: ImageRead = end.value
            return found

    def _answer(self, wanted: BlobWanted) -> BlobAnswer:
        self.wanted.append(wanted.digest)
        blob = self.blobs.get(wanted.digest)
        if blob is None:
            return Reason("http-not-found")
        if wanted.sink is None:
            return blob if len(blob) <= wanted.most else Reason("registry-manifest-too-large")
        wanted.sink.begin()
        for start in range(0, len(blob), self.piece):
            if not wanted.sink.take(blob[start : start + self.piece]):
                break
        return b""
