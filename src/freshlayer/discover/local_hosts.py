"""Hosts that are the container itself or the metadata service of its machine, in every spelling."""

from __future__ import annotations

from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason

LOOPBACK = Reason("container-loopback")
METADATA = Reason("metadata-address")

_NAMES = compiled(
    r"(?:.+\.)?localhost|localhost[46]?\.localdomain[46]?|localhost[46]|(?:ip6-)?loopback|ip6-localhost"
)
_METADATA_NAMES = frozenset({"metadata.google.internal", "metadata.goog", "metadata"})
# The clouds' own: Alibaba, Oracle's older one, Azure's wire server; AWS and Google over IPv6.
_METADATA = ("100.100.100.200/32", "192.0.0.192/32", "168.63.129.16/32", "169.254.0.0/16")
_METADATA_6 = ("fe80::/10", "fd00:ec2::/32", "fd20:ce::/32")
# Linux takes 0.0.0.0 and :: as a destination for loopback.
_LOOPBACK = ("127.0.0.0/8", "0.0.0.0/32")
_LOOPBACK_6 = ("::1/128", "::/128")
_NUMBER = compiled(r"0x[0-9a-f]*|[0-9]+")
_HOST = compiled(r"(?:\w+[+-])?\w+://(?:[^/@]*@)?(\[[^\]/]*\]|[^/:?#@]*)")
_MOST_PARTS = 4


def why_local(url: str) -> Reason | None:
    """Why the host of a URL is another machine for a RUN in its own network; None for all other hosts."""
    match = _HOST.match(url)
    return _why(match[1].lower().rstrip(".")) if match else None


def _why(host: str) -> Reason | None:
    if _NAMES.fullmatch(host):
        return LOOPBACK
    if host in _METADATA_NAMES:
        return METADATA
    if host.startswith("["):
        return _why_ipv6(host.strip("[]").partition("%")[0])
    address = _ipv4(host)
    return None if address is None else _why_ipv4(address)


def _ipv4(host: str) -> int | None:
    """The address that inet_aton(3) reads: one to four parts, each decimal, octal or hexadecimal."""
    parts = host.split(".")
    if len(parts) > _MOST_PARTS or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    try:
        *leading, last = (int(part, _base(part)) if part != "0x" else 0 for part in parts)
    except ValueError:
        return None
    bits = 8 * (_MOST_PARTS - len(leading))
    if any(part > 0xFF for part in leading) or last >> bits:
        return None
    return last | sum(part << (24 - 8 * place) for place, part in enumerate(leading))


def _base(part: str) -> int:
    if part.startswith("0x"):
        return 16
    return 8 if part.startswith("0") else 10


def _why_ipv4(address: int) -> Reason | None:
    from ipaddress import IPv4Address, IPv4Network  # noqa: PLC0415 - only for hosts that are addresses

    found = IPv4Address(address)
    if any(found in IPv4Network(network) for network in _LOOPBACK):
        return LOOPBACK
    return METADATA if any(found in IPv4Network(network) for network in _METADATA) else None


def _why_ipv6(host: str) -> Reason | None:
    from ipaddress import IPv6Address, IPv6Network  # noqa: PLC0415 - see above

    try:
        found = IPv6Address(host)
    except ValueError:
        return None
    if any(found in IPv6Network(network) for network in _LOOPBACK_6):
        return LOOPBACK
    if any(found in IPv6Network(network) for network in _METADATA_6):
        return METADATA
    # ::ffff:127.0.0.1, and the older ::127.0.0.1.
    embedded = int(found) & 0xFFFFFFFF
    return _why_ipv4(embedded) if int(found) >> 32 in {0, 0xFFFF} else None
