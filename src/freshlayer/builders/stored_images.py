"""An image that a builder has on this machine: its configuration, and its files without running any of it.

``buildah from`` runs the ONBUILD triggers of an image, so buildah and podman save the image to a pipe.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from freshlayer.builders import engines
from freshlayer.builders.image_store import ImageStore
from freshlayer.builders.local_images import inspected
from freshlayer.children import DOCKER_SAVE
from freshlayer.docker_client import config as docker_config
from freshlayer.files.bounded_read import read_file
from freshlayer.model.age import stated_day

if TYPE_CHECKING:
    from freshlayer.builders.docker_containers import Files

_UNIX = "unix://"
_LARGEST = 4 * 1024 * 1024
_BUILDAH, _DOCKER = "buildah", "docker"

Document = Mapping[str, object]


class StoredImage(Struct, frozen=True):
    """``id``: ``sha256:…``. ``config``: what a container of it gets; None where not all of it is known.

    ``created``: the day on which the image states that it was made; empty where it states none.
    """

    id: str
    architecture: str
    os: str
    config: Document | None
    created: str = ""


def stored_image(store: ImageStore, names: Sequence[str], platform: str) -> StoredImage | None:
    """The first of the names that is here, for the platform."""
    documents = (document for name in names for document in inspected(store, name))
    found = (_image(store, document) for document in documents if _is_for(document, platform))
    return next((image for image in found if image is not None), None)


@contextlib.contextmanager
def container_files(
    store: ImageStore, image: StoredImage
) -> Iterator[Callable[[Sequence[str]], Files] | None]:
    """Paths → their files, out of a container; None where the engine has to save the image.

    Raises BuilderError, OSError.
    """
    path = _socket(store)
    if not path:
        yield None
        return
    from freshlayer.builders import docker_containers  # noqa: PLC0415 - once for each image

    with docker_containers.container(path, image.id) as made:
        yield lambda wanted: docker_containers.files(path, made, wanted)


def saved(store: ImageStore, image: StoredImage) -> AbstractContextManager[Iterable[bytes]]:
    """The image as ``docker save`` writes it. Raises BuilderError."""
    from freshlayer.builders.run.captured import streamed  # noqa: PLC0415 - most runs start no program

    name = image.id.removeprefix("sha256:")
    words = {
        _BUILDAH: ["push", "--quiet", name, "docker-archive:/dev/stdout"],
        _DOCKER: ["image", "save", image.id],
    }.get(_kind(store), ["save", "--quiet", "--format", "docker-archive", name])
    return streamed([*store.program, *words], store.environment, child=DOCKER_SAVE)


def _kind(store: ImageStore) -> str:
    return os.path.basename(store.program[0])


def _socket(store: ImageStore) -> str:
    """Flags of docker's own may lead to another daemon."""
    host = docker_config.host(store.environment)
    local = _kind(store) == _DOCKER and len(store.program) == 1 and host.startswith(_UNIX)
    return host.removeprefix(_UNIX) if local else ""


def _image(store: ImageStore, document: Document) -> StoredImage | None:
    name, architecture, system = (document.get(key) for key in ("Id", "Architecture", "Os"))
    if not isinstance(name, str) or not isinstance(architecture, str) or not isinstance(system, str):
        return None
    digest = name if name.startswith("sha256:") else f"sha256:{name}"
    shown = document.get("Config") if _kind(store) == _DOCKER else _of_storage(store, digest)
    config = shown if isinstance(shown, dict) else None
    return StoredImage(digest, architecture, system, config, stated_day(document.get("Created")))


def _of_storage(store: ImageStore, digest: str) -> object:
    """The configuration as podman and buildah keep it: podman shows neither ONBUILD nor SHELL."""
    import base64  # noqa: PLC0415 - of podman and buildah alone
    import hashlib  # noqa: PLC0415 - the same
    import json  # noqa: PLC0415 - the same

    key = base64.b64encode(digest.encode()).decode()
    for path in Path(engines.of_containers(store.environment)).glob("*-images"):
        with contextlib.suppress(OSError, ValueError, RecursionError):
            content = read_file(path / digest.removeprefix("sha256:") / f"={key}", _LARGEST)
            if f"sha256:{hashlib.sha256(content).hexdigest()}" == digest:
                document: object = json.loads(content)
                return document.get("config", {}) if isinstance(document, dict) else None
    return None


def _is_for(document: Document, platform: str) -> bool:
    """Whether an image is for a platform; a variant counts where both have one that is not the usual."""
    system, architecture, variant = (*platform.split("/"), "", "")[:3]
    own = str(document.get("Variant") or "")
    usual = {"arm64": "v8", "arm": "v7", "amd64": "v1"}.get(architecture, "")
    same = (own or usual) == (variant or usual)
    return document.get("Os") == system and document.get("Architecture") == architecture and same
