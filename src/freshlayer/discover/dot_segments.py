"""Dot segments of a URL's path, removed as curl and GNU wget remove them (RFC 3986 §5.2.4)."""

from __future__ import annotations

import re

from freshlayer.lazy_regex import compiled

_PARTS = compiled(r"([A-Za-z][A-Za-z0-9+.-]*://[^/?#]*)(/[^?#]*)(.*)", re.DOTALL)


def without_dot_segments(url: str) -> str:
    """The URL as it is requested; ``%2e`` is left as it is, as both programs leave it."""
    parts = _PARTS.fullmatch(url) if "/." in url else None
    return f"{parts[1]}{_removed(parts[2])}{parts[3]}" if parts else url


def _removed(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)
