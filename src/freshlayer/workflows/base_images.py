"""The base images of one run: from the cache, from the local engine, from their registries."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from freshlayer.builders.local_images import ImageStore
from freshlayer.model.base_image import BaseImage, Bases, BaseWanted
from freshlayer.model.reasons import Reason
from freshlayer.workflows.session import Session


class JudgedBase(Struct, frozen=True):
    """A base image that is wanted, and what its verdict is about.

    ``digest``: ``sha256:…`` of the manifest for the platform; empty where the local engine alone has the
    image. ``index``: ``sha256:…`` of the index that the tag names, where it names one: what an engine knows
    the image by.
    """

    wanted: BaseWanted
    digest: str = ""
    index: str = ""


class BaseImages:
    """The base images of one run. Each is read once, and what failed is not tried again.

    ``engine``: the builder's own images (its ``Builder`` or ``Invocation``); None where no builder is known.
    """

    def __init__(self, session: Session, engine: ImageStore | None = None) -> None:
        self._session = session
        self._engine = engine
        self._known: dict[tuple[str, str, bool], BaseImage] = {}

    def read(self, judged: Iterable[JudgedBase]) -> Bases:
        """The images, several at once. What can't be read has its reason in ``why_not``."""
        return {item.wanted.key: self._read(item) for item in judged}

    def _read(self, item: JudgedBase) -> BaseImage:
        wanted = item.wanted
        return BaseImage(wanted.reference, wanted.platform, item.digest, why_not=Reason("base-not-read"))
