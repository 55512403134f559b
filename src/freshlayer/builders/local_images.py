"""The images that a builder has on this machine: what their tags led to when they were pulled."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from freshlayer.builders import docker_api
from freshlayer.builders.image_store import ImageStore, LocalImage, name_of
from freshlayer.errors import BuilderError, ReferenceInvalidError
from freshlayer.lazy_regex import compiled
from freshlayer.reference import Reference, parse

if TYPE_CHECKING:
    import subprocess

_SCHEME = "docker-image://"
_SECONDS = 30.0
_BUILDAH = "buildah"
_DOCKER = "docker"
_HUB = "docker.io/"
_PULLED = compiled(r"pulled from \S+@sha256:([0-9a-f]{64})")

Document = Mapping[str, object]


def local_images(store: ImageStore, references: Sequence[Reference]) -> dict[Reference, LocalImage]:
    """Those of the references that are here.

    Docker's own store gives no digest to what was only built or tagged here, and podman and buildah name that
    ``localhost/…``. Else podman, buildah and containerd's store give every image a digest.
    """
    if not references:
        return {}
    tagged = list(_tagged(store, references))
    found = {reference: _image(tagged, reference) for reference in references}
    return {reference: image for reference, image in found.items() if image is not None}


def holds(store: ImageStore, reference: Reference, digests: Iterable[str]) -> bool:
    """Whether an image is here by one of these digests: in the store, or in BuildKit's cache."""
    wanted = set(digests)
    if os.path.basename(store.program[0]) == _BUILDAH:
        return any(str(it.get("digest", "")).removeprefix("sha256:") in wanted for it in _buildah(store))
    repository = _repository(reference)
    if _inspected(store, [f"{repository}@sha256:{digest}" for digest in sorted(wanted)]):
        return True
    cached = docker_api.build_cache(store.program, store.environment) if _is_docker(store) else ()
    return any(match[1] in wanted for text in cached for match in _PULLED.finditer(text))


def _image(tagged: Sequence[tuple[Reference, Document]], reference: Reference) -> LocalImage | None:
    """Containerd's store and podman's name an image by its manifest whether it was ever elsewhere or not."""
    if any(tag.text == _here_alone(reference) for tag, _ in tagged):
        return LocalImage()
    document = next((document for tag, document in tagged if tag.text == reference.text), None)
    if document is None:
        return None
    digests = _digests(document, reference)
    own = {str(document.get(name, "")).removeprefix("sha256:") for name in ("Id", "Digest")}
    return LocalImage(digests, from_registry=bool(digests) and digests.isdisjoint(own))


def names_of(store: ImageStore, reference: Reference) -> tuple[str, ...]:
    """Under which a store may have an image by its tag: the first is of one that was made here."""
    local = "" if _is_docker(store) else _here_alone(reference).removeprefix(_SCHEME)
    return (local, name_of(reference)) if local else (name_of(reference),)


def _here_alone(reference: Reference) -> str:
    """What podman and buildah call an image that was built here, if its name has no registry."""
    short = name_of(reference)
    if short.startswith(_HUB):
        short = short.removeprefix(_HUB).removeprefix("library/")
    return f"{_SCHEME}localhost/{short}" if short != name_of(reference) else ""


def _tagged(store: ImageStore, references: Sequence[Reference]) -> Iterator[tuple[Reference, Document]]:
    """Every tag of the images that are here."""
    if os.path.basename(store.program[0]) == _BUILDAH:
        for item in _buildah(store):
            digest = str(item.get("digest", ""))
            for tag in _parsed(item.get("names")):
                yield tag, {"Digest": digest, "RepoDigests": [f"{_repository(tag)}@{digest}"]}
        return
    names = [name_of(reference) for reference in references]
    if not _is_docker(store):
        names += [name.removeprefix(_SCHEME) for name in map(_here_alone, references) if name]
    for document in _inspected(store, names):
        yield from ((tag, document) for tag in _parsed(document.get("RepoTags")))


def _is_docker(store: ImageStore) -> bool:
    return os.path.basename(store.program[0]) == _DOCKER


def inspected(store: ImageStore, name: str) -> list[Document]:
    """What is shown of an image by its name, its digest or its id: ``Id``, ``Os``, ``Created``, …"""
    if os.path.basename(store.program[0]) != _BUILDAH:
        return _inspected(store, [name])
    shown_ = _documents(_run(store, ["inspect", "--type", "image", name]))
    return [{**_as_docker(item.get("OCIv1")), "Id": item.get("FromImageID")} for item in shown_]


def _as_docker(config: object) -> dict[str, object]:
    fields = config if isinstance(config, Mapping) else {}
    return {name: fields.get(name.lower()) for name in ("Os", "Architecture", "Variant", "Created")}


def _inspected(store: ImageStore, names: Sequence[str]) -> list[Document]:
    if _is_docker(store):
        found = docker_api.images(store.program, store.environment, names)
        if found is not None:
            return found
    return _documents(_run(store, ["image", "inspect", *names]))


def _buildah(store: ImageStore) -> list[Document]:
    """All images: to inspect one takes buildah as long."""
    return _documents(_run(store, ["images", "--json"]))


def _documents(done: subprocess.CompletedProcess[bytes] | None) -> list[Document]:
    """What was inspected. Where an image is not here, the exit code shows it, and the others are there."""
    try:
        printed = msgspec.json.decode(done.stdout) if done else []
    except (ValueError, RecursionError):
        return []
    listed = printed if isinstance(printed, list) else [printed]
    return [item for item in listed if isinstance(item, dict)]


def _run(store: ImageStore, words: list[str]) -> subprocess.CompletedProcess[bytes] | None:
    try:
        from freshlayer.builders.run.captured import captured  # noqa: PLC0415 - most runs start no program

        return captured([*store.program, *words], store.environment, seconds=_SECONDS)
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
