"""Layers of images, made by hand: what a build would not make, and what only an attacker would."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import zstandard


@dataclass(frozen=True, slots=True)
class Member:
    """An entry of a tar, in full."""

    name: str
    kind: bytes = tarfile.REGTYPE
    content: bytes = b""
    target: str = ""
    pax: Mapping[str, str] = field(default_factory=dict)


def file(name: str, content: str | bytes = "") -> Member:
    """A regular file."""
    return Member(name, content=content.encode() if isinstance(content, str) else content)


def directory(name: str) -> Member:
    """A directory."""
    return Member(name, tarfile.DIRTYPE)


def link(name: str, target: str) -> Member:
    """A symbolic link."""
    return Member(name, tarfile.SYMTYPE, target=target)


def hard_link(name: str, target: str) -> Member:
    """Another name of a file."""
    return Member(name, tarfile.LNKTYPE, target=target)


def whiteout(path: str) -> Member:
    """What removes a path of the layers below."""
    above, slash, name = path.rpartition("/")
    return file(f"{above}{slash}.wh.{name}")


def opaque(path: str) -> Member:
    """What removes all that the layers below have in a directory."""
    return file(f"{path}/.wh..wh..opq")


def layer(members: Iterable[Member], format: int = tarfile.PAX_FORMAT) -> bytes:  # noqa: A002 - tarfile's word
    """An uncompressed layer."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=format) as tar:
        for member in members:
            info = tarfile.TarInfo(member.name)
            info.type, info.linkname, info.pax_headers = member.kind, member.target, dict(member.pax)
            info.mode = 0o755 if member.kind == tarfile.DIRTYPE else 0o644
            info.size = len(member.content)
            tar.addfile(info, io.BytesIO(member.content))
    return written.getvalue()


def gzipped(content: bytes) -> bytes:
    """The same bytes every time."""
    return gzip.compress(content, 6, mtime=0)


def zstd(content: bytes) -> bytes:
    """One frame."""
    return zstandard.ZstdCompressor().compress(content)
