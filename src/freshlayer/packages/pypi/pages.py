"""The page of a project on a package index, as JSON (PEP 691, PEP 700) or HTML (PEP 503)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import BinaryIO
from urllib.parse import unquote

import msgspec
from msgspec import Struct, field

from freshlayer.lazy_regex import compiled
from freshlayer.packages.published import published

_LARGEST = 96 << 20
_START = compiled(r"(?i)<a(?=\s)")
_ATTRIBUTES = compiled(r"""(?:[^>"']|"[^"]*"|'[^']*')*>""")
_LONGEST_ANCHOR = 8000
_LONGEST_NAME = 400
_ATTRIBUTE = compiled(r"(?is)([\w-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'))?")
_SHA256 = compiled(r"[#&]sha256=([0-9a-f]{64})")
_DIGEST = compiled(r"[0-9a-f]{64}")
_LONGEST_URL = 2000
UNHASHED = "unhashed"
FILES = "files"
"""The one key of a page."""


class IndexedFile(Struct, frozen=True, array_like=True):
    """A file of a project. ``sha256`` is empty where the index states none. ``python``: Requires-Python.

    ``url``: as the page states it, relative to the page. ``metadata``: the SHA-256 of the file with its
    metadata beside it (PEP 658, PEP 714); ``UNHASHED`` where no hash is stated, empty without such a file.
    """

    name: str
    sha256: str = ""
    python: str = ""
    yanked: bool = False
    url: str = ""
    metadata: str = ""


class _Listed(Struct):
    filename: str
    hashes: dict[str, str] = field(default_factory=dict)
    python: str | None = field(default=None, name="requires-python")
    yanked: bool | str = False
    url: str = ""
    uploaded: str = field(default="", name="upload-time")
    core: object = field(default=None, name="core-metadata")
    dist_info: object = field(default=None, name="data-dist-info-metadata")


class _Page(Struct):
    files: list[_Listed]


def read_page(content: BinaryIO, until: int = 0) -> Iterator[tuple[str, bytes]]:
    """The entries of a page. Raises ValueError for what is neither form.

    ``until``: as in ``PackageChain``; then for a page that does not state when its files were uploaded, too.
    """
    body = content.read(_LARGEST + 1)
    if len(body) > _LARGEST:
        raise ValueError("the page is too large")
    if body.lstrip()[:1] == b"{":
        found = _of_json(body, until)
    elif until:
        raise ValueError("an index in HTML states no times of upload")
    else:
        found = _of_html(body.decode("utf-8", "replace"))
    yield FILES, msgspec.msgpack.encode(found)


def files_of(value: bytes) -> list[IndexedFile]:
    """The files of an entry."""
    return msgspec.msgpack.decode(value, type=list[IndexedFile])


def _of_json(body: bytes, until: int) -> list[IndexedFile]:
    try:
        page = msgspec.json.decode(body, type=_Page)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from None
    return [
        IndexedFile(
            it.filename,
            _digest(it),
            it.python or "",
            it.yanked is not False,
            it.url[:_LONGEST_URL],
            _metadata(it.dist_info if it.core is None else it.core),
        )
        for it in page.files
        if not until or published(it.uploaded) <= until
    ]


def _metadata(stated: object) -> str:
    """``true``, or a table of hashes; as an attribute of HTML, ``true`` or ``sha256=…``."""
    if isinstance(stated, dict):
        digest = str(stated.get("sha256", "")).lower()
        return digest if _DIGEST.fullmatch(digest) else UNHASHED
    if isinstance(stated, str):
        digest = stated.removeprefix("sha256=").lower()
        return digest if _DIGEST.fullmatch(digest) else UNHASHED
    return UNHASHED if stated is True else ""


def _digest(listed: _Listed) -> str:
    stated = listed.hashes.get("sha256", "").lower()
    return stated if _DIGEST.fullmatch(stated) else ""


def _of_html(text: str) -> list[IndexedFile]:
    if "<" not in text:
        raise ValueError("not a page of an index")
    return [_of_anchor(attributes, name) for attributes, name in _anchors(text)]


def _anchors(text: str) -> Iterator[tuple[str, str]]:
    """Attributes and text of each link. What is searched is cut off, so that the time is that of the size."""
    for part in _START.split(text)[1:]:
        piece = part[:_LONGEST_ANCHOR]
        attributes = _ATTRIBUTES.match(piece)
        if attributes is None:
            continue
        name, _, end = piece[attributes.end() :].partition("<")
        if 0 < len(name.strip()) <= _LONGEST_NAME and end[:2].lower() == "/a":
            yield attributes[0][:-1], name


def _of_anchor(attributes: str, name: str) -> IndexedFile:
    known = {
        key.lower(): unescape(double or single) for key, double, single in _ATTRIBUTE.findall(attributes)
    }
    url = known.get("href", "")
    stated = _SHA256.search(url)
    beside = known.get("data-core-metadata", known.get("data-dist-info-metadata"))
    written = unquote(unescape(name))
    return IndexedFile(
        re.sub(r"\s", "", written),
        stated[1] if stated else "",
        known.get("data-requires-python", ""),
        "data-yanked" in known,
        url.partition("#")[0][:_LONGEST_URL],
        _metadata(beside),
    )
