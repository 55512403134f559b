"""Connections that a downloaded script must not cause: to this machine, and to link-local addresses.

The address is checked when the connection is made, so that neither a redirect nor a name that resolves to
such an address leads there.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

import pycurl

from freshlayer.probe.network.messages import Request
from freshlayer.request_form import Proxies

# The clouds' own: Alibaba, Oracle, Azure; AWS and Google over IPv6.
_METADATA = ("100.100.100.200/32", "192.0.0.192/32", "168.63.129.16/32", "fd00:ec2::/32", "fd20:ce::/32")


def is_refused(address: str, *, loopback: bool) -> bool:
    """Whether no connection is made to an IP address. ``loopback``: whether this machine may be one."""
    from ipaddress import IPv6Address, ip_address, ip_network  # noqa: PLC0415 - for downloaded scripts alone

    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    if found.is_loopback or found.is_unspecified:
        return not loopback
    networks = (ip_network(network) for network in _METADATA)
    return found.is_link_local or any(found in it for it in networks if it.version == found.version)


class _Lent(socket.socket):
    """A socket that pycurl duplicates; ours is closed behind it."""

    def __del__(self) -> None:
        self.close()


def guard(
    handle: pycurl.Curl, request: Request, proxies: Proxies | None, refused: Callable[[], None]
) -> None:
    """Check the address of every connection of a transfer, but for that of its proxy.

    ``refused`` is called where there is none.
    """
    allowed = frozenset(_ports(_of_environment() if proxies is None else _named(proxies)))

    def may_connect(address: str, port: int) -> bool:
        may = port in allowed or not is_refused(address, loopback=request.loopback)
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


def _named(proxies: Proxies) -> list[str]:
    return [proxies.http, proxies.https, proxies.ftp]


def _ports(proxies: Iterable[str]) -> Iterable[int]:
    for proxy in proxies:
        try:
            port = urlsplit(proxy if "://" in proxy else f"http://{proxy}").port
        except ValueError:
            continue
        if proxy:
            yield port or 1080
