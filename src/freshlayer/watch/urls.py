"""The URLs of ``watch.toml``. Pure."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def fault_of(url: str, *, private: bool = False) -> str:
    """What the URL of a receiver is not; empty where nothing is wrong. ``private``: it gets a secret."""
    if not _is_http(url):
        return "an http or https URL with a host (in ASCII)"
    parts = urlsplit(url)
    if "@" in parts.netloc:
        return "a URL without a password (name secret_env)"
    if private and parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        return "an https URL, which a secret needs"
    return ""


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    named = host and host.isascii() and port != 0
    return bool(named and parts.scheme in {"http", "https"} and url.isprintable() and " " not in url)
