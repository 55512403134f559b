"""IPv4 addresses that are written as addresses of IPv6, and lead where the IPv4 address leads."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_TRANSLATED = ip_network("64:ff9b::/96")
"""RFC 6052: a NAT64 sends it on to the IPv4 address in its last 32 bits."""
_COMPATIBLE = ip_network("::/96")
"""RFC 4291 §2.5.5.1."""


def effective(address: str) -> IPv4Address | IPv6Address:
    """Where an address leads, without its zone. Raises ValueError."""
    value = ip_address(address.partition("%")[0])
    if isinstance(value, IPv4Address) or value.is_loopback or value.is_unspecified:
        return value
    if value in _TRANSLATED or value in _COMPATIBLE:
        return IPv4Address(int(value) & 0xFFFFFFFF)
    return value.ipv4_mapped or value.sixtofour or value
