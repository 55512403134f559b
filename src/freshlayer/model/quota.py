"""What an origin states of its quota: how many more requests it answers, and until when. Pure."""

from __future__ import annotations

from msgspec import Struct


class Quota(Struct, frozen=True, gc=False):
    """``host``: with its port, where it is not the usual one. ``remaining``: requests, within ``seconds``.

    ``limit``: the requests of a whole window; 0 where that is not stated.
    """

    host: str
    remaining: int
    seconds: float
    limit: int = 0
