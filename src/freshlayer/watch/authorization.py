"""What a request states about who sent it. Pure."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Any


def client_address(scope: Any) -> str:
    """The address of who connects (ASGI 3.0): no header counts for it."""
    client = scope.get("client")
    return client[0] if client else ""


def values_of(scope: Any, wanted: bytes) -> list[bytes]:
    """Those of a header; ``wanted`` in lower case."""
    return [value for name, value in scope["headers"] if name == wanted]


def bearer_token(authorization: str) -> str:
    """The token of a header ``Authorization`` (RFC 6750); empty where it has another scheme."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def basic_password(authorization: str) -> str:
    """The password of one with the scheme ``Basic`` (RFC 7617); empty where it has another one."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value, validate=True).decode("latin-1").partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def same(given: str, secret: bytes) -> bool:
    """In constant time. An empty secret is none."""
    return bool(secret) and hmac.compare_digest(given.encode("utf-8", "surrogateescape"), secret)
