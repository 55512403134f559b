"""An image against the lock file: which instructions have the keys of the locked inputs in its provenance."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from freshlayer.builders.build_history import built_image
from freshlayer.errors import FreshlayerError
from freshlayer.evidence.images import index_in, value_of, with_algorithm
from freshlayer.lock.descriptors import digest_of
from freshlayer.lock.image_layout import open_layout
from freshlayer.lock.image_provenance import ImageProofs, PlatformImage, read_image
from freshlayer.lock.provenance import Provenance, joined, read_provenance
from freshlayer.model.image_proof import ImageProof, Proof, ProvenInstruction
from freshlayer.model.lock import Lock, LockUser
from freshlayer.model.reasons import Reason
from freshlayer.probe import probe
from freshlayer.probe.images.blobs import read_all
from freshlayer.reference import Reference, parse, shown
from freshlayer.workflows.lock import observe
from freshlayer.workflows.lock_targets import LockTarget
from freshlayer.workflows.platforms import default_platform
from freshlayer.workflows.session import Session

OF_ENGINE = "docker-daemon:"
"""Begins the name of an image that docker has, as other tools write it."""

_SCHEME = "docker-image://"
_FILES = ("http://", "https://")
_NO_PROVENANCE = (
    "it has no provenance with the parameters of its build (build with --provenance mode=max and --push, "
    "or save the image with a builder that keeps it)"
)


def keyed(targets: Sequence[LockTarget], session: Session) -> Iterator[tuple[LockUser, int, str]]:
    """Each instruction that has a key, its line, and the key that the locked inputs give. No request is sent.

    Raises UnknownInputError.
    """
    for it in observe(targets, session, lambda _: False):
        for instruction in it.report.instructions:
            if instruction.key:
                user = LockUser(it.described.path, instruction.stage, instruction.instruction)
                yield user, instruction.line, instruction.key


def image_of(text: str, session: Session) -> ImageProofs:
    """One of docker's where the name begins with ``docker-daemon:``, one on disk where there is such a path.

    Else one of a registry. Raises FreshlayerError.
    """
    if text.startswith(OF_ENGINE):
        return _of_engine(text.removeprefix(OF_ENGINE))
    path = Path(text)
    if path.exists():
        return _on_disk(path)
    reference = parse(f"{_SCHEME}{text.removeprefix(_SCHEME)}")
    digest = reference.pinned or _digest(reference, session)
    found = read_all({reference: read_image(digest)}, session.limits, session.keyring)[reference]
    if isinstance(found, Reason):
        raise FreshlayerError(f"{shown(text)}: can't be read: {found}")
    return found


def _of_engine(name: str) -> ImageProofs:
    """With the provenance that docker keeps of its build."""
    built = built_image(name, os.environ)
    read = [it for it in map(read_provenance, built.statements) if it is not None]
    return ImageProofs(
        built.digest, "", 0, (PlatformImage(built.digest, "", joined(read) if read else None),)
    )


def _on_disk(path: Path) -> ImageProofs:
    with open_layout(path) as layout:
        images = list(layout.images())
        if len(images) != 1:
            raise FreshlayerError(f"{path}: has {len(images)} images (save one alone)")
        found = layout.run(read_image(images[0]))
    if isinstance(found, Reason):
        raise FreshlayerError(f"{path}: can't be read: {found}")
    return found


def _digest(reference: Reference, session: Session) -> str:
    """What a tag names now: an index, or a manifest."""
    seen = probe(
        [reference],
        {},
        session.limits,
        session.progress,
        keyring=session.keyring,
        platforms=(default_platform(),),
    )[reference]
    index, _ = index_in(seen.evidence)
    digest = with_algorithm(index or value_of(seen.evidence, "manifest"))
    if not digest:
        raise FreshlayerError(f"{reference.text.removeprefix(_SCHEME)}: can't be read: {seen.reason}")
    return digest


def provenance_of(image: ImageProofs) -> Provenance:
    """That of all its platforms."""
    return joined(it.provenance for it in image.images if it.provenance is not None)


def compared(
    text: str, image: ImageProofs, instructions: Sequence[tuple[LockUser, int, str]], lock: Lock
) -> ImageProof:
    """What an image proves."""
    provenance = provenance_of(image)
    found = tuple(
        ProvenInstruction(user, line, key, _proof(key, provenance)) for user, line, key in instructions
    )
    unknown = any(it.proof is Proof.UNKNOWN for it in found)
    others = tuple(_other_bytes(lock, provenance))
    return ImageProof(text, image.digest, found, _NO_PROVENANCE if unknown else "", others)


def _other_bytes(lock: Lock, provenance: Provenance) -> Iterator[str]:
    """BuildKit states the digest of what an ADD received, and of what a RUN did behind its build proxy."""
    received: dict[str, set[str]] = {}
    for material in provenance.materials:
        received.setdefault(material.uri, set()).add(material.sha256)
    for item in lock.inputs:
        locked = digest_of(item).get("sha256", "")
        if (
            item.reference.startswith(_FILES)
            and locked
            and received.get(item.reference, {locked}) != {locked}
        ):
            yield item.reference


def _proof(key: str, provenance: Provenance) -> Proof:
    if key in provenance.keys:
        return Proof.PROVEN
    return Proof.DIFFERENT if provenance.complete else Proof.UNKNOWN
