"""The packages that are installed, as the text of an rpm database states them."""

from __future__ import annotations

import msgspec

from freshlayer.model.base_image import InstalledRpm

DEPENDENCIES = ("provides", "requires", "conflicts", "obsoletes")
WEAK_DEPENDENCIES = ("recommends", "suggests", "supplements", "enhances")
MOST_PACKAGES = 50_000

_LINE = msgspec.json.Decoder(InstalledRpm)


def installed_packages(text: str) -> tuple[InstalledRpm, ...]:
    """The packages of a text. Raises ValueError for what is not one."""
    lines = [line for line in text.split("\n") if line]
    if len(lines) > MOST_PACKAGES:
        raise ValueError(f"more than {MOST_PACKAGES} installed packages")
    try:
        return tuple(_LINE.decode(line) for line in lines)
    except msgspec.MsgspecError as error:
        raise ValueError(f"not a package: {error}") from error


def evr(package: InstalledRpm) -> str:
    """``[epoch:]version-release``."""
    bare = f"{package.version}-{package.release}"
    return f"{package.epoch}:{bare}" if package.epoch else bare
