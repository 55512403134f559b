"""What an image is made of, read from `docker save`, so that two images can be compared."""

import hashlib
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a layer, but for its times."""

    name: str
    kind: bytes
    mode: int
    owner: tuple[int, int]
    link: str
    sha256: str


Layer = tuple[Member, ...]


def read_layers(archive: Path) -> list[Layer]:
    """The layers of the one image in `archive`, lowest first; each sorted by name."""
    with tarfile.open(archive) as tar:
        (manifest,) = json.load(_open(tar, "manifest.json"))
        return [_read_layer(_open(tar, name)) for name in manifest["Layers"]]


def _read_layer(stream: IO[bytes]) -> Layer:
    with tarfile.open(fileobj=stream) as layer:
        members = (_read_member(layer, info) for info in layer.getmembers())
        return tuple(sorted(members, key=lambda member: member.name))


def _read_member(layer: tarfile.TarFile, info: tarfile.TarInfo) -> Member:
    content = _open(layer, info.name).read() if info.isfile() else b""
    digest = hashlib.sha256(content).hexdigest()
    return Member(info.name, info.type, info.mode & 0o7777, (info.uid, info.gid), info.linkname, digest)


def _open(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    stream = tar.extractfile(name)
    if stream is None:
        raise FileNotFoundError(f"{name} is not a file")
    return stream
