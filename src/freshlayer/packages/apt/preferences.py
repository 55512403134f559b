"""Pins: which versions of which packages are preferred (apt_preferences(5))."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from freshlayer.packages.apt.configuration import parts_of
from freshlayer.packages.apt.expressions import matches
from freshlayer.packages.apt.stanzas import stanzas_of

NEVER = -32768
INSTALLED = 100


class Origin(Struct, frozen=True):
    """From where versions come: a component of a suite, as its Release file describes it.

    ``security``: whether it is a suite for security updates.
    """

    archive: str = ""
    codename: str = ""
    version: str = ""
    origin: str = ""
    label: str = ""
    component: str = ""
    architecture: str = ""
    site: str = ""
    not_automatic: bool = False
    but_automatic_upgrades: bool = False
    security: bool = False


class Pin(Struct, frozen=True):
    """One pin. ``names``: patterns of package names; empty for a pin of all packages."""

    names: tuple[str, ...]
    kind: str
    data: str
    priority: int


def release_matches(data: str, origin: Origin) -> bool:
    """``Pin: release …``, ``-t``, ``pkg/…``."""
    data = data.strip()
    if data == "*":
        return True
    if "=" not in data:
        if data[:1].isdigit():
            return _version_matches(data, origin.version)
        return matches(data, origin.archive) or matches(data, origin.codename)
    wanted = _wanted(data)
    version = wanted.pop("v", "")
    if version and not _version_matches(version, origin.version):
        return False
    return bool(wanted or version) and all(
        matches(value, str(getattr(origin, _FIELDS[key]))) for key, value in wanted.items()
    )


_FIELDS = {
    "a": "archive",
    "n": "codename",
    "o": "origin",
    "l": "label",
    "c": "component",
    "b": "architecture",
}


def _wanted(data: str) -> dict[str, str]:
    parts = (part.strip().partition("=") for part in data.split(","))
    return {key.lower(): value for key, _, value in parts if value and key.lower() in {*_FIELDS, "v"}}


def _version_matches(pattern: str, version: str) -> bool:
    """A version of a release, or of a package: equal, a prefix with ``*``, or an expression."""
    if pattern.endswith("*") and version.lower().startswith(pattern[:-1].lower()):
        return True
    return matches(pattern, version)


def pinned_version(pattern: str, version: str) -> bool:
    """``Pin: version …``, ``pkg=…``."""
    return _version_matches(pattern, version)


def pins_of(files: Mapping[str, str], default_release: str) -> tuple[Pin, ...]:
    """All pins: first that of ``-t``, then those of the files in apt's order."""
    paths = ("/etc/apt/preferences", *parts_of(files, "/etc/apt/preferences.d", ("", ".pref")))
    target = (Pin((), "release", default_release, 990),) if default_release else ()
    return (*target, *(pin for path in paths for pin in _read(files.get(path, ""))))


def _read(text: str) -> Iterator[Pin]:
    for fields in stanzas_of(text):
        kind, _, data = fields.get("pin", "").partition(" ")
        names = tuple(fields.get("package", "").split())
        priority = _priority(fields.get("pin-priority", ""))
        if names and priority and kind.lower() in {"version", "release", "origin"}:
            yield Pin(() if names == ("*",) else names, kind.lower(), data.strip(), priority)


def _priority(text: str) -> int:
    if text == "never":
        return NEVER
    return int(text) if re.fullmatch(r"[+-]?\d{1,5}", text) else 0


class Policy:
    """Priorities of origins and of versions."""

    def __init__(self, pins: Sequence[Pin], origins: Sequence[Origin]) -> None:
        self._origins = origins
        self._pins = [pin for pin in pins if pin.names]
        general = [pin for pin in pins if not pin.names]
        self.priorities = [_of_origin(origin, general) for origin in origins]
        self._installed = next(
            (pin.priority for pin in general if pin.kind == "release" and _names_installed(pin.data)),
            INSTALLED,
        )

    def priority(self, name: str, package: tuple[str, str], version: str, origins: Sequence[int]) -> int:
        """Of an available version. ``package``: name and version of its source; ``origins``: by number."""
        pin = self._pin(name, package[0], version, origins) if self._pins else None
        if pin is not None and any(self.priorities[number] != NEVER for number in origins):
            return pin
        return max((self.priorities[number] for number in origins), default=-1)

    def priority_installed(
        self, name: str, package: tuple[str, str], version: str, origins: Sequence[int]
    ) -> int:
        """Of the version that is installed, which may be available too."""
        pin = self._pin(name, package[0], version, origins) if self._pins else None
        if pin is not None:
            return pin
        return max([self._installed, *(self.priorities[number] for number in origins)])

    def _pin(self, name: str, source: str, version: str, origins: Sequence[int]) -> int | None:
        for pin in self._pins:
            if self._selects(pin, version, origins) and _names(pin, name, source):
                return pin.priority
        return None

    def _selects(self, pin: Pin, version: str, origins: Sequence[int]) -> bool:
        if pin.kind == "version":
            return pinned_version(pin.data, version)
        return any(_origin_matches(pin, self._origins[number]) for number in origins)


def _names(pin: Pin, name: str, source: str) -> bool:
    """``src:x`` names the source package; an architecture behind a colon is that of the package."""
    for written in pin.names:
        of_source = written.startswith("src:")
        pattern = written.removeprefix("src:").partition(":")[0]
        other = source if of_source else name
        if pattern == other or (re.search(r"[*?\[/]", pattern) and matches(pattern, other)):
            return True
    return False


def _names_installed(data: str) -> bool:
    wanted = _wanted(data)
    archives = set(wanted) <= {"a"} and matches(wanted.get("a", "*"), "now")
    return data.strip() == "*" or (archives if "=" in data else matches(data.strip(), "now"))


def _origin_matches(pin: Pin, origin: Origin) -> bool:
    if pin.kind == "origin":
        return matches(pin.data.strip('"'), origin.site)
    return release_matches(pin.data, origin)


def _of_origin(origin: Origin, general: Sequence[Pin]) -> int:
    found = [pin.priority for pin in general if _origin_matches(pin, origin)]
    if NEVER in found:
        return NEVER
    if found:
        return found[0]
    if origin.but_automatic_upgrades:
        return 100
    return 1 if origin.not_automatic else 500
