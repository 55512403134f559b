"""Questions to the machine that the target platform answers."""

from __future__ import annotations

import re

from msgspec import Struct


class _Names(Struct, frozen=True):
    """What one architecture is called: by the kernel, Debian, Alpine, rpm (package, ``%_arch``), and GNU."""

    kernel: str
    debian: str
    alpine: str
    rpm: str
    rpm_family: str
    multiarch: str
    gnu: str


_ARM = ("arm-linux-gnueabihf", "arm-linux-gnueabihf")
_NAMES: dict[str, _Names] = {
    "amd64": _Names("x86_64", "amd64", "x86_64", "x86_64", "x86_64", "x86_64-linux-gnu", "x86_64-linux-gnu"),
    "arm64": _Names("aarch64", "arm64", "aarch64", "aarch64", "aarch64", *["aarch64-linux-gnu"] * 2),
    "386": _Names("i686", "i386", "x86", "i686", "i386", "i386-linux-gnu", "i686-linux-gnu"),
    "arm": _Names("armv7l", "armhf", "armv7", "armv7hl", "arm", *_ARM),
    "arm/v6": _Names("armv6l", "armel", "armhf", "armv6hl", "arm", *["arm-linux-gnueabi"] * 2),
    "arm/v5": _Names("armv5tel", "armel", "armhf", "armv5tel", "arm", *["arm-linux-gnueabi"] * 2),
    "ppc64le": _Names("ppc64le", "ppc64el", "ppc64le", "ppc64le", "ppc64le", *["powerpc64le-linux-gnu"] * 2),
}
_NARROW = {"386", "arm"}


def answer(words: list[str], platform: str) -> str | None:
    """What a command prints about the architecture of ``os/arch[/variant]``; None for any other command."""
    architecture, _, variant = platform.partition("/")[2].partition("/")
    names = _NAMES.get(f"{architecture}/{variant}") or _NAMES.get(architecture) or _same(architecture)
    line = " ".join(words)
    match = re.fullmatch(r"uname(?: -([sm]+)| --(?:machine|kernel-name))?", line)
    if match:
        letters = match[1] or ("m" if "--machine" in line else "s")
        return " ".join(["Linux"] * ("s" in letters) + [names.kernel] * ("m" in letters))
    if words[:1] == ["rpm"]:
        return _of_rpm(line, names)
    match = re.fullmatch(r"dpkg-architecture (?:-q ?|--query )DEB_(?:HOST|BUILD|TARGET)_(\w+)", line)
    if match:
        return {"ARCH": names.debian, "MULTIARCH": names.multiarch, "GNU_TYPE": names.gnu}.get(match[1])
    return {
        # Not uname -p and -i: most distributions print "unknown" there.
        "arch": names.kernel,
        "dpkg --print-architecture": names.debian,
        "apk --print-arch": names.alpine,
        "go env GOARCH": architecture,
        "go env GOOS": "linux",
        "getconf LONG_BIT": "32" if architecture in _NARROW else "64",
    }.get(line)


def _same(name: str) -> _Names:
    """An architecture that all call the same."""
    return _Names(name, name, name, name, name, f"{name}-linux-gnu", f"{name}-linux-gnu")


def _of_rpm(line: str, names: _Names) -> str | None:
    """``rpm --eval %{_arch}``, ``rpm -q --qf '%{ARCH}' rpm``."""
    if re.search(r"(?:-E|--eval)[ =]?%\{?_(?:arch|build_arch|host_cpu|target_cpu)\}?$", line):
        return names.rpm_family
    return names.rpm if re.search(r"%\{ARCH\}(?:\\n)?(?: \w+)?$", line) else None
