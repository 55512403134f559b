"""The small files of a repository that name the large ones: metalink, mirrorlist, repomd.xml."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO
from xml.etree import ElementTree as ET

import msgspec
from msgspec import Struct

from freshlayer.model.packages import Entries
from freshlayer.packages.base import DATED
from freshlayer.packages.rpm.xml import elements

MOST_MIRRORS = 8
"""Mirrors that are tried: the list is in the order of preference."""

LARGEST_MANIFEST = 8 << 20
_COMPRESSIONS = {".gz": "gz", ".xz": "xz", ".zst": "zst", ".bz2": "bz2", ".xml": "", ".yaml": "", ".yml": ""}
_REPOMD = "repodata/repomd.xml"


class Part(Struct, frozen=True):
    """A file that repomd.xml names. ``open_sha256``: of the decompressed file."""

    location: str
    base: str = ""
    sha256: str = ""
    open_sha256: str = ""
    size: int = 0

    @property
    def compression(self) -> str | None:
        """As ``IndexFile.compression``; None for one that is not known."""
        return next((name for end, name in _COMPRESSIONS.items() if self.location.endswith(end)), None)


class Mirrors(Struct, frozen=True):
    """Where a repository is. ``sha256``: what repomd.xml may be, where the metalink states it."""

    urls: tuple[str, ...]
    sha256: tuple[str, ...] = ()


Parts = dict[str, Part]
_PARTS = msgspec.json.Decoder(Parts)
_MIRRORS = msgspec.json.Decoder(Mirrors)


def repomd(content: BinaryIO) -> Entries:
    """The files that a repomd.xml names, by type, and the time of the newest of them."""
    found: Parts = {}
    dated = 0
    for data in elements(content, "data"):
        part = _part(data)
        dated = max(dated, _dated(data))
        if part.location and len(found) < 64:
            found.setdefault(data.get("type", ""), part)
    if "primary" not in found:
        raise ValueError("it names no primary index")
    yield "parts", msgspec.json.encode(found)
    yield DATED, str(dated).encode()


def _part(data: ET.Element) -> Part:
    children = {child.tag.rpartition("}")[2]: child for child in data}
    location = children.get("location")
    attributes = location.attrib if location is not None else {}
    size = (children["size"].text or "") if "size" in children else ""
    return Part(
        attributes.get("href", ""),
        next((value for name, value in attributes.items() if name.endswith("}base")), ""),
        _sha256(children.get("checksum")),
        _sha256(children.get("open-checksum")),
        int(size) if size.isdecimal() and len(size) < 12 else 0,
    )


def _dated(data: ET.Element) -> int:
    """Seconds since 1970; createrepo may write a fraction."""
    stated = next((child.text or "" for child in data if child.tag.endswith("}timestamp")), "")
    whole = stated.strip().partition(".")[0]
    return int(whole) if whole.isascii() and whole.isdecimal() and len(whole) < 12 else 0


def _sha256(element: ET.Element | None) -> str:
    """The SHA-256 that an element states, in hexadecimal; else empty."""
    if element is None or element.get("type") != "sha256":
        return ""
    text = (element.text or "").strip().lower()
    return text if len(text) == 64 and set(text) <= set("0123456789abcdef") else ""


def metalink(content: BinaryIO) -> Entries:
    """The mirrors of a metalink, the preferred ones first, and the hashes of repomd.xml."""
    urls: list[tuple[int, str]] = []
    hashes: list[str] = []
    for one in elements(content, "url", "hash"):
        text = (one.text or "").strip()
        if one.tag == "hash" and one.get("type") == "sha256":
            hashes.append(text.lower())
        elif one.tag == "url" and text.endswith(_REPOMD):
            preference = one.get("preference", "0")
            urls.append((int(preference) if preference.isdecimal() else 0, text.removesuffix(_REPOMD)))
    if not urls:
        raise ValueError("it names no mirror")
    ordered = [url for _, url in sorted(urls, key=lambda pair: -pair[0])]
    yield "mirrors", msgspec.json.encode(Mirrors(_usable(ordered), tuple(hashes[:8])))


def mirrorlist(content: BinaryIO) -> Entries:
    """The mirrors of a list, one URL a line; the answer may be a metalink, too."""
    head = content.read(64)
    content.seek(0)
    if head.lstrip().startswith(b"<"):
        yield from metalink(content)
        return
    text = content.read(LARGEST_MANIFEST).decode("utf-8", "replace")
    lines = (line.strip() for line in text.splitlines())
    urls = _usable([line for line in lines if line and not line.startswith("#")])
    if not urls:
        raise ValueError("it names no mirror")
    yield "mirrors", msgspec.json.encode(Mirrors(urls))


def _usable(urls: list[str]) -> tuple[str, ...]:
    """The first few that may be requested, https before http where both are given."""
    remote = [url for url in urls if is_remote(url)]
    return tuple(dict.fromkeys(remote))[:MOST_MIRRORS]


def is_remote(url: str) -> bool:
    """Whether a URL may be requested: never a file of this machine."""
    plain = url.isascii() and url.isprintable() and " " not in url
    return plain and url.lower().startswith(("http://", "https://", "ftp://"))


def parts_of(value: bytes | None) -> Parts:
    """What ``repomd`` gave."""
    return _PARTS.decode(value) if value else {}


def mirrors_of(value: bytes | None) -> Mirrors:
    """What ``metalink`` and ``mirrorlist`` gave."""
    return _MIRRORS.decode(value) if value else Mirrors(())


def joined(bases: tuple[str, ...], location: str) -> Iterator[str]:
    """A location in each of the repositories. One that leaves its repository gives nothing."""
    parts = location.split("/")
    if ".." in parts or "://" in location or location.startswith("/") or not location.isprintable():
        return
    for base in bases:
        plain, _, query = base.partition("?")
        yield f"{plain.rstrip('/')}/{location}" + (f"?{query}" if query else "")
