"""Functions of ``urllib.parse``, which is loaded when one is first called: no start needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit
else:

    def quote(string: str | bytes, safe: str = "/") -> str:
        """Of ``urllib.parse``."""
        from urllib import parse  # noqa: PLC0415

        return parse.quote(string, safe)

    def unquote(string: str) -> str:
        """Of ``urllib.parse``, which begins in the same way."""
        if "%" not in string:
            return string
        from urllib import parse  # noqa: PLC0415

        return parse.unquote(string)

    def unquote_to_bytes(string: str) -> bytes:
        """Of ``urllib.parse``."""
        from urllib import parse  # noqa: PLC0415

        return parse.unquote_to_bytes(string)

    def urlsplit(url: str) -> object:
        """Of ``urllib.parse``."""
        from urllib import parse  # noqa: PLC0415

        return parse.urlsplit(url)


__all__ = ["quote", "unquote", "unquote_to_bytes", "urlsplit"]
