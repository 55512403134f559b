"""What was read of an image: the value that a reader returns and the cache keeps."""

from __future__ import annotations

from msgspec import Struct

from freshlayer.model.base_image import BaseContents, ImageConfig
from freshlayer.model.reasons import Reason


class ImageRead(Struct, frozen=True):
    """What was read of an image. ``why_not``: why there is no more; what there is counts all the same.

    ``digest``: of the manifest for the platform.
    """

    digest: str = ""
    config: ImageConfig | None = None
    contents: BaseContents | None = None
    why_not: Reason | None = None
