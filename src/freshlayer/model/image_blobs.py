"""What the reader of an image wants downloaded. Values alone."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from freshlayer.model.reasons import Reason


class BlobSink(Protocol):
    """Takes a blob while it is downloaded."""

    def begin(self) -> None:
        """It comes from its start, now or again."""

    def take(self, data: bytes) -> bool:
        """One more piece; whether more is wanted."""


class BlobWanted(Struct, frozen=True):
    """A manifest or a blob of an image, by its digest (``sha256:…``), of at most so many bytes.

    ``sink``: who takes it; None where its bytes are the answer.
    """

    digest: str
    most: int
    manifest: bool = False
    sink: BlobSink | None = None


BlobAnswer = bytes | Reason
"""The bytes, empty where a sink took them; or why they could not be had. Nothing of it is verified."""
