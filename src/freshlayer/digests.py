"""Digests of short texts, by the modules in C of ``hashlib``, which itself loads OpenSSL: 2 ms of a start.

For bodies and files, ``hashlib`` is several times as fast.
"""

from __future__ import annotations

import sys
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hashlib import blake2b, sha256, shake_256
else:

    def _own(name: str, module: str) -> object:
        """Of this module; another interpreter may not have it."""
        try:
            return getattr(import_module(module), name)
        except (ImportError, AttributeError):
            return getattr(import_module("hashlib"), name)

    sha256 = _own("sha256", "_sha2" if sys.version_info >= (3, 12) else "_sha256")
    blake2b = _own("blake2b", "_blake2")
    shake_256 = _own("shake_256", "_sha3")

__all__ = ["blake2b", "sha256", "shake_256"]
