"""The order in which an image is read: manifest, configuration, layers from the newest to the oldest.

A generator yields what is to be downloaded, and is sent it; so it knows no network. All of it is verified by
its digest before it is used: a layer that is stopped is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

from msgspec import Struct

from freshlayer.bases.contents import contents_of, missing
from freshlayer.bases.documents import Manifest, check_layers, config_of, is_index, manifest_of
from freshlayer.bases.image_read import ImageRead
from freshlayer.bases.layer import Budget, LayerSink, has_digest
from freshlayer.bases.limits import LARGEST_DOCUMENT, MOST_PASSES, ImageError, exceeded
from freshlayer.bases.paths import Wanted, wanted
from freshlayer.bases.settled import Settled
from freshlayer.bases.tree import Change, Tree
from freshlayer.model.base_image import BaseContents, ImageConfig
from freshlayer.model.image_blobs import BlobAnswer, BlobWanted
from freshlayer.model.reasons import Reason

Steps = Generator[BlobWanted, BlobAnswer, ImageRead]
Choose = Callable[[bytes], str]
"""An index → the digest of the manifest for the platform; empty where it has none."""


class Order(Struct, frozen=True):
    """What to read. ``most``: bytes of layers, compressed. ``directory``: for files that are large.

    ``config``: what is known of it; None where it is to be read.
    """

    digest: str
    contents: bool
    most: int
    directory: Path
    choose: Choose
    config: ImageConfig | None = None


def read(order: Order) -> Steps:
    """Read an image. What fails is a value."""
    digest, config, contents, why_not = order.digest, order.config, None, None
    try:
        body, digest = yield from _manifest(order)
        manifest = manifest_of(body)
        if config is None:
            config = config_of((yield from _document(manifest.config.digest, manifest=False)))
        if order.contents:
            contents = yield from _contents(manifest, order)
    except ImageError as error:
        why_not = error.reason
    except OSError as error:
        why_not = Reason("base-not-read", detail=f"a temporary file: {error.strerror}")
    return ImageRead(digest, config, contents, why_not)


def _manifest(order: Order) -> Generator[BlobWanted, BlobAnswer, tuple[bytes, str]]:
    """The manifest for the platform, and its digest; of an index, that of its choice."""
    body, digest = (yield from _document(order.digest, manifest=True)), order.digest
    if is_index(body):
        digest = order.choose(body)
        if not digest:
            raise ImageError("base-not-read", "it has no manifest for this platform")
        body = yield from _document(digest, manifest=True)
    return body, digest


def _document(digest: str, *, manifest: bool) -> Generator[BlobWanted, BlobAnswer, bytes]:
    body = yield BlobWanted(digest, LARGEST_DOCUMENT, manifest)
    if isinstance(body, Reason):
        raise ImageError(body.code, body.what)
    if not has_digest(body, digest):
        raise ImageError("base-digest-mismatch", "its manifest or its configuration does not have its digest")
    return body


def _contents(manifest: Manifest, order: Order) -> Generator[BlobWanted, BlobAnswer, BaseContents]:
    """Layer by layer, and once more where links lead to files that were not kept."""
    check_layers(manifest)
    wants, budget, left = wanted(), Budget(order.directory), order.most
    for _ in range(MOST_PASSES):
        budget.reset()
        layers, left = yield from _layers(manifest, wants, budget, left)
        tree = applied(layers)
        more = missing(tree, wants)
        if not more:
            return contents_of(tree)
        wants = wants.with_extra(more)
    raise exceeded("its links lead from file to file")


def _layers(
    manifest: Manifest, wants: Wanted, budget: Budget, left: int
) -> Generator[BlobWanted, BlobAnswer, tuple[list[list[Change]], int]]:
    """What matters of each, the newest first; and how many bytes are left for another pass."""
    found: list[list[Change]] = []
    settled = Settled(wants)
    for blob in reversed(manifest.layers):
        left -= blob.size
        if left < 0:
            raise ImageError("base-too-large", "its layers are larger than base_up_to")
        sink = LayerSink(blob.digest, blob.size, wants, budget)
        answer = yield BlobWanted(blob.digest, blob.size, sink=sink)
        if isinstance(answer, Reason) and sink.problem is None:
            raise ImageError(answer.code, answer.what)
        found.append(sink.end())
        settled.see(found[-1])
        if settled.is_everything:
            break
    return found, left


def applied(newest_first: list[list[Change]]) -> Tree:
    """The layers upon each other."""
    tree = Tree()
    for changes in reversed(newest_first):
        tree.apply(changes)
    return tree
