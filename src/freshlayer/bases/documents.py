"""Manifests and configurations of images: untrusted JSON → values."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from freshlayer.bases.limits import LARGEST_DOCUMENT, MOST_LAYERS, ImageError, exceeded
from freshlayer.lazy_regex import compiled
from freshlayer.model.age import stated_day
from freshlayer.model.base_image import ImageConfig

_LAYER = compiled(
    r"application/vnd\.(?:oci\.image\.layer(?:\.nondistributable)?\.v1\.tar(?:\+gzip|\+zstd)?"
    r"|docker\.image\.rootfs\.(?:foreign\.)?diff\.tar(?:\.gzip|\.zstd)?)"
)
_CONFIGS = frozenset(
    {
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
    }
)
_MOST_WORDS = 1000
_LONGEST = 64 * 1024


class Blob(Struct, frozen=True):
    """A part of an image. ``kind``: its media type."""

    digest: str
    size: int
    kind: str = ""


class Manifest(Struct, frozen=True):
    """An image for one platform. ``layers``: the oldest first."""

    config: Blob
    layers: tuple[Blob, ...]


def manifest_of(body: bytes) -> Manifest:
    """Raises ImageError for what is not the manifest of an image."""
    document = _document(body, "its manifest")
    config, layers = document.get("config"), document.get("layers")
    if not isinstance(config, dict) or not isinstance(layers, list):
        raise _unsupported("its manifest has no configuration and layers")
    if len(layers) > MOST_LAYERS:
        raise exceeded(f"it has more than {MOST_LAYERS} layers")
    found = Manifest(_blob(config), tuple(map(_blob, layers)))
    if found.config.kind not in _CONFIGS:
        raise _unsupported("it is not an image, but another kind of artifact")
    return found


def is_index(body: bytes) -> bool:
    """Whether a document names manifests for platforms."""
    return isinstance(_document(body, "its manifest").get("manifests"), list)


def check_layers(manifest: Manifest) -> None:
    """Raises ImageError where a layer is not a tar: encrypted, or of another system."""
    for layer in manifest.layers:
        if not _LAYER.fullmatch(layer.kind):
            raise _unsupported("it has a layer of a type that is not read")


def config_of(body: bytes) -> ImageConfig:
    """Raises ImageError."""
    document = _document(body, "its configuration")
    own = document.get("config")
    return of_config(
        own if isinstance(own, dict) else {},
        _text(document, "architecture"),
        _text(document, "os"),
        stated_day(document.get("created")),
    )


def of_config(config: Mapping[str, object], architecture: str, system: str, created: str) -> ImageConfig:
    """``config`` as a configuration has it, or as an engine shows it. ``created``: a day, or empty."""
    named = (line.partition("=") for line in _words(config, "Env"))
    return ImageConfig(
        environment=tuple((name, value) for name, _, value in named if name),
        shell=_words(config, "Shell"),
        user=_text(config, "User"),
        directory=_text(config, "WorkingDir"),
        triggers=_words(config, "OnBuild"),
        architecture=architecture,
        os=system or "linux",
        created=created,
    )


def _document(body: bytes, what: str) -> Mapping[str, object]:
    if len(body) > LARGEST_DOCUMENT:
        raise exceeded(f"{what} has more than {LARGEST_DOCUMENT // 1024 // 1024} MiB")
    import json  # noqa: PLC0415 - most images are known

    try:
        document: object = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise _unsupported(f"{what} is not a JSON object")
    return document


def _blob(item: object) -> Blob:
    from freshlayer.bases.layer import is_digest  # noqa: PLC0415 - it reads archives

    fields: Mapping[str, object] = item if isinstance(item, dict) else {}
    digest, size = fields.get("digest"), fields.get("size")
    if not is_digest(digest) or not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise _unsupported("its manifest names a part without a digest or a size")
    return Blob(str(digest), size, _text(fields, "mediaType"))


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) and len(value) <= _LONGEST else ""


def _words(fields: Mapping[str, object], name: str) -> tuple[str, ...]:
    listed = fields.get(name)
    words = listed[:_MOST_WORDS] if isinstance(listed, list) else []
    return tuple(word for word in words if isinstance(word, str) and len(word) <= _LONGEST)


def _unsupported(detail: str) -> ImageError:
    return ImageError("base-format-unsupported", detail)
