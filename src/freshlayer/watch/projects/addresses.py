"""Which hosts a project may be on: those that are allowed, else every one with a public address."""

from __future__ import annotations

import ipaddress
import shlex
import socket
from collections.abc import Sequence
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from freshlayer.probe.network.embedded_addresses import effective
from freshlayer.probe.network.pinned_addresses import PORTS

# Python 3.11 takes both for global: NAT64 of an own network (RFC 8215), and what was site-local (RFC 3879).
_LOCAL = (ipaddress.ip_network("64:ff9b:1::/48"), ipaddress.ip_network("fec0::/10"))


class RefusedError(Exception):
    """The host of a URL may not be reached; the text is a clause."""


def resolved(url: str, allowed: Sequence[str]) -> list[str]:
    """The addresses of its host, to which alone it may be connected. Raises RefusedError.

    Empty where the host is allowed by name and only a proxy can resolve it.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    named = is_named(url, allowed)
    try:
        found = socket.getaddrinfo(host, parts.port or PORTS[parts.scheme], type=socket.SOCK_STREAM)
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


def is_named(url: str, allowed: Sequence[str]) -> bool:
    """Whether the host of a URL is allowed by its name, wherever that leads."""
    host = (urlsplit(url).hostname or "").lower()
    return any(fnmatchcase(host, pattern.lower()) for pattern in allowed)


def ssh_command(url: str, address: str) -> str:
    """What git runs for ssh: its keys are those of the host, its connection is made to this address."""
    parts = urlsplit(url)
    port = parts.port or PORTS["ssh"]
    alias = parts.hostname if port == PORTS["ssh"] else f"[{parts.hostname}]:{port}"
    return shlex.join(["ssh", "-o", f"HostName={address}", "-o", f"HostKeyAlias={alias}"])


def _is_within(address: str, allowed: Sequence[str]) -> bool:
    value = effective(address)
    for text in allowed:
        try:
            if value in ipaddress.ip_network(text, strict=False):
                return True
        except (ValueError, TypeError):
            continue
    return False


def _is_public(address: str) -> bool:
    value = effective(address)
    is_local = any(value in it for it in _LOCAL if it.version == value.version)
    return value.is_global and not value.is_multicast and not is_local
