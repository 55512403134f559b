"""Platforms of gems that a stage runs (Gem::Platform)."""

from __future__ import annotations

import re

from freshlayer.model.base_image import BaseImage

_MACHINES = {
    "amd64": "x86_64",
    "arm64": "aarch64",
    "386": "x86",
    "ppc64le": "powerpc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
    "arm": "arm",
}
_SAME = {"arm64": "aarch64", "amd64": "x86_64", "i386": "x86", "i686": "x86", "ppc64le": "powerpc64le"}
RUBY = "ruby"


def platforms_of(base: BaseImage, architecture: str) -> tuple[str, ...]:
    """What runs there, the best first; gems of ``ruby`` last: they are built."""
    machine = _MACHINES.get(architecture.partition("/")[0], architecture)
    files = base.contents.files if base.contents else {}
    alpine = (
        re.search(r"(?m)^ID=[\"']?alpine", files.get("/etc/os-release", "")) or "alpine" in base.reference
    )
    library = "musl" if alpine else "gnu"
    return (f"{machine}-linux-{library}", f"{machine}-linux", RUBY)


def normal(platform: str) -> str:
    """A platform in the spelling of ``platforms_of``."""
    machine, _, rest = platform.partition("-")
    return f"{_SAME.get(machine, machine)}-{re.sub(r'eabi(?:hf)?$', '', rest)}" if rest else platform
