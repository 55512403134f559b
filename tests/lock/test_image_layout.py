"""An image on disk: what is attached to it, and archives that nobody should have written."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from freshlayer.errors import FreshlayerError
from freshlayer.lock.image_layout import open_layout
from freshlayer.lock.image_provenance import ImageProofs, read_image
from freshlayer.model.reasons import Reason
from tests.lock.test_provenance import NEW, READ

IMAGES = "application/vnd.oci.image."
Blobs = dict[str, bytes]


def put(blobs: Blobs, document: object) -> dict[str, Any]:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    digest = hashlib.sha256(body).hexdigest()
    blobs[digest] = body
    return {"digest": f"sha256:{digest}", "size": len(body)}


def attested(statement: object = NEW) -> tuple[Blobs, str]:
    """An index with an image and its provenance; and its digest."""
    blobs: Blobs = {}
    config = put(blobs, {"os": "linux"})
    image = put(blobs, {"mediaType": f"{IMAGES}manifest.v1+json", "config": config, "layers": []})
    layer = put(blobs, {"_type": "https://in-toto.io/Statement/v1", "predicate": statement})
    notes = {"in-toto.io/predicate-type": "https://slsa.dev/provenance/v1"}
    proof = put(blobs, {"config": config, "layers": [{**layer, "annotations": notes}]})
    about = {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": image["digest"],
    }
    manifests = [
        {**image, "platform": {"os": "linux", "architecture": "arm", "variant": "v7"}},
        {**proof, "platform": {"os": "unknown", "architecture": "unknown"}, "annotations": about},
    ]
    index = put(blobs, {"mediaType": f"{IMAGES}index.v1+json", "manifests": manifests})
    return blobs, str(index["digest"])


def files(blobs: Blobs, digest: str) -> dict[str, bytes]:
    index = {"manifests": [{"digest": digest, "annotations": {"io.containerd.image.name": "app:1"}}]}
    named = {f"blobs/sha256/{name}": body for name, body in blobs.items()}
    return {"oci-layout": b"{}", "index.json": json.dumps(index).encode(), **named}


def as_directory(path: Path, content: Mapping[str, bytes]) -> Path:
    for name, body in content.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(body)
    return path


def as_tar(path: Path, content: Mapping[str, bytes], mode: str = "w:") -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, body in content.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))
    return path


def read(path: Path, digest: str) -> ImageProofs | Reason:
    with open_layout(path) as layout:
        assert layout.images() == {digest: "app:1"}
        return layout.run(read_image(digest))


def test_a_directory_and_a_tar_say_the_same(tmp_path: Path) -> None:
    blobs, digest = attested()
    content = files(blobs, digest)
    found = read(as_directory(tmp_path / "layout", content), digest)
    assert isinstance(found, ImageProofs)
    (image,) = found.images
    assert (image.platform, image.provenance) == ("linux/arm/v7", READ)
    assert found.digest == digest
    assert found.size == len(blobs[digest.removeprefix("sha256:")])
    assert read(as_tar(tmp_path / "image.tar", content), digest) == found
    dotted = {f"./{name}": body for name, body in content.items()}
    assert read(as_tar(tmp_path / "dotted.tar", dotted), digest) == found


def test_a_part_that_is_changed_or_missing_is_noticed(tmp_path: Path) -> None:
    blobs, digest = attested()
    for number, name in enumerate(list(blobs)):
        if name in digest or b"predicate" in blobs[name]:
            content = files({**blobs, name: blobs[name] + b" "}, digest)
            found = read(as_directory(tmp_path / f"{number}", content), digest)
            assert isinstance(found, Reason)
            assert found.code == "image-unreadable"
            content.pop(f"blobs/sha256/{name}")
            assert isinstance(read(as_tar(tmp_path / f"{number}.tar", content), digest), Reason)


def test_an_image_without_provenance_has_none(tmp_path: Path) -> None:
    blobs: Blobs = {}
    config = put(blobs, {"os": "linux"})
    image = put(blobs, {"mediaType": f"{IMAGES}manifest.v1+json", "config": config, "layers": []})
    digest = str(image["digest"])
    found = read(as_directory(tmp_path, files(blobs, digest)), digest)
    assert isinstance(found, ImageProofs)
    assert [(it.digest, it.provenance, it.config) for it in found.images] == [
        (digest, None, config["digest"])
    ]


@pytest.mark.parametrize("mode", ["w:gz", "w:xz"])
def test_an_archive_that_unpacks_to_more_is_refused(tmp_path: Path, mode: str) -> None:
    path = as_tar(tmp_path / "image.tar", files(*attested()), mode)
    with pytest.raises(FreshlayerError, match="uncompressed"), open_layout(path):
        pass


@pytest.mark.parametrize("body", [b"", b"not a tar", b"\0" * 1024, os.urandom(2048)])
def test_what_is_not_an_archive_is_an_error(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(body)
    with pytest.raises(FreshlayerError, match=r"not an image layout"), open_layout(path) as layout:
        layout.images()


def test_no_entry_of_an_archive_leads_elsewhere(tmp_path: Path) -> None:
    blobs, digest = attested()
    path = as_tar(tmp_path / "image.tar", files({}, digest))
    with tarfile.open(path, "a") as tar:
        link = tarfile.TarInfo(f"blobs/sha256/{digest.removeprefix('sha256:')}")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    assert isinstance(read(path, digest), Reason)
    assert blobs


def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "image.tar")
    with pytest.raises(FreshlayerError), open_layout(tmp_path / "image.tar"):
        pass
