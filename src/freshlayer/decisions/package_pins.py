"""Locked packages → what apt and dnf read to install exactly their versions. Pure.

apt_preferences(5), and the list of dnf's plugin versionlock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from posixpath import normpath

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.decisions.packages import name_of
from freshlayer.model.lock import LockedPackages
from freshlayer.model.packages import (
    PackageAction,
    PackageChain,
    PackageCommand,
    PackagePins,
    PackageRun,
    PackagesWanted,
)

APT = "apt"
RPM = "rpm"
PLACE = "/etc/apt/preferences.d/00freshlayer"
"""Where apt reads it. The first name that sorts: of two pins for a package the first one counts."""

SOURCES = "/etc/apt/sources.list.d/00freshlayer.list"
"""Where apt finds the archives of a day."""

LIST = "/etc/dnf/plugins/versionlock.list"
"""Where the plugin reads its rules."""

PLUGIN = "python3-dnf-plugin-versionlock"

LARGEST = 500_000
"""Bytes of a file that BuildKit takes for a RUN (500 KiB, ``session/secrets/secretsprovider``)."""

_MOST_RULES = 2000
"""Of a list that freshlayer reads itself (``packages/rpm/lock_list``)."""

_CHOOSING = frozenset(
    {
        *(PackageAction.INSTALL, PackageAction.UPGRADE, PackageAction.DIST_UPGRADE),
        *(PackageAction.BUILD_DEP, PackageAction.GROUP_INSTALL, PackageAction.MODULE),
    }
)
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]{0,200}")
_VERSION = re.compile(r"[0-9][A-Za-z0-9.+~:-]{0,200}")
_PRIORITY = 1001
"""From 1001 on apt takes a version even where an installed one is newer."""

_RPM_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,200}")
_RPM_VERSION = re.compile(r"(?:([0-9]{1,9}):)?([A-Za-z0-9._+~^]{1,100})-([A-Za-z0-9._+~^]{1,100})")


def preferences(blocks: Iterable[LockedPackages]) -> str:
    """The text; empty where a package has two versions, or one that a package of Debian can't have."""
    versions = _versions(blocks, _NAME, _VERSION)
    stanzas = [
        f"Package: {name}\nPin: version {versions[name]}\nPin-Priority: {_PRIORITY}\n"
        for name in sorted(versions)
    ]
    text = "\n".join(stanzas)
    return text if len(text) <= LARGEST else ""


def version_locks(blocks: Iterable[LockedPackages]) -> str:
    """The rules, as ``dnf versionlock add`` writes them; empty as ``preferences``."""
    versions = _versions(blocks, _RPM_NAME, _RPM_VERSION)
    rules = [_rule(name, versions[name]) for name in sorted(versions)]
    text = "".join(rules)
    return text if len(rules) <= _MOST_RULES and len(text) <= LARGEST else ""


def _rule(name: str, version: str) -> str:
    epoch, _, rest = version.rpartition(":")
    return f"{name}-{epoch or 0}:{rest}.*\n"


def _versions(
    blocks: Iterable[LockedPackages], names: re.Pattern[str], versions: re.Pattern[str]
) -> dict[str, str]:
    """Name → version; nothing where there is no single one that fits."""
    found: dict[str, str] = {}
    for package in (package for block in blocks for package in block.packages):
        name = name_of(package.name)
        if not (names.fullmatch(name) and versions.fullmatch(package.version)):
            return {}
        if found.setdefault(name, package.version) != package.version:
            return {}
    return found


class PinFile(Struct, frozen=True):
    """What one manager reads. ``programs``: those that read it; empty: all of the manager's.

    ``plugin``: the package that makes them read it; empty where they do themselves.
    ``extends``: whether the text is put behind that of the base image, whose rules go on to count.
    """

    place: str
    text: Callable[[Iterable[LockedPackages]], str]
    programs: frozenset[str] = frozenset()
    plugin: str = ""
    extends: bool = False


PIN_FILES: Mapping[str, PinFile] = {
    APT: PinFile(PLACE, preferences),
    RPM: PinFile(LIST, version_locks, frozenset({"dnf", "yum", "dnf-3"}), PLUGIN, extends=True),
}
"""Manager → its file. Others have none: of apk it is ``/etc/apk/world``, which apk itself replaces."""


def is_hidden_by(flag: str, place: str = PLACE) -> bool:
    """Whether a ``--mount`` of a RUN is, or may be, over the place of the pins."""
    if not flag.startswith("--mount="):
        return False
    fields = [field.strip("\"' ").partition("=") for field in flag.removeprefix("--mount=").split(",")]
    targets = [value for key, _, value in fields if key.lower() in {"target", "dst", "destination"}]
    return any(_may_hold(place, target) for target in targets)


def _may_hold(place: str, target: str) -> bool:
    """A relative path is below a WORKDIR that may be any part of the path."""
    if "$" in target:
        return True
    path = normpath(target)
    if not path.startswith("/"):
        return path.startswith(".") or f"/{path}/" in f"{place}/"
    return path.strip("/") == "" or f"{place}/".startswith(f"/{path.lstrip('/')}/")


def chooses(run: PackageRun, manager: str = APT) -> bool:
    """Whether a manager chooses packages in an instruction of the Dockerfile, by programs that take pins."""
    return run.number >= 0 and any(_is_pinned(command, manager) for command in run.commands)


def _is_pinned(command: PackageCommand, manager: str) -> bool:
    known = PIN_FILES[manager].programs
    takes = not known or command.program in known
    return command.manager == manager and takes and command.action in _CHOOSING


def changes_place(chain: PackageChain, manager: str, before: str) -> bool:
    """Whether instructions write the file themselves, or a command of the manager does.

    ``before``: its text in the base image.
    """
    place = PIN_FILES[manager].place
    commands = (command for run in chain.runs for command in run.commands if command.manager == manager)
    return any(
        it.files.get(place, before) != before or it.action is PackageAction.CONFIGURE for it in commands
    )


def with_pins(wanted: PackagesWanted, pins: Mapping[int, tuple[PackagePins, ...]]) -> PackagesWanted:
    """The chains, as managers see them with these pins. ``pins``: by the number of the instruction."""
    if not pins:
        return wanted
    return replace(wanted, chains=tuple(_pinned(it, pins) for it in wanted.chains), pins=pins)


def _pinned(chain: PackageChain, pins: Mapping[int, tuple[PackagePins, ...]]) -> PackageChain:
    runs = (
        replace(run, commands=tuple(_with_files(it, pins[run.number]) for it in run.commands))
        if run.number in pins
        else run
        for run in chain.runs
    )
    return replace(chain, runs=tuple(runs))


def _with_files(command: PackageCommand, pins: Iterable[PackagePins]) -> PackageCommand:
    files = {it.place: it.text for it in pins if _reads(command, it)}
    return replace(command, files={**command.files, **files}) if files else command


def _reads(command: PackageCommand, pins: PackagePins) -> bool:
    own = pins.of_lists and command.manager == pins.manager
    return own or _is_pinned(command, pins.manager)


def pinned_in(wanted: PackagesWanted) -> Iterator[tuple[int, PackagePins]]:
    """The line of each instruction that has pins, and these."""
    lines = {run.number: run.line for chain in wanted.chains for run in chain.runs}
    for number, pins in wanted.pins.items():
        if number in lines:
            yield from ((lines[number], it) for it in pins)
