"""Locked packages → what apt reads to install exactly their versions (apt_preferences(5)). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from posixpath import normpath

from msgspec.structs import replace

from freshlayer.decisions.packages import name_of
from freshlayer.model.lock import LockedPackages
from freshlayer.model.packages import PackageAction, PackageChain, PackageCommand, PackageRun, PackagesWanted

APT = "apt"
PLACE = "/etc/apt/preferences.d/00freshlayer"
"""Where apt reads it. The first name that sorts: of two pins for a package the first one counts."""

LARGEST = 500_000
"""Bytes of a file that BuildKit takes for a RUN (500 KiB, ``session/secrets/secretsprovider``)."""

_CHOOSING = frozenset(
    {PackageAction.INSTALL, PackageAction.UPGRADE, PackageAction.DIST_UPGRADE, PackageAction.BUILD_DEP}
)
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]{0,200}")
_VERSION = re.compile(r"[0-9][A-Za-z0-9.+~:-]{0,200}")
_PRIORITY = 1001
"""From 1001 on apt takes a version even where an installed one is newer."""


def preferences(blocks: Iterable[LockedPackages]) -> str:
    """The text; empty where a package has two versions, or one that a package of Debian can't have."""
    versions: dict[str, str] = {}
    for package in (package for block in blocks for package in block.packages):
        name = name_of(package.name)
        if not (_NAME.fullmatch(name) and _VERSION.fullmatch(package.version)):
            return ""
        if versions.setdefault(name, package.version) != package.version:
            return ""
    stanzas = [
        f"Package: {name}\nPin: version {versions[name]}\nPin-Priority: {_PRIORITY}\n"
        for name in sorted(versions)
    ]
    text = "\n".join(stanzas)
    return text if len(text) <= LARGEST else ""


def is_hidden_by(flag: str) -> bool:
    """Whether a ``--mount`` of a RUN is, or may be, over the place of the preferences."""
    if not flag.startswith("--mount="):
        return False
    fields = [field.strip("\"' ").partition("=") for field in flag.removeprefix("--mount=").split(",")]
    targets = [value for key, _, value in fields if key.lower() in {"target", "dst", "destination"}]
    return any(map(_may_hold_place, targets))


def _may_hold_place(target: str) -> bool:
    """A relative path is below a WORKDIR that may be any part of the path."""
    if "$" in target:
        return True
    path = normpath(target)
    if not path.startswith("/"):
        return path.startswith(".") or f"/{path}/" in f"{PLACE}/"
    return path.strip("/") == "" or f"{PLACE}/".startswith(f"/{path.lstrip('/')}/")


def chooses(run: PackageRun) -> bool:
    """Whether apt chooses packages in an instruction of the Dockerfile."""
    return run.number >= 0 and any(_is_pinned(command) for command in run.commands)


def _is_pinned(command: PackageCommand) -> bool:
    return command.manager == APT and command.action in _CHOOSING


def with_pins(wanted: PackagesWanted, texts: Mapping[int, str]) -> PackagesWanted:
    """The chains, as apt sees them with these preferences. ``texts``: by the number of the instruction."""
    return replace(wanted, chains=tuple(_pinned(it, texts) for it in wanted.chains)) if texts else wanted


def _pinned(chain: PackageChain, texts: Mapping[int, str]) -> PackageChain:
    runs = (
        replace(run, commands=tuple(_with_file(it, texts[run.number]) for it in run.commands))
        if run.number in texts
        else run
        for run in chain.runs
    )
    return replace(chain, runs=tuple(runs))


def _with_file(command: PackageCommand, text: str) -> PackageCommand:
    return replace(command, files={**command.files, PLACE: text}) if _is_pinned(command) else command


def pinned_in(wanted: PackagesWanted) -> Iterator[tuple[int, str]]:
    """The line of each instruction that has preferences, and their text."""
    runs = {run.number: run for chain in wanted.chains for run in chain.runs if chooses(run)}
    for run in runs.values():
        text = next((it.files[PLACE] for it in run.commands if _is_pinned(it) and PLACE in it.files), "")
        if text:
            yield run.line, text
