"""Documents of which only a part counts: what they name is read, and what moves all the time is left out."""

from __future__ import annotations

import json
import re
from html import unescape
from urllib.parse import unquote

_MOVING = re.compile(r"(?i)^(?:Date|Valid-Until):")
_HREF = re.compile(r"""(?i)<a\s(?:[^>"']|"[^"]*"|'[^']*')*?href\s*=\s*["']([^"']{1,2000})["']""")
_HASHES = ("sha512", "sha384", "sha256", "sha1", "md5")


def release(text: str) -> str:
    """An apt archive's Release or InRelease without dates and signature: to sign it again is no change."""
    signed = re.search(
        r"-----BEGIN PGP SIGNED MESSAGE-----\r?\n.*?\r?\n\r?\n(.*?)-----BEGIN PGP SIG", text, re.DOTALL
    )
    lines = (signed[1] if signed else text).splitlines()
    kept = [line.rstrip() for line in lines if not _MOVING.match(line)]
    return "\n".join(kept) if any(line.startswith(("SHA256:", "MD5Sum:")) for line in kept) else ""


def simple_index(text: str) -> str:
    """A project's page of a Python index (PEP 503, PEP 691): its sorted (file, hash) pairs."""
    pairs = _of_json(text) if text.lstrip().startswith("{") else _of_html(text)
    return "\n".join(f"{name} {digest}" for name, digest in sorted(pairs))


def npm_version(text: str) -> str:
    """One version of a package (npm registry): ``dist.integrity``, else ``dist.shasum``."""
    dist = _object(_object(_json(text)).get("dist"))
    stated = dist.get("integrity") or dist.get("shasum")
    return stated if isinstance(stated, str) else ""


def _of_json(text: str) -> set[tuple[str, str]]:
    files = _object(_json(text)).get("files")
    found = set[tuple[str, str]]()
    for file in map(_object, files if isinstance(files, list) else []):
        hashes = _object(file.get("hashes"))
        digest = next((f"{name}={hashes[name]}" for name in _HASHES if name in hashes), "")
        found.add((str(file.get("filename", "")), digest))
    return found


def _of_html(text: str) -> set[tuple[str, str]]:
    """``<a href="../name.whl#sha256=…">``; a page without hashes is known by its links."""
    found = set[tuple[str, str]]()
    for href in _HREF.findall(text):
        address, _, digest = unescape(href).partition("#")
        name = unquote(address.partition("?")[0].rpartition("/")[2])
        found.add((name, digest) if digest else (name, address))
    return found


def _json(text: str) -> object:
    """RecursionError: some documents are nothing but brackets."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
