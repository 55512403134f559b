"""How a package is named in references and reports. Pure."""

from __future__ import annotations

import base64
import binascii
import shlex
from collections.abc import Mapping

from freshlayer.model.packages import ChosenPackage
from freshlayer.packages.apk.root import Installed

_SCHEMES = {"Q1": "sha1", "Q2": "sha256"}


def distribution(files: Mapping[str, str]) -> tuple[str, str]:
    """Name and release of a distribution by its ``os-release``.

    A point release of the base (3.20.1 → 3.20.2) has the same packages, so it keeps their names.
    """
    text = files.get("/etc/os-release", "") or files.get("/usr/lib/os-release", "")
    values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    name, release = (" ".join(_unquoted(values.get(key, ""))) for key in ("ID", "VERSION_ID"))
    if "_alpha" in release:
        release = "edge"
    return name or "alpine", ".".join(release.split(".")[:2])


def _unquoted(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return []


def chosen(one: Installed, distro: tuple[str, str], architecture: str, default: str) -> ChosenPackage:
    """``default``: what wants it, where neither a word nor a package does."""
    from packageurl import PackageURL  # noqa: PLC0415 - a run without packages does not load it

    name, release = distro
    qualifiers = {"arch": architecture, **({"distro": release} if release else {})}
    record = one.record
    return ChosenPackage(
        PackageURL("apk", name, record.name, qualifiers=qualifiers).to_string(),
        record.name,
        record.version,
        _digest(record.checksum),
        wanted_by=one.word or one.wanted_by or default,
        named=bool(one.word),
        before=one.before,
    )


def _digest(checksum: str) -> str:
    """``Q1…``: the SHA-1 of the package's control part in base64."""
    try:
        value = base64.b64decode(checksum[2:], validate=True).hex()
    except (binascii.Error, ValueError):
        value = ""
    scheme = _SCHEMES.get(checksum[:2])
    return f"{scheme}:{value}" if scheme and value else f"checksum:{checksum}"
