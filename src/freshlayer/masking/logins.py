"""The login in a URL, ``user:password@``: removed wherever a URL is, in text of any form."""

from __future__ import annotations

from freshlayer.lazy_regex import compiled

_LOGIN = compiled(r"//[^/@\s]*@")


def without_login(text: str) -> str:
    """A text without the logins of its URLs."""
    return _LOGIN.sub("//", text) if "@" in text else text
