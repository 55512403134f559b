"""What an image is, in one form whoever built it: read from an archive as `docker save` writes it."""

from __future__ import annotations

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
    document = _document(archive)
    return Image(
        configuration=_settled(document.get("config")),
        container=_settled(document.get("container_config")),
        history=tuple(map(_line, document["history"])),
        layers=tuple(read_layers(archive)),
    )


def _document(archive: Path) -> Mapping[str, Any]:
    with tarfile.open(archive) as tar:
        (manifest,) = _load(tar, "manifest.json")
        document: Mapping[str, Any] = _load(tar, manifest["Config"])
        return document


def _load(tar: tarfile.TarFile, name: str) -> Any:
    stream = tar.extractfile(name)
    if stream is None:
        raise FileNotFoundError(f"{name} is no file")
    return json.load(stream)


def _settled(configuration: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (configuration or {}).items() if name not in ACCIDENTS}


def _line(entry: Mapping[str, Any]) -> HistoryLine:
    comment = IDENTIFIER.sub("…", entry.get("comment", ""))
    return HistoryLine(entry.get("created_by", ""), comment, entry.get("empty_layer", False))
