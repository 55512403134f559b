"""Channels of conda without the secrets in them: userinfo, and a token in the path."""

from __future__ import annotations

from freshlayer.lazy_regex import compiled
from freshlayer.masking.logins import without_login

_TOKEN = compiled(r"/t/[^/\s:'\"]+")


def public_channel(text: str) -> str:
    """``https://user:password@host/t/token/main`` → ``https://host/main``; a name stays as it is."""
    return _TOKEN.sub("", without_login(text)) if "://" in text else text


def masked_channel(text: str) -> str:
    """A word of conda with ``***`` for the token of a channel, also of one without a scheme."""
    return _TOKEN.sub("/t/***", text) if "/t/" in text else text
