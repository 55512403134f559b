"""The provenance that is attached to an image, read part by part.

BuildKit writes it into the index of the image: a manifest for the platform ``unknown/unknown`` names the
image that it is about, and its layers are in-toto statements. The reader is a generator: it yields what it
wants and is sent it, so that it knows neither network nor disk. All of it is verified by its digest.
https://docs.docker.com/build/metadata/attestations/attestation-storage/
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterable, Iterator, Mapping

from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.lock.provenance import LARGEST, PREDICATES, Provenance, read_provenance
from freshlayer.model.image_blobs import BlobAnswer, BlobWanted
from freshlayer.model.reasons import Reason

_LARGEST_MANIFEST = 4 * 1024 * 1024
_MOST_MANIFESTS = 100
"""Of one index: an image for twenty platforms has forty."""
_MOST_LAYERS = 50
_DIGEST = compiled(r"sha256:[0-9a-f]{64}")
_WORD = compiled(r"[\w.-]{1,40}")
_IS_ABOUT, _KIND = "vnd.docker.reference.digest", "vnd.docker.reference.type"
_ATTESTATION = "attestation-manifest"
_PREDICATE = "in-toto.io/predicate-type"


class PlatformImage(Struct, frozen=True):
    """One manifest of an image. ``platform``: empty where only its configuration would state it.

    ``provenance``: None where none is attached. ``config``: the digest of its configuration, if it was read.
    """

    digest: str
    platform: str = ""
    provenance: Provenance | None = None
    config: str = ""


class ImageProofs(Struct, frozen=True):
    """An image by the digest that its name leads to: an index, or the manifest for one platform.

    ``media_type``, ``size``: of that document, as a registry returns it.
    """

    digest: str
    media_type: str
    size: int
    images: tuple[PlatformImage, ...]


Steps = Generator[BlobWanted, BlobAnswer, ImageProofs | Reason]


class _ImageError(Exception):
    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(reason.code)


def read_image(digest: str) -> Steps:
    """Read what is attached to an image. What fails is a value."""
    try:
        return (yield from _image(digest))
    except _ImageError as error:
        return error.reason


def _image(digest: str) -> Generator[BlobWanted, BlobAnswer, ImageProofs]:
    body, document = yield from _document(digest)
    kind = _text(document, "mediaType")
    if not isinstance(document.get("manifests"), list):
        config = _text(_table(document.get("config")), "digest")
        alone = PlatformImage(digest, config=config)
        return ImageProofs(digest, kind or "application/vnd.oci.image.manifest.v1+json", len(body), (alone,))
    found = dict(_statements(document))
    images = []
    for manifest, platform in _platforms(document):
        provenance = yield from _provenance(found.get(manifest, ()))
        images.append(PlatformImage(manifest, platform, provenance))
    return ImageProofs(digest, kind or "application/vnd.oci.image.index.v1+json", len(body), tuple(images))


def _platforms(index: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Digest and platform of each image, once."""
    seen: set[str] = set()
    for item in _manifests(index):
        digest, platform = _text(item, "digest"), _table(item.get("platform"))
        words = [_text(platform, name) for name in ("os", "architecture", "variant")]
        is_image = words[0] != "unknown" and _KIND not in _table(item.get("annotations"))
        if is_image and _DIGEST.fullmatch(digest) and digest not in seen:
            seen.add(digest)
            known = [word for word in words if word]
            yield digest, "/".join(known) if all(map(_WORD.fullmatch, known)) else ""


def _statements(index: Mapping[str, object]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Digest of an image → the manifests of what is attached to it."""
    found: dict[str, tuple[str, ...]] = {}
    for item in _manifests(index):
        notes, digest = _table(item.get("annotations")), _text(item, "digest")
        if notes.get(_KIND) == _ATTESTATION and _DIGEST.fullmatch(digest):
            about = _text(notes, _IS_ABOUT)
            found[about] = (*found.get(about, ()), digest)
    yield from found.items()


def _provenance(manifests: Iterable[str]) -> Generator[BlobWanted, BlobAnswer, Provenance | None]:
    """The first that there is."""
    for manifest in manifests:
        _, document = yield from _document(manifest)
        layers = document.get("layers")
        for layer in map(_table, layers[:_MOST_LAYERS] if isinstance(layers, list) else []):
            kind = _text(_table(layer.get("annotations")), _PREDICATE)
            digest = _text(layer, "digest")
            if kind.startswith(PREDICATES) and _DIGEST.fullmatch(digest):
                body = yield from _blob(BlobWanted(digest, LARGEST))
                found = read_provenance(body)
                if found is not None:
                    return found
    return None


def _document(digest: str) -> Generator[BlobWanted, BlobAnswer, tuple[bytes, Mapping[str, object]]]:
    body = yield from _blob(BlobWanted(digest, _LARGEST_MANIFEST, manifest=True))
    try:
        document: object = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise _ImageError(Reason("image-unreadable", detail="its manifest is not a JSON object"))
    return body, document


def _blob(wanted: BlobWanted) -> Generator[BlobWanted, BlobAnswer, bytes]:
    answer = yield wanted
    if isinstance(answer, Reason):
        raise _ImageError(answer)
    if f"sha256:{hashlib.sha256(answer).hexdigest()}" != wanted.digest:
        raise _ImageError(Reason("image-unreadable", detail="a part of it does not have its digest"))
    return answer


def _manifests(index: Mapping[str, object]) -> list[Mapping[str, object]]:
    listed = index.get("manifests")
    return [_table(item) for item in listed[:_MOST_MANIFESTS]] if isinstance(listed, list) else []


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _text(table: Mapping[str, object], name: str) -> str:
    value = table.get(name)
    return value if isinstance(value, str) else ""
