"""Which hosts a project may be on: those that are allowed, else every one with a public address."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

_PORTS = {"https": 443, "http": 80, "ssh": 22}


class RefusedError(Exception):
    """The host of a URL may not be reached; the text is a clause."""


def resolved(url: str, allowed: Sequence[str]) -> list[str]:
    """The addresses of its host, to which alone it may be connected. Raises RefusedError.

    Empty where the host is allowed by name and only a proxy can resolve it.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    named = any(fnmatchcase(host, pattern.lower()) for pattern in allowed)
    try:
        found = socket.getaddrinfo(host, parts.port or _PORTS[parts.scheme], type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        if named:
            return []
        raise RefusedError(f"the host {host} can't be resolved") from None
    addresses = list(dict.fromkeys(str(it[4][0]).partition("%")[0] for it in found))
    if named or (allowed and all(_is_within(it, allowed) for it in addresses)):
        return addresses
    if allowed:
        raise RefusedError(f"the host {host} is not in allow_hosts")
    if not all(map(_is_public, addresses)):
        raise RefusedError(f"the host {host} has an address that is not public (name it in allow_hosts)")
    return addresses


def pinned(url: str, addresses: Sequence[str]) -> str:
    """``HOST:PORT:ADDRESS,…`` for libcurl, so that a second resolution can't lead elsewhere."""
    parts = urlsplit(url)
    shown = (f"[{it}]" if ":" in it else it for it in addresses)
    return f"{parts.hostname}:{parts.port or _PORTS[parts.scheme]}:{','.join(shown)}"


def _is_within(address: str, allowed: Sequence[str]) -> bool:
    value = _effective(address)
    for text in allowed:
        try:
            if value in ipaddress.ip_network(text, strict=False):
                return True
        except (ValueError, TypeError):
            continue
    return False


def _is_public(address: str) -> bool:
    value = _effective(address)
    return value.is_global and not value.is_multicast


def _effective(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An IPv4 address that is written as one of IPv6 leads where that leads."""
    value = ipaddress.ip_address(address)
    if isinstance(value, ipaddress.IPv6Address):
        return value.ipv4_mapped or value.sixtofour or value
    return value
