"""Reason codes of packages: what changed, and why it can't be known. Code → meaning, what to do. Pure."""

from __future__ import annotations

_LATER = "try again later: the mirror may be changing"

PACKAGES: dict[str, tuple[str, str]] = {
    "index-mismatch": ("an index of packages is not the file that its repository names", _LATER),
    "index-too-large": ("an index of packages is larger than is read", "remove the package source"),
}
