"""The addresses of a host that were checked, for libcurl and git: no second resolution leads elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from freshlayer.lazy_regex import compiled

PORTS = {"https": 443, "http": 80, "ssh": 22}
OLDEST_GIT = "2.37"
"""The first with http.curloptResolve."""

_VERSION = compiled(r"git version (\d{1,4})\.(\d{1,4})")


def pinned(url: str, addresses: Sequence[str]) -> str:
    """``HOST:PORT:ADDRESS,…``; empty for an address of IPv6, which libcurl resolves to itself alone."""
    parts = urlsplit(url)
    if ":" in (parts.hostname or ""):
        return ""
    shown = (f"[{it}]" if ":" in it else it for it in addresses)
    return f"{parts.hostname}:{parts.port or PORTS[parts.scheme]}:{','.join(shown)}"


def is_honoured(printed: str) -> bool:
    """Whether this git connects to them. ``printed``: by ``git version``."""
    found = _VERSION.search(printed)
    oldest = tuple(map(int, OLDEST_GIT.split(".")))
    return found is not None and (int(found[1]), int(found[2])) >= oldest
