"""Questions to the machine that the target platform answers."""

from __future__ import annotations

import re

_KERNEL = {"amd64": "x86_64", "arm64": "aarch64", "386": "i686", "arm": "armv7l", "ppc64le": "ppc64le"}
_DEBIAN = {"386": "i386", "arm": "armhf", "ppc64le": "ppc64el"}
_ALPINE = {"amd64": "x86_64", "arm64": "aarch64", "386": "x86", "arm": "armv7"}


def answer(words: list[str], platform: str) -> str | None:
    """What a command prints about the architecture of ``os/arch[/variant]``; None for any other command."""
    architecture, _, variant = platform.partition("/")[2].partition("/")
    kernel = _KERNEL.get(architecture, architecture)
    line = " ".join(words)
    if architecture == "arm" and variant == "v6":
        kernel = "armv6l"
    if re.fullmatch(r"uname -(m|p|i)|uname --machine|arch|getconf MACHTYPE", line):
        return kernel
    if re.fullmatch(r"uname(?: -s)?", line):
        return "Linux"
    if re.fullmatch(r"dpkg --print-(?:foreign-)?architecture|dpkg-architecture -q ?DEB_\w+_ARCH", line):
        return _debian(architecture, variant)
    if line == "apk --print-arch":
        return (
            "armhf" if (architecture, variant) == ("arm", "v6") else _ALPINE.get(architecture, architecture)
        )
    if words[:1] == ["rpm"] and re.search(r"%\{?_?(?:arch|ARCH)\}?", line):
        return kernel
    if line == "go env GOARCH":
        return architecture
    return "linux" if line == "go env GOOS" else None


def _debian(architecture: str, variant: str) -> str:
    if (architecture, variant) == ("arm", "v5") or (architecture, variant) == ("arm", "v6"):
        return "armel"
    return _DEBIAN.get(architecture, architecture)
