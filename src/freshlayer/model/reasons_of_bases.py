"""Reason codes of base images: why their files are not known. Code → meaning, what to do. Pure."""

from __future__ import annotations

BASES: dict[str, tuple[str, str]] = {
    "base-digest-mismatch": (
        "what the registry returned of the base image does not have its digest",
        "report it to the operator of the registry",
    ),
    "base-format-unsupported": (
        "the base image has a manifest or a layer of a format that is not read",
        "nothing: what needs its files is not watched",
    ),
    "base-layer-invalid": ("a layer of the base image is not a valid archive", "pull the image by hand"),
    "base-limit-reached": (
        "the base image exceeds a limit of freshlayer's reader",
        "nothing: what needs its files is not watched",
    ),
    "base-not-known": (
        "the digest of the base image is not known, and the engine does not have the image",
        "pull the image, or see why its registry could not be probed",
    ),
    "base-not-read": ("the base image can't be read", "pull the image by hand"),
    "base-offline": (
        "the base image is not in the cache, and its registry gets no request (--offline)",
        "run once without --offline, or pull the image",
    ),
    "base-too-large": ("the layers of the base image are larger than base_up_to", "raise base_up_to"),
    "rpm-database-invalid": ("the rpm database of the base image can't be read", "nothing"),
    "rpm-database-unsupported": (
        "the rpm database of the base image has a format that is not read",
        "use a base image whose rpm keeps its database in SQLite (rpm 4.16 and later)",
    ),
}
"""Code → what it means, what to do."""
