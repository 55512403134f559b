"""Digests of short texts, by the modules in C of ``hashlib``, which itself loads OpenSSL: 2 ms of a start.

For bodies and files, ``hashlib`` is several times as fast.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hashlib import blake2b, sha256, shake_256
else:

    def _first(name: str, *modules: str) -> object:
        """Of the first module that there is; another interpreter may have none of them."""
        for module in modules:
            try:
                return getattr(import_module(module), name)
            except (ImportError, AttributeError):
                continue
        return getattr(import_module("hashlib"), name)

    sha256 = _first("sha256", "_sha2", "_sha256")
    blake2b = _first("blake2b", "_blake2")
    shake_256 = _first("shake_256", "_sha3")

__all__ = ["blake2b", "sha256", "shake_256"]
