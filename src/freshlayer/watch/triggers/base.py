"""What a trigger of ``watch.toml`` is: a frozen value that states where a message goes. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct, field

from freshlayer.model.watched import Message
from freshlayer.watch.settings_table import SecretPlace

JSON = {"Content-Type": "application/json"}
_TOKEN = re.compile(rb"[\x21-\x7e]+")


class RequestError(Exception):
    """A message can't be made a request; its text is a clause without a secret."""


class Request(Struct, frozen=True):
    """One request. ``private``: the URL or a header is a secret. ``done``: statuses that mean "delivered"."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    private: bool = True
    done: frozenset[int] = frozenset(range(200, 300))


class Given(Struct, frozen=True):
    """What a request is made with. ``secret``, ``file``: the content of what the target names."""

    secret: bytes = b""
    file: bytes = b""
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def token(self) -> str:
        """The secret as a part of a header or a URL."""
        if not _TOKEN.fullmatch(self.secret):
            raise RequestError("the secret is no token (it has blanks, or is not ASCII)")
        return self.secret.decode()


class Target(Protocol):
    """``timeout``: of one delivery, in seconds. ``secret``: where its secret is."""

    @property
    def timeout(self) -> int: ...

    @property
    def secret(self) -> SecretPlace: ...


class HttpTarget(Target, Protocol):
    """A member states its request. ``file``: one that it is made with. ``authorities``: a file of CAs."""

    @property
    def file(self) -> str: ...

    @property
    def authorities(self) -> str: ...

    def request(self, message: Message, given: Given) -> Request:
        """Raises RequestError."""
        ...


def bearer(given: Given) -> dict[str, str]:
    """The header that carries a token (RFC 6750)."""
    return {"Authorization": f"Bearer {given.token}"}
