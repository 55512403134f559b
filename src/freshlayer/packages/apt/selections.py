"""``apt-mark``: which packages are held, and which were installed for others."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from freshlayer.packages.apt.expressions import expression
from freshlayer.packages.apt.installed import Installed, InstalledPackage

HOLD, UNHOLD, MANUAL, AUTOMATIC = "hold", "unhold", "manual", "auto"
_PATTERN = re.compile(r"[.?*|\[\]^$]")


def marked(installed: Installed, verb: str, words: Sequence[str]) -> Installed:
    """The packages as ``apt-mark VERB`` leaves them.

    A pattern makes no package automatic: ``apt-mark auto '.*'`` comes before an ``apt-mark manual`` with what
    the script found out before, which is not known.
    """
    for word in words:
        name, _, architecture = word.partition(":")
        found = [
            one for one in _named(installed, name, verb) if architecture in {"", one.record.architecture}
        ]
        if verb in {HOLD, UNHOLD} and not found and not _PATTERN.search(name):
            installed = installed.holding(name, held=verb == HOLD)
        if found:
            installed = installed.but((), [_changed(one, verb) for one in found])
    return installed


def _named(installed: Installed, name: str, verb: str) -> Iterator[InstalledPackage]:
    if installed.of(name) or not _PATTERN.search(name):
        yield from installed.of(name)
    elif verb != AUTOMATIC:
        names = fnmatch.filter(installed.names(), name)
        fits = None if names else expression(name)
        names = names or [one for one in installed.names() if fits is not None and fits.search(one)]
        yield from (package for one in names for package in installed.of(one))


def _changed(package: InstalledPackage, verb: str) -> InstalledPackage:
    if verb in {HOLD, UNHOLD}:
        return replace(package, held=verb == HOLD)
    return replace(package, automatic=verb == AUTOMATIC)
