"""What the target platform answers: the names of its architecture, by the programs that print them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from freshlayer.shell.programs.dpkg_architecture import dpkg_architecture, is_host


class _Names(Struct, frozen=True):
    """What one architecture is called: by the kernel, Debian, Alpine and rpm (package, ``%_arch``)."""

    kernel: str
    debian: str
    alpine: str
    rpm: str
    rpm_family: str
    others: tuple[str, ...] = ()


def _same(name: str) -> _Names:
    """An architecture that all call the same."""
    return _Names(name, name, name, name, name)


_NAMES: dict[str, _Names] = {
    "amd64": _Names("x86_64", "amd64", "x86_64", "x86_64", "x86_64", ("x64", "x86-64")),
    "arm64": _Names("aarch64", "arm64", "aarch64", "aarch64", "aarch64", ("arm64v8", "armv8", "armv8l")),
    "386": _Names("i686", "i386", "x86", "i686", "i386", ("i486", "i586", "386")),
    "arm": _Names("armv7l", "armhf", "armv7", "armv7hl", "arm", ("arm32v7", "armv7hf")),
    "arm/v6": _Names("armv6l", "armel", "armhf", "armv6hl", "arm", ("arm32v6", "armv6")),
    "arm/v5": _Names("armv5tel", "armel", "armhf", "armv5tel", "arm", ("arm32v5", "armv5")),
    "ppc64le": _Names("ppc64le", "ppc64el", "ppc64le", "ppc64le", "ppc64le", ("powerpc64le",)),
    "mips64le": _Names("mips64", "mips64el", "mips64el", "mips64el", "mips64el"),
    "mipsle": _Names("mips", "mipsel", "mipsel", "mipsel", "mipsel"),
    "loong64": _Names("loongarch64", "loong64", "loongarch64", "loongarch64", "loongarch64"),
    **{name: _same(name) for name in ("s390x", "riscv64", "ppc64", "mips", "mips64")},
}
ANSWERING = frozenset("uname rpm dpkg-architecture arch dpkg apk go getconf".split())
_NARROW = {"386", "arm", "mips", "mipsle"}


def answer(words: list[str], platform: str) -> str | None:
    """What a command prints about the architecture of ``os/arch[/variant]``; None for any other command."""
    if words[0] not in ANSWERING:
        return None
    architecture, names = _names(platform)
    line = " ".join(words)
    if words[0] == "uname":
        return _of_uname(line, names)
    if words[0] == "rpm":
        return _of_rpm(line, names)
    if words[0] == "dpkg-architecture":
        return dpkg_architecture(words[1:], names.debian)
    return {
        # Not uname -p and -i: most distributions print "unknown" there.
        "arch": names.kernel,
        "dpkg --print-architecture": names.debian,
        "apk --print-arch": names.alpine,
        "go env GOARCH": architecture,
        "go env GOHOSTARCH": architecture,
        "go env GOOS": "linux",
        "go env GOHOSTOS": "linux",
        "getconf LONG_BIT": "32" if architecture in _NARROW else "64",
    }.get(line)


def decided(words: list[str], platform: str) -> bool | None:
    """How ``dpkg-architecture -e ARCH`` ends; None for any other command."""
    is_test = words[:1] == ["dpkg-architecture"]
    return is_host(words[1:], _names(platform)[1].debian) if is_test else None


def of_platform(named: Iterable[str], platform: str) -> frozenset[str] | None:
    """Those of the names that are the platform's; None where none is, or one is of no architecture."""
    found = frozenset(named)
    architecture, names = _names(platform)
    own = found & _spellings(architecture, names)
    every = frozenset().union(*(_spellings(name, _NAMES[name]) for name in _NAMES))
    return own if own and own != found and found <= every else None


def _spellings(architecture: str, names: _Names) -> frozenset[str]:
    own = (names.kernel, names.debian, names.alpine, names.rpm, names.rpm_family)
    return frozenset((architecture.partition("/")[0], *own, *names.others))


def _names(platform: str) -> tuple[str, _Names]:
    """The architecture, and its names; one that is not in the table has the same for all."""
    architecture, _, variant = platform.partition("/")[2].partition("/")
    found = _NAMES.get(f"{architecture}/{variant}") or _NAMES.get(architecture)
    return architecture, found or _same(architecture)


def _of_uname(line: str, names: _Names) -> str | None:
    match = re.fullmatch(r"uname(?: -([sm]+)| --(?:machine|kernel-name))?", line)
    if match is None:
        return None
    letters = match[1] or ("m" if "--machine" in line else "s")
    return " ".join(["Linux"] * ("s" in letters) + [names.kernel] * ("m" in letters))


def _of_rpm(line: str, names: _Names) -> str | None:
    """``rpm --eval %{_arch}``, ``rpm -q --qf '%{ARCH}' rpm``."""
    if re.search(r"(?:-E|--eval)[ =]?%\{?_(?:arch|build_arch|host_cpu|target_cpu)\}?$", line):
        return names.rpm_family
    return names.rpm if re.search(r"%\{ARCH\}(?:\\n)?(?: \w+)?$", line) else None
