"""Which paths of an image are kept while its layers pass by: without a slash at their start."""

from __future__ import annotations

from msgspec import Struct

from freshlayer.bases.limits import LARGEST_DATABASE, LARGEST_FILE, LARGEST_ON_DISK
from freshlayer.model import base_image

APT, APK, RPM = "apt", "apk", "rpm"
DPKG_STATUS = "var/lib/dpkg/status"
DPKG_STATUS_DIRECTORY = "var/lib/dpkg/status.d"
APK_INSTALLED = ("lib/apk/db/installed", "usr/lib/apk/db/installed")
RPM_PLACES = ("usr/lib/sysimage/rpm", "var/lib/rpm")
RPM_SQLITE = tuple(f"{place}/rpmdb.sqlite" for place in RPM_PLACES)
RPM_SQLITE_LOG = "-wal"
RPM_NDB = tuple(f"{place}/Packages.db" for place in RPM_PLACES)
RPM_BERKELEY = tuple(f"{place}/Packages" for place in RPM_PLACES)

_TEXT_DATABASES = frozenset({DPKG_STATUS, *APK_INSTALLED, "var/lib/apt/extended_states"})
_LOGS = tuple(f"{path}{RPM_SQLITE_LOG}" for path in RPM_SQLITE)
_ON_DISK = frozenset({*RPM_SQLITE, *_LOGS, *RPM_NDB, *RPM_BERKELEY})
_NOT_STATUS = ".md5sums"

FILES = tuple(sorted(path.lstrip("/") for path in base_image.FILES))
DIRECTORIES = tuple(path.lstrip("/") for path in base_image.DIRECTORIES)


class Wanted(Struct, frozen=True):
    """Which paths are kept. ``exact``: the files and what leads to them; ``below``: prefixes with a slash.

    ``extra``: those that links of the image lead to.
    """

    exact: frozenset[str]
    below: tuple[str, ...]
    extra: frozenset[str] = frozenset()

    def concerns(self, path: str) -> bool:
        """Whether an entry of this path can change what is kept."""
        if path in self.exact or not path:
            return True
        return path.startswith(self.below) and not is_left_out(path)

    def keeps(self, path: str) -> bool:
        """Whether the content of a file of this path is kept."""
        return (
            path in _SINGLE or path in self.extra or (path.startswith(self.below) and not is_left_out(path))
        )

    def with_extra(self, paths: frozenset[str]) -> Wanted:
        """The same with more: a file, or a directory with all that is below it."""
        exact = self.exact | {path for one in paths for path in (one, *_above(one))}
        below = tuple(dict.fromkeys((*self.below, *(f"{one}/" for one in sorted(paths)))))
        return Wanted(exact, below, self.extra | paths)


def largest(path: str) -> int:
    """The bytes that a file of this path may have."""
    if path in _ON_DISK:
        return LARGEST_ON_DISK
    return LARGEST_DATABASE if path in _TEXT_DATABASES else LARGEST_FILE


def is_on_disk(path: str) -> bool:
    """Whether a file is kept in a temporary file, not in memory."""
    return path in _ON_DISK


def is_database(path: str) -> bool:
    """Whether a file has the packages that are installed: without it nothing is known of them."""
    return path in _ON_DISK or path in _TEXT_DATABASES or path.startswith(f"{DPKG_STATUS_DIRECTORY}/")


def is_left_out(path: str) -> bool:
    """Whether a file below a directory that is kept is a key or a credential, or of no use."""
    if path.startswith(f"{DPKG_STATUS_DIRECTORY}/"):
        return path.endswith(_NOT_STATUS)
    return path.startswith(_BELOW_DIRECTORIES) and not base_image.is_kept(f"/{path}")


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


_SINGLE = frozenset({*FILES, *_TEXT_DATABASES, *_ON_DISK})
_BELOW = (*DIRECTORIES, DPKG_STATUS_DIRECTORY)
_BELOW_DIRECTORIES = tuple(f"{path}/" for path in DIRECTORIES)


def wanted() -> Wanted:
    """What is wanted of every image."""
    names = (*_SINGLE, *_BELOW)
    exact = frozenset({path for name in names for path in (name, *_above(name))})
    return Wanted(exact, tuple(f"{name}/" for name in _BELOW))
