"""Platforms in their one spelling, ``os/arch[/variant]``, as containerd writes them."""

from __future__ import annotations

_SYSTEMS = {"linux", "windows", "darwin", "freebsd"}
_ARCHITECTURES = {
    "x86_64": ("amd64", ""),
    "x86-64": ("amd64", ""),
    "amd64": ("amd64", ""),
    "aarch64": ("arm64", ""),
    "arm64": ("arm64", ""),
    "i386": ("386", ""),
    "i686": ("386", ""),
    "armhf": ("arm", "v7"),
    "armv7l": ("arm", "v7"),
    "armel": ("arm", "v6"),
    "arm": ("arm", "v7"),
}


def normalised(text: str, host: str) -> str:
    """One spelling for ``x86_64``, ``linux/arm64/v8``, ``arm64``; missing parts are those of ``host``."""
    parts = text.strip().lower().split("/")
    if parts[0] not in _SYSTEMS:
        parts = ["linux", *parts]
    if len(parts) == 1:
        return f"{parts[0]}/{host.partition('/')[2]}"
    architecture, variant = _ARCHITECTURES.get(parts[1], (parts[1], ""))
    variant = parts[2] if len(parts) > 2 else variant
    if (architecture, variant) == ("arm64", "v8"):
        variant = ""
    return "/".join([parts[0], architecture, *([variant] if variant else [])])
