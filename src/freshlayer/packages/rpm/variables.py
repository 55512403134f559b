"""``$releasever``, ``$basearch`` and the variables of a base."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from freshlayer.model.base_image import InstalledRpm

ARCHITECTURES = {
    "amd64": ("x86_64", "x86_64"),
    "arm64": ("aarch64", "aarch64"),
    "386": ("i686", "i386"),
    "arm": ("armv7hl", "armhfp"),
    "ppc64le": ("ppc64le", "ppc64le"),
    "s390x": ("s390x", "s390x"),
    "riscv64": ("riscv64", "riscv64"),
    "loong64": ("loongarch64", "loongarch64"),
}
"""Architecture as Docker names it → (architecture of packages, ``$basearch``)."""

_RELEASE_PROVIDES = (
    *("system-release(releasever)", "system-release", "distribution-release(releasever)"),
    *("distribution-release", "redhat-release", "suse-release", "photon-release"),
)
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::([-+])([^{}$]*))?\}|(\w+))", re.ASCII)
_DIRECTORIES = ("/usr/share/dnf5/vars.d/", "/etc/yum/vars/", "/etc/dnf/vars/", "/etc/zypp/vars.d/")


def os_release(files: Mapping[str, str]) -> dict[str, str]:
    """The values of os-release."""
    text = files.get("/etc/os-release") or files.get("/usr/lib/os-release") or ""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


def release_version(files: Mapping[str, str], installed: Iterable[InstalledRpm]) -> str:
    """``$releasever`` as dnf finds it: what the release package provides, else that of os-release."""
    provided: dict[str, str] = {}
    for package in installed:
        for one in package.provides:
            if one.name in _RELEASE_PROVIDES:
                stated = one.version if one.operator == "=" and one.name.endswith("(releasever)") else ""
                bare = stated.rpartition(":")[2].partition("-")[0]
                provided.setdefault(one.name, bare or package.version)
    for name in _RELEASE_PROVIDES:
        if name in provided:
            return provided[name]
    return os_release(files).get("VERSION_ID", "")


def variables(
    files: Mapping[str, str], installed: Iterable[InstalledRpm], architecture: str, release: str
) -> dict[str, str]:
    """All variables of a base. ``release``: ``--releasever``, if given."""
    arch, base = ARCHITECTURES.get(architecture, (architecture, architecture))
    found = {"arch": arch, "basearch": base}
    if version := release or release_version(files, installed):
        major, _, minor = version.partition(".")
        found |= {"releasever": version, "releasever_major": major, "releasever_minor": minor}
    for directory in _DIRECTORIES:
        for path, text in files.items():
            if path.startswith(directory) and "/" not in path[len(directory) :]:
                found[path[len(directory) :]] = text.partition("\n")[0].strip()
    return found


def expanded(text: str, values: Mapping[str, str]) -> str:
    """The text with ``$name``, ``${name}`` and ``${name:-word}`` replaced; what is not known stays."""

    def replace(found: re.Match[str]) -> str:
        name, sign, word = found[1] or found[4], found[2], found[3]
        value = values.get(name, "")
        if sign:
            return (value or word) if sign == "-" else (word if value else "")
        return values.get(name, found[0])

    return _VARIABLE.sub(replace, text)


def unexpanded(text: str) -> str:
    """The first variable that is left in a text, or an empty string."""
    found = _VARIABLE.search(text)
    return found[0] if found else ""
