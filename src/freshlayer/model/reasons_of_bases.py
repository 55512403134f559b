"""Reason codes of base images: why their files are not known. Code → meaning, what to do. Pure."""

from __future__ import annotations

BASES: dict[str, tuple[str, str]] = {
    "base-not-read": ("the base image can't be read", "pull the image by hand"),
}
"""Code → what it means, what to do."""
