"""Who may read: a token, a session that a browser got for it, or a name that a reverse proxy vouches for."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import Any

from msgspec import Struct

from freshlayer.watch.authorization import bearer_token, client_address, values_of

SESSION = "freshlayer-session"
SESSION_SECONDS = 24 * 3600
_MOST_WRONG = 10
_WINDOW = 60
_MOST_ADDRESSES = 4096
_LONGEST_COOKIE = 4096


class Limited(Exception):  # noqa: N818 - an answer, and no fault
    """So many tokens were wrong that no other is looked at for now."""


class Proxy(Struct, frozen=True):
    """``header``: what it sets to the name of a user it knows; empty: there is none. ``addresses``: its own.

    ``hosts``: the names by which browsers reach it. ``root``: the path below which it has the service.
    ``public_badges``: whether badges are for everyone, too.
    """

    header: str = ""
    addresses: frozenset[str] = frozenset()
    hosts: tuple[str, ...] = ()
    root: str = ""
    public_badges: bool = False


class Access:
    """``token``: empty where none is set. ``clock``: seconds since 1970. Used by one thread alone."""

    def __init__(self, token: bytes, proxy: Proxy, clock: Callable[[], int]) -> None:
        self._token = token
        self._proxy = proxy
        self._clock = clock
        self._wrong: dict[str, list[int]] = {}

    @property
    def is_open(self) -> bool:
        """Whether everyone who reaches the address may read."""
        return not self._token and not self._proxy.header

    @property
    def checks_hosts(self) -> bool:
        """Whether a page of another name could read what a browser on this machine may read."""
        return not self._token or bool(self._proxy.header)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names by which browsers reach the proxy."""
        return self._proxy.hosts

    @property
    def root(self) -> str:
        """The path that is before every address of a page; empty where there is none."""
        return self._proxy.root

    def is_public(self, path: str) -> bool:
        """Whether everyone may read what is there."""
        return self._proxy.public_badges and path.startswith("/badge/")

    @property
    def takes_tokens(self) -> bool:
        return bool(self._token)

    def allows(self, scope: Any) -> bool:
        """By the headers of a request (ASGI 3.0). Raises Limited."""
        if self.is_open or self._is_vouched(scope) or self.has_session(scope):
            return True
        given = values_of(scope, b"authorization")
        if len(given) != 1 or not self._token:
            return False
        token = bearer_token(given[0].decode("latin-1"))
        return bool(token) and self.accepts(token.encode("latin-1"), scope)

    def accepts(self, token: bytes, scope: Any) -> bool:
        """Whether it is the token. Raises Limited after several wrong ones from an address."""
        address, now = client_address(scope), self._clock()
        recent = [at for at in self._wrong.get(address, ()) if 0 <= now - at < _WINDOW]
        if len(recent) >= _MOST_WRONG:
            raise Limited
        if self._token and hmac.compare_digest(token, self._token):
            return True
        self._note(address, [*recent, now])
        return False

    def _note(self, address: str, times: list[int]) -> None:
        self._wrong.pop(address, None)
        if len(self._wrong) >= _MOST_ADDRESSES:
            del self._wrong[next(iter(self._wrong))]
        self._wrong[address] = times

    def session(self) -> str:
        """The value of a cookie: until when it holds, and a proof that this service made it."""
        until = str(self._clock() + SESSION_SECONDS)
        return f"{until}.{self._proof(until)}"

    def has_session(self, scope: Any) -> bool:
        """Whether its cookie was made by this service, for this token, and is not too old."""
        value = _cookie(scope)
        until, dot, proof = value.partition(".")
        if not dot or not self._token or not until.isascii() or not until.isdecimal() or len(until) > 12:
            return False
        known = hmac.compare_digest(proof.encode(), self._proof(until).encode())
        return known and 0 <= int(until) - self._clock() <= SESSION_SECONDS

    def _proof(self, until: str) -> str:
        return hmac.new(self._token, f"session until {until}".encode(), sha256).hexdigest()

    def _is_vouched(self, scope: Any) -> bool:
        if not self._proxy.header or client_address(scope) not in self._proxy.addresses:
            return False
        found = values_of(scope, self._proxy.header.lower().encode())
        return len(found) == 1 and bool(found[0].strip())


def _cookie(scope: Any) -> str:
    given = b"; ".join(values_of(scope, b"cookie"))
    if len(given) > _LONGEST_COOKIE:
        return ""
    try:
        found = SimpleCookie(given.decode("latin-1")).get(SESSION)
    except CookieError:
        return ""
    return found.value if found else ""
