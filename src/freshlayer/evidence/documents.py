"""Documents of which only a part counts: what they list is read, and what always changes is left out."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

from freshlayer.lazy_regex import compiled

_MOVING = compiled(r"(?i)^(?:Date|Valid-Until):")
_HREF = compiled(r"""(?i)\bhref\s*=\s*["']([^"']{1,2000})["']""")
_NEEDS = compiled(r"""(?i)\bdata-requires-python\s*=\s*["']([^"']{0,200})["']""")
_YANKED = compiled(r"(?i)\bdata-yanked\b")
_LONGEST_TAG = 4096
_File = tuple[str, str, str, str]
_HASHES = ("sha512", "sha384", "sha256", "sha1", "md5")


def release(text: str) -> str:
    """An apt archive's Release or InRelease without dates and signature: signing it again is not a change."""
    lines = _signed(text).splitlines()
    kept = [line.rstrip() for line in lines if not _MOVING.match(line)]
    return "\n".join(kept) if any(line.startswith(("SHA256:", "MD5Sum:")) for line in kept) else ""


def _signed(text: str) -> str:
    """The text of a clear-signed message (RFC 9580 §7), without its headers."""
    _, marker, rest = text.replace("\r\n", "\n").partition("-----BEGIN PGP SIGNED MESSAGE-----\n")
    return rest.partition("\n\n")[2].partition("-----BEGIN PGP SIGNATURE-----")[0] if marker else text


def simple_index(text: str) -> str:
    """A project's page of a Python index (PEP 503, PEP 691): the files that pip chooses from, sorted.

    Each file with its hash, and what excludes it: that it was yanked (PEP 592), the Python version it needs.
    """
    files = _of_json(text) if text.lstrip().startswith("{") else _of_html(text)
    return "\n".join(" ".join(file) for file in sorted(files))


def npm_version(text: str) -> str:
    """One version of a package (npm registry): ``dist.integrity``, else ``dist.shasum``."""
    dist = _object(_object(_json(text)).get("dist"))
    stated = dist.get("integrity") or dist.get("shasum")
    return stated if isinstance(stated, str) else ""


def _of_json(text: str) -> set[_File]:
    files = _object(_json(text)).get("files")
    found = set[_File]()
    for file in map(_object, files if isinstance(files, list) else []):
        hashes = _object(file.get("hashes"))
        digest = next((f"{name}={hashes[name]}" for name in _HASHES if name in hashes), "")
        yanked = "yanked" if file.get("yanked") not in {None, False} else ""
        found.add((str(file.get("filename", "")), digest, yanked, str(file.get("requires-python") or "")))
    return found


def _of_html(text: str) -> set[_File]:
    """``<a href="../name.whl#sha256=…">``; a page without hashes is identified by its links."""
    from html import unescape  # noqa: PLC0415 - a table of all entities, for HTML alone

    found = set[_File]()
    for rest in re.split(r"(?i)<a\s", text)[1:]:
        # An anchor ends where the next one starts, so that no page makes this slow.
        tag = rest.partition("</a")[0][:_LONGEST_TAG]
        href = _HREF.search(tag)
        if href:
            address, _, digest = unescape(href[1]).partition("#")
            name = unquote(address.partition("?")[0].rpartition("/")[2])
            needs = _NEEDS.search(tag)
            yanked = "yanked" if _YANKED.search(tag) else ""
            python = unescape(needs[1]) if needs else ""
            found.add((name, digest, yanked, python) if digest else (name, address, yanked, python))
    return found


def _json(text: str) -> object:
    """None where it is not JSON, or nested too deeply."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
