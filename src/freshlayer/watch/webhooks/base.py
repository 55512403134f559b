"""What a webhook from outside is: how it proves who sent it, and what it states that changed. Pure."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct, field

from freshlayer.watch.moved import Moved


class Arrived(Struct, frozen=True):
    """A request. ``headers``: lower-case names; one that came twice is left out. ``query``: the same."""

    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Webhook(Protocol):
    """A member is a module with these.

    ``SIGNS_BODY``: the proof is of the body, which has to be read before it is known who sent it.
    """

    SIGNS_BODY: bool

    def is_genuine(self, arrived: Arrived, secret: bytes) -> bool:
        """Whether its sender knows the secret, compared in constant time."""
        ...

    def moved(self, document: Any, arrived: Arrived) -> Sequence[Moved]:
        """What changed. A document of another form raises KeyError, TypeError or AttributeError."""
        ...


def same(given: str, secret: bytes) -> bool:
    """In constant time. An empty secret is none."""
    return bool(secret) and hmac.compare_digest(given.encode("utf-8", "surrogateescape"), secret)


def has_authorization(arrived: Arrived, secret: bytes) -> bool:
    """As ``Bearer``, as the password of ``Basic``, or alone as some registries send it."""
    given = arrived.headers.get("authorization", "")
    scheme, _, value = given.partition(" ")
    if scheme.lower() == "bearer":
        return same(value.strip(), secret)
    return same(_password(value), secret) if scheme.lower() == "basic" else same(given, secret)


def has_token(arrived: Arrived, secret: bytes) -> bool:
    """In the query, for what can send no header."""
    return same(arrived.query.get("token", ""), secret)


def _password(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode("latin-1").partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
