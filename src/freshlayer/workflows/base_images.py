"""The base images of one run: from the cache, from the local engine, from their registries."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.bases.cache import BaseCache
from freshlayer.bases.image_read import ImageRead
from freshlayer.builders.image_store import ImageStore, name_of
from freshlayer.builders.local_images import names_of
from freshlayer.errors import BuilderError
from freshlayer.files.user_directories import cache_home
from freshlayer.model.base_image import BaseImage, Bases, BaseWanted, ImageConfig
from freshlayer.model.reasons import Reason
from freshlayer.probe import Limits
from freshlayer.reference import Reference, parse
from freshlayer.workflows.session import Session

if TYPE_CHECKING:
    from freshlayer.bases.reading import Order
    from freshlayer.builders.stored_images import StoredImage

_TIMES_DEADLINE = 5
"""A layer takes longer than the answer of an origin, and is read once for each digest."""


class JudgedBase(Struct, frozen=True):
    """A base image that is wanted, and what its verdict is about.

    ``digest``: ``sha256:…`` of the manifest for the platform; empty where the local engine alone has the
    image. Of an index too, as a Dockerfile may pin it: the manifest for the platform is found in it.
    ``index``: ``sha256:…`` of the index that the tag names, where it names one: what engines know it by.
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
        self._cache = BaseCache(cache_home(os.environ) / "freshlayer" / "bases")
        self._known: dict[JudgedBase, BaseImage] = {}

    def read(self, judged: Iterable[JudgedBase]) -> Bases:
        """The images, several at once. What can't be read has its reason in ``why_not``.

        Where both are wanted of one image, its configuration alone and its contents, it has both.
        """
        wanted = {item.wanted.key: item for item in sorted(judged, key=lambda item: item.wanted.contents)}
        for source in (self._from_cache, self._from_engine, self._from_registries):
            missing = [item for item in wanted.values() if not self._is_known(item)]
            if missing:
                source(missing)
        return {key: self._known[_plain(item)] for key, item in wanted.items()}

    def _is_known(self, item: JudgedBase) -> bool:
        known = self._known.get(_plain(item))
        if known is None:
            return False
        return known.why_not is not None or known.contents is not None or not item.wanted.contents

    def _take(self, item: JudgedBase, found: ImageRead) -> None:
        """What was read, with what is known already."""
        before = self._known.get(_plain(item))
        config = found.config or (before.config if before else None)
        if config is None and found.why_not is None:
            return
        wanted = item.wanted
        self._known[_plain(item)] = BaseImage(
            reference=wanted.reference,
            platform=wanted.platform,
            digest=found.digest or item.digest,
            config=config or ImageConfig(),
            contents=found.contents,
            why_not=found.why_not,
        )

    def _from_cache(self, items: Sequence[JudgedBase]) -> None:
        for item in items:
            found = self._cache.find(item.digest, item.wanted.platform)
            self._take(item, replace(found, contents=found.contents if item.wanted.contents else None))

    def _from_engine(self, items: Sequence[JudgedBase]) -> None:
        """One after the other: each has the engine to itself."""
        if self._engine is None:
            return
        for item in items:
            with contextlib.suppress(BuilderError, OSError):
                self._take_stored(item, self._engine)

    def _take_stored(self, item: JudgedBase, engine: ImageStore) -> None:
        # Most runs find every image in the cache.
        from freshlayer.bases.documents import of_config  # noqa: PLC0415
        from freshlayer.builders.stored_images import stored_image  # noqa: PLC0415

        image = stored_image(engine, _names(item, engine), item.wanted.platform)
        if image is None:
            return
        # Without a digest of its own an image is known by that of its configuration.
        digest = item.digest or image.id
        known = self._cache.find(digest, item.wanted.platform) if not item.digest else ImageRead()
        found = known
        if found.config is None and image.config is not None:
            config = of_config(image.config, image.architecture, image.os, image.created)
            found = replace(found, config=config)
        if item.wanted.contents and found.contents is None:
            from freshlayer.files.temporary import temporary_directory  # noqa: PLC0415 - see above

            with temporary_directory() as directory:
                found = _with_files(found, engine, image, Path(directory))
        found = replace(found, digest=found.digest or digest)
        if found != known:
            self._cache.keep(digest, item.wanted.platform, found)
        if found.why_not is None or not item.digest:
            self._take(item, found)

    def _from_registries(self, items: Sequence[JudgedBase]) -> None:
        named = [item for item in items if item.digest]
        for item in items:
            if not item.digest or self._session.policy.offline:
                code = "base-offline" if item.digest else "base-not-known"
                self._take(item, ImageRead(why_not=Reason(code)))
        if not named or self._session.policy.offline:
            return
        from freshlayer.bases.reading import read  # noqa: PLC0415 - see above
        from freshlayer.files.temporary import temporary_directory  # noqa: PLC0415 - it loads compression
        from freshlayer.probe.images.blobs import read_all  # noqa: PLC0415 - libcurl is loaded with it

        with temporary_directory() as directory:
            # Two names may lead to one image; the last of them wants the most.
            places: dict[Reference, list[JudgedBase]] = {}
            for item in named:
                places.setdefault(_by_digest(item), []).append(item)
            readings = {it: read(self._order(same[-1], directory)) for it, same in places.items()}
            results = read_all(readings, self._limits, self._session.keyring)
        for reference, result in results.items():
            found = ImageRead(why_not=result) if isinstance(result, Reason) else result
            same = places[reference]
            self._cache.keep(same[-1].digest, same[-1].wanted.platform, found)
            for item in same:
                self._take(item, found)

    def _order(self, item: JudgedBase, directory: str) -> Order:
        from freshlayer.bases.reading import Order  # noqa: PLC0415 - see above
        from freshlayer.probe.images.blobs import chosen_for  # noqa: PLC0415 - see above

        known = self._known.get(_plain(item))
        return Order(
            digest=item.digest,
            contents=item.wanted.contents,
            most=self._session.policy.base_up_to,
            directory=Path(directory),
            choose=chosen_for(item.wanted.platform),
            config=known.config if known else None,
        )

    @property
    def _limits(self) -> Limits:
        limits = self._session.limits
        seconds = limits.deadline * _TIMES_DEADLINE
        return replace(limits, total=seconds, deadline=seconds)


def _with_files(found: ImageRead, engine: ImageStore, image: StoredImage, directory: Path) -> ImageRead:
    """With what the files of a stored image state. Raises BuilderError, OSError."""
    from freshlayer.bases.engine_files import from_files, from_saved  # noqa: PLC0415 - see above
    from freshlayer.builders.stored_images import container_files, saved  # noqa: PLC0415 - see above

    with container_files(engine, image) as fetch:
        read_ = from_files(fetch, directory) if fetch else from_saved(lambda: saved(engine, image), directory)
    return replace(read_, config=found.config or read_.config)


def _names(item: JudgedBase, engine: ImageStore) -> tuple[str, ...]:
    """What an engine may know an image by."""
    reference = parse(item.wanted.reference)
    repository = _repository(name_of(reference))
    digests = [digest for digest in (item.digest, item.index) if digest]
    return tuple(f"{repository}@{digest}" for digest in digests) or names_of(engine, reference)


def _plain(item: JudgedBase) -> JudgedBase:
    """The same image, whatever is wanted of it."""
    return replace(item, wanted=replace(item.wanted, contents=False))


def _by_digest(item: JudgedBase) -> Reference:
    """Where it is requested. One that a Dockerfile pins has its digest already."""
    repository = _repository(parse(item.wanted.reference).address)
    address = f"{repository}@{item.digest}"
    return replace(parse(item.wanted.reference), text=f"{address} {item.wanted.platform}", address=address)


def _repository(address: str) -> str:
    name = address.partition("@")[0]
    return name.rpartition(":")[0] if ":" in name.rpartition("/")[2] else name
