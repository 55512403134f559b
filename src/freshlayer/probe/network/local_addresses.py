"""Connections that a downloaded script must not cause: to this machine, and to link-local addresses.

The address is checked when the connection is made, so that neither a redirect nor a name that resolves to
such an address leads there.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urlsplit

from freshlayer.probe.network.libcurl import pycurl
from freshlayer.probe.network.messages import Request

# The clouds' own: Alibaba, Oracle, Azure; AWS and Google over IPv6.
_METADATA = ("100.100.100.200/32", "192.0.0.192/32", "168.63.129.16/32", "fd00:ec2::/32", "fd20:ce::/32")

_NAMES = frozenset({"metadata.google.internal", "metadata.goog", "metadata"})
_PROXY_PORT = 1080
"""Libcurl's, where a proxy names none."""


def is_refused(address: str, *, loopback: bool) -> bool:
    """Whether no connection is made to an IP address. ``loopback``: whether this machine may be one."""
    from ipaddress import ip_network  # noqa: PLC0415 - for downloaded scripts alone

    from freshlayer.probe.network.embedded_addresses import effective  # noqa: PLC0415 - see above

    found = effective(address)
    if found.is_loopback or found.is_unspecified:
        return not loopback
    networks = (ip_network(network) for network in _METADATA)
    return found.is_link_local or any(found in it for it in networks if it.version == found.version)


class _Lent(socket.socket):
    """A socket that pycurl duplicates; ours is closed behind it."""

    def __del__(self) -> None:
        self.close()


def is_named(url: str, *, loopback: bool) -> bool:
    """Whether a URL names such an address itself: a proxy connects to it, so that its address is not seen."""
    host = urlsplit(url).hostname or ""
    if host in _NAMES or host == "localhost" or host.endswith(".localhost"):
        return host in _NAMES or not loopback
    try:
        return is_refused(
            host if ":" in host else socket.inet_ntoa(socket.inet_aton(host)), loopback=loopback
        )
    except (OSError, ValueError):
        return False


def guard(handle: pycurl.Curl, request: Request, refused: Callable[[], None]) -> None:
    """Check the address of every connection of a transfer; a proxy may be on this machine.

    ``refused`` is called where there is none.
    """
    own_proxies = frozenset(_ports(_of_environment()))

    def may_connect(address: str, port: int) -> bool:
        may = not is_refused(address, loopback=request.loopback or port in own_proxies)
        if not may:
            refused()
        return may

    def opened(_purpose: int, made: tuple[int, int, int, tuple[str, int]]) -> socket.socket | int:
        family, kind, protocol, (address, port, *_) = made
        if not may_connect(address, port):
            return int(pycurl.SOCKET_BAD)
        return _Lent(family, kind, protocol)

    def checked(address: str, _own: str, port: int, _own_port: int) -> int:
        """A connection that is used again was opened by another transfer."""
        return int(pycurl.PREREQFUNC_OK if may_connect(address, port) else pycurl.PREREQFUNC_ABORT)

    handle.setopt(pycurl.OPENSOCKETFUNCTION, opened)
    handle.setopt(pycurl.PREREQFUNCTION, checked)


def _of_environment() -> list[str]:
    names = ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
    return [os.environ[name] for name in names if os.environ.get(name)]


def _ports(proxies: Iterable[str]) -> Iterator[int]:
    """The ports of proxies on this machine."""
    for proxy in proxies:
        try:
            parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
            host, port = parts.hostname or "", parts.port
        except ValueError:
            continue
        if host in {"localhost", "::1"} or host.startswith("127."):
            yield port or _PROXY_PORT
