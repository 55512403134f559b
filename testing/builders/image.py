"""What an image is, in one form for every builder: read from an archive as `docker save` writes it."""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testing.saved_image import Layer, read_layers

# The classic builder writes down which image and which container an instruction ran in: other ones each time.
ACCIDENTS = frozenset({"Hostname", "Image"})
# buildah does so in a comment, "FROM 3ddc2da278f7".
IDENTIFIER = re.compile(r"\b[0-9a-f]{12,64}\b")


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A line of an image's history, but for its time."""

    created_by: str
    comment: str
    is_empty: bool


@dataclass(frozen=True, slots=True)
class Image:
    """An image, but for times and identifiers.

    `configuration` is what a container of it gets (Env, Cmd, WorkingDir, …), `container` what the last one of
    its build was given, which the classic builder alone tells. `history` and `layers` start with the oldest.
    """

    configuration: Mapping[str, Any]
    container: Mapping[str, Any]
    history: tuple[HistoryLine, ...]
    layers: tuple[Layer, ...]


def read_image(archive: Path) -> Image:
    """The one image in `archive`."""
    document: Mapping[str, Any] = json.loads(_configuration(archive))
    return Image(
        configuration=_settled(document.get("config")),
        container=_settled(document.get("container_config")),
        history=tuple(map(_line, document["history"])),
        layers=tuple(read_layers(archive)),
    )


def read_id(archive: Path) -> str:
    """The digest of the configuration of the one image in `archive`."""
    return f"sha256:{hashlib.sha256(_configuration(archive)).hexdigest()}"


def _configuration(archive: Path) -> bytes:
    with tarfile.open(archive) as tar:
        (manifest,) = json.loads(_read(tar, "manifest.json"))
        return _read(tar, manifest["Config"])


def _read(tar: tarfile.TarFile, name: str) -> bytes:
    stream = tar.extractfile(name)
    if stream is None:
        raise FileNotFoundError(f"{name} is not a file")
    return stream.read()


def _settled(configuration: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (configuration or {}).items() if name not in ACCIDENTS}


def _line(entry: Mapping[str, Any]) -> HistoryLine:
    comment = IDENTIFIER.sub("…", entry.get("comment", ""))
    return HistoryLine(entry.get("created_by", ""), comment, entry.get("empty_layer", False))
