"""What a webhook from outside is: how it proves who sent it, and what it states that changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct, field

from freshlayer.watch.authorization import basic_password, bearer_token, same
from freshlayer.watch.moved import Moved


class Arrived(Struct, frozen=True):
    """A request. ``headers``: lower-case names; one that came twice is left out. ``query``: the same."""

    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class ConfirmationError(Exception):
    """Nothing changed: the sender waits until a person confirms. The text is a clause with how to do it."""


class Webhook(Protocol):
    """A member is a module with these.

    ``SIGNS_BODY``: the proof is of the body, which has to be read before it is known who sent it.
    """

    SIGNS_BODY: bool

    def is_genuine(self, arrived: Arrived, secret: bytes) -> bool:
        """Whether its sender knows the secret, compared in constant time."""
        ...

    def moved(self, document: Any, arrived: Arrived) -> Sequence[Moved]:
        """What changed. Raises ConfirmationError.

        A document of another form raises KeyError, TypeError, ValueError or AttributeError.
        """
        ...


def has_authorization(arrived: Arrived, secret: bytes) -> bool:
    """As ``Bearer``, as the password of ``Basic``, or alone as some registries send it."""
    given = arrived.headers.get("authorization", "")
    return any(same(it, secret) for it in (bearer_token(given), basic_password(given), given))


def has_token(arrived: Arrived, secret: bytes) -> bool:
    """In the query, for what can send no header."""
    return same(arrived.query.get("token", ""), secret)
