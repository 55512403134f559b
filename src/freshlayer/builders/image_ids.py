"""Which image a tag means now: by one request to the daemon's socket, or out of the storage's own list."""

from __future__ import annotations

from pathlib import Path

import msgspec

from freshlayer.builders.daemon_request import exchange
from freshlayer.files.bounded_read import read_file

_SECONDS = 5.0
_LARGEST = 16 * 1024 * 1024
_LONGEST_NAME = 256


def of_daemon(engine: str, tag: str) -> str:
    """Empty where there is no such image, or the daemon is not behind a socket of this machine."""
    if not engine.startswith("unix://") or not _is_name(tag):
        return ""
    answer = _answer(engine.removeprefix("unix://"), f"/images/{tag}/json")
    head, _, body = answer.partition(b"\r\n\r\n")
    return _text(_json(body), "Id") if b" 200 " in head[:20] else ""


def _is_name(tag: str) -> bool:
    """Whether it can be a part of a request as it is."""
    known = tag.isascii() and all(it.isalnum() or it in "._:/-" for it in tag)
    return known and 0 < len(tag) <= _LONGEST_NAME and tag[0].isalnum()


def of_storage(engine: str, tag: str) -> str:
    """The same of buildah and podman, which list their images in a file."""
    wanted = _as_podman_names(tag)
    for path in sorted(Path(engine).glob("*-images/images.json")):
        try:
            listed = _json(read_file(path, _LARGEST))
        except OSError:
            continue
        for image in listed if isinstance(listed, list) else ():
            names = image.get("names") if isinstance(image, dict) else None
            if isinstance(names, list) and wanted in names:
                return _text(image, "id")
    return ""


def _answer(path: str, target: str) -> bytes:
    try:
        return exchange(path, f"GET {target}", _LARGEST, _SECONDS)
    except OSError:
        return b""


def _json(content: bytes) -> object:
    try:
        return msgspec.json.decode(content)
    except (ValueError, RecursionError):
        return None


def _text(document: object, name: str) -> str:
    value = document.get(name) if isinstance(document, dict) else None
    return value if isinstance(value, str) else ""


def _as_podman_names(tag: str) -> str:
    """``app`` → ``localhost/app:latest``."""
    first, slash, _ = tag.partition("/")
    named = (
        tag if slash and (first == "localhost" or not {".", ":"}.isdisjoint(first)) else f"localhost/{tag}"
    )
    return named if ":" in named.rpartition("/")[2] else f"{named}:latest"
