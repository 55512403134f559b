"""What a webhook states that it changed, and which references that concerns. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.model.str_enum import StrEnum
from freshlayer.reference import Reference

_ENDS = compiled(r"/|\.git")
"""Where the path of a repository may end."""
_IMAGE = "docker-image://"
_OF_GITHUB = {"raw.githubusercontent.com": "", "codeload.github.com": "", "api.github.com": "repos/"}
"""Hosts with files of repositories of github.com → what their paths have before the repository."""


class MovedKind(StrEnum):
    """What it is."""

    IMAGE = "image"
    REPOSITORY = "repository"
    OBJECT = "object"


class Moved(Struct, frozen=True):
    """``host``: lower-case, with a port where there is one; empty: any. ``path``: without slashes around it.

    ``tag``: of an image; empty: any. The path of an object is ``BUCKET/KEY``.
    """

    kind: MovedKind
    host: str
    path: str
    tag: str = ""


class Moves:
    """Any number of moves. A reference is compared with those alone that have a path of its own."""

    def __init__(self, moves: Iterable[Moved]) -> None:
        self._by_path: dict[str, dict[Moved, None]] = {}
        for moved in moves:
            paths = (
                {moved.path, moved.path.partition("/")[2]} if moved.kind is MovedKind.OBJECT else {moved.path}
            )
            for path in paths:
                self._by_path.setdefault(path, {})[moved] = None

    def concern(self, reference: Reference) -> bool:
        """Whether one of them does."""
        found = (self._by_path.get(path, ()) for path in _paths(reference))
        return any(concerns(moved, reference) for some in found for moved in some)


def _paths(reference: Reference) -> set[str]:
    """All that a move which concerns it may have as its path."""
    if reference.kind == "image":
        return {reference.text.removeprefix(_IMAGE).partition("/")[2].rpartition(":")[0]}
    host, path = _parts(reference)
    path = unquote(path)
    found = {f"{host}/{path}"}
    for start in ("", "repos/", "api/v4/projects/", "repos/api/v4/projects/"):
        if path.startswith(start):
            rest = path.removeprefix(start)
            found |= {rest, *(rest[: match.start()] for match in _ENDS.finditer(rest))}
    return found


def concerns(moved: Moved, reference: Reference) -> bool:
    """Whether a reference may be another than before."""
    if not moved.path:
        return False
    if moved.kind is MovedKind.IMAGE:
        return reference.kind == "image" and _is_image(moved, reference.text.removeprefix(_IMAGE))
    return _is_object(moved, reference) if moved.kind is MovedKind.OBJECT else _is_of(moved, reference)


def _is_image(moved: Moved, text: str) -> bool:
    """One with a digest is what it is."""
    if "@" in text:
        return False
    host, _, rest = text.partition("/")
    path, _, tag = rest.rpartition(":")
    return path == moved.path and moved.host in {"", host.lower()} and moved.tag in {"", tag}


def _is_of(moved: Moved, reference: Reference) -> bool:
    """Whether it is a repository, or a file that its host has of it."""
    host, path = _parts(reference)
    path = unquote(path)
    if moved.host == "github.com" and host in _OF_GITHUB:
        host, path = moved.host, path.removeprefix(_OF_GITHUB[host])
    path = path.removeprefix("api/v4/projects/")
    same = path == moved.path or path.startswith((f"{moved.path}/", f"{moved.path}.git"))
    return same and _without_port(moved.host) in {"", host}


def clone_urls(moved: Moved) -> tuple[str, ...]:
    """What a configuration may name it by; of anything but a repository none."""
    if moved.kind is not MovedKind.REPOSITORY or not moved.host:
        return ()
    name, path = _without_port(moved.host), moved.path
    by_http = [f"{scheme}://{moved.host}/{path}" for scheme in ("https", "http")]
    return (*by_http, f"ssh://git@{name}/{path}", f"git@{name}:{path}")


def _without_port(host: str) -> str:
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host


def _is_object(moved: Moved, reference: Reference) -> bool:
    """By its own scheme, or by a URL with the bucket in the host or in the path."""
    host, path = _parts(reference)
    if reference.kind == "s3":
        return f"{host}/{unquote(path)}" == moved.path
    bucket, _, key = moved.path.partition("/")
    in_host = host.startswith(f"{bucket}.") and unquote(path) == key
    return reference.kind == "http" and (in_host or unquote(path) == moved.path)


def _parts(reference: Reference) -> tuple[str, str]:
    """Host and path, without slashes around it."""
    try:
        parts = urlsplit(reference.text.removeprefix("git+"))
        return (parts.hostname or "").lower(), parts.path.strip("/")
    except ValueError:
        return "", ""
