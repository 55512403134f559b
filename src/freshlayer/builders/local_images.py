"""The images that a builder has on this machine: what their tags led to when they were pulled."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from freshlayer.builders import docker_api
from freshlayer.builders.run.process import captured
from freshlayer.errors import BuilderError, ReferenceInvalidError
from freshlayer.reference import Reference, parse, shown

_SCHEME = "docker-image://"
_SECONDS = 30.0
_BUILDAH = "buildah"
_DOCKER = "docker"

Document = Mapping[str, object]


class ImageStore(Protocol):
    """Docker, podman or buildah, as far as its images go."""

    @property
    def program(self) -> tuple[str, ...]:
        """The program and its own flags, before any command."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What it is started with."""

    def takes_local_images(self, named: str) -> bool:
        """As ``Builder`` has it."""


class LocalImage(Struct, frozen=True):
    """``digests``: under which it is known in its tag's repository, SHA-256 by its hexadecimal digits.

    ``platform``: ``os/arch[/variant]``. ``of_platform``: the digests are those of the platform's manifest,
    not of an index. ``from_registry``: whether it certainly came from there, or went there.
    """

    digests: frozenset[str]
    platform: str
    of_platform: bool = False
    from_registry: bool = True


def name_of(reference: Reference) -> str:
    """An image's name as every builder understands it."""
    return reference.address.removeprefix(_SCHEME)


def local_images(store: ImageStore, references: Sequence[Reference]) -> dict[Reference, LocalImage]:
    """Those of the references that are here and have a digest in their repository.

    Docker's own store gives none to what was only built or tagged here. Podman, buildah and containerd's
    store give every image one.
    """
    if os.path.basename(store.program[0]) == _BUILDAH:
        found = {reference: _in_buildah(store, reference) for reference in references}
        return {reference: image for reference, image in found.items() if image is not None}
    by_tag: dict[str, Document] = {}
    for document in _inspected(store, [name_of(reference) for reference in references]):
        by_tag |= {tag.text: document for tag in _parsed(document.get("RepoTags"))}
    here = {reference: by_tag[reference.text] for reference in references if reference.text in by_tag}
    images = {reference: _image(document, reference) for reference, document in here.items()}
    return {reference: image for reference, image in images.items() if image.digests}


def pull(store: ImageStore, reference: Reference, platform: str) -> str:
    """Pull what a tag leads to now; why that failed, empty where it did not. ``platform`` may be empty."""
    always = ["--policy", "always"] if os.path.basename(store.program[0]) == _BUILDAH else []
    wanted = ["--platform", platform] if platform else []
    done = _run(store, ["pull", "--quiet", *always, *wanted, name_of(reference)])
    if done is None:
        return "it can't be run"
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return shown(lines[-1] if lines else f"exit code {done.returncode}", 200) if done.returncode else ""


def _inspected(store: ImageStore, names: Sequence[str]) -> list[Document]:
    if os.path.basename(store.program[0]) == _DOCKER:
        found = docker_api.images(store.program, store.environment, names)
        if found is not None:
            return found
    return _documents(_run(store, ["image", "inspect", *names], _SECONDS))


def _image(document: Document, reference: Reference) -> LocalImage:
    """Containerd's store and podman's name an image by its manifest whether it was ever elsewhere or not."""
    digests = _digests(document, reference)
    own = {str(document.get(name, "")).removeprefix("sha256:") for name in ("Id", "Digest")}
    return LocalImage(digests, _platform(document), from_registry=digests.isdisjoint(own))


def _in_buildah(store: ImageStore, reference: Reference) -> LocalImage | None:
    """It shows the digest of the platform's own manifest alone."""
    found = _documents(_run(store, ["inspect", "--type", "image", name_of(reference)], _SECONDS))
    for document in found:
        digest, config = str(document.get("FromImageDigest", "")), document.get("OCIv1")
        if digest.startswith("sha256:") and isinstance(config, Mapping):
            known = frozenset({digest.removeprefix("sha256:")})
            platform = _platform(config, ("os", "architecture", "variant"))
            return LocalImage(known, platform, of_platform=True, from_registry=False)
    return None


def _documents(done: subprocess.CompletedProcess[bytes] | None) -> list[Document]:
    """What was inspected. Where an image is not here, the exit code shows it, and the others are there."""
    try:
        printed = json.loads(done.stdout) if done else []
    except (ValueError, RecursionError):
        return []
    listed = printed if isinstance(printed, list) else [printed]
    return [item for item in listed if isinstance(item, dict)]


def _run(
    store: ImageStore, words: list[str], seconds: float | None = None
) -> subprocess.CompletedProcess[bytes] | None:
    try:
        return captured([*store.program, *words], store.environment, seconds=seconds)
    except BuilderError:
        return None


def _digests(document: Document, reference: Reference) -> frozenset[str]:
    repository = _repository(reference)
    named = [item for item in _parsed(document.get("RepoDigests")) if _repository(item) == repository]
    return frozenset(item.pinned.removeprefix("sha256:") for item in named if item.pinned)


def _repository(reference: Reference) -> str:
    name = name_of(reference).partition("@")[0]
    return name if ":" not in name.rpartition("/")[2] else name.rpartition(":")[0]


def _parsed(names: object) -> Iterator[Reference]:
    for name in names if isinstance(names, Iterable) else ():
        try:
            yield parse(f"{_SCHEME}{name}")
        except ReferenceInvalidError:
            continue


def _platform(document: Document, names: Sequence[str] = ("Os", "Architecture", "Variant")) -> str:
    parts = (document.get(name) for name in names)
    return "/".join(str(part) for part in parts if part)
