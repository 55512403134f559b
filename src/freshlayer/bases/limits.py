"""Limits of what is read of an image, which is untrusted."""

from __future__ import annotations

from freshlayer.model.reasons import Reason

MIB = 1024 * 1024

LARGEST_DOCUMENT = 4 * MIB
"""A manifest, a configuration."""
LARGEST_FILE = 2 * MIB
LARGEST_DATABASE = 32 * MIB
"""A database of packages that is text."""
LARGEST_ON_DISK = 512 * MIB
"""A database of packages that is not: it is written to a temporary file."""
MOST_TEXT = 64 * MIB
"""Of all files that are kept in memory."""
MOST_UNPACKED = 12 * 1024 * MIB
"""Of all layers, decompressed."""
MOST_ENTRIES = 3_000_000
"""Of all layers."""
MOST_KEPT = 20_000
"""Entries that matter."""
MOST_LAYERS = 1000
LONGEST_PATH = 4096
LARGEST_PAX = MIB
"""Of the extended headers of one entry."""
MOST_LINKS = 40
"""That are followed in one path, as in Linux."""
MOST_PASSES = 3
"""Over the layers: links may lead to files that were not kept."""
MOST_EXTRA = 64
"""Paths that links lead to."""
LARGEST_WINDOW = 32 * MIB
"""Of zstd."""


class ImageError(Exception):
    """The image can't be read; ``reason`` has why."""

    def __init__(self, code: str, detail: str) -> None:
        self.reason = Reason(code, detail=detail)
        super().__init__(detail)


def invalid(detail: str) -> ImageError:
    """A layer that is not what it should be."""
    return ImageError("base-layer-invalid", detail)


def exceeded(detail: str) -> ImageError:
    """An image that is larger than what is read."""
    return ImageError("base-limit-reached", detail)
