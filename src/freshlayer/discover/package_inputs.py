"""Packages that commands name, as inputs: what can be listed of them before an index is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from freshlayer import reference
from freshlayer.dockerfile.model import Stage
from freshlayer.errors import ReferenceInvalidError
from freshlayer.lazy_regex import ASCII, compiled
from freshlayer.masking.lazy_urls import quote
from freshlayer.model.inputs import NotWatched, Place, RemoteInput
from freshlayer.model.package_policy import URL_TYPES, PackagePolicy
from freshlayer.model.packages import READS_NOTHING, PackageAction, PackageChain, PackageCommand, PackageRun
from freshlayer.model.reasons import Reason
from freshlayer.reference import Reference

if TYPE_CHECKING:
    import re

_READS = frozenset(PackageAction) - READS_NOTHING
_OF_ALL = frozenset({PackageAction.UPGRADE, PackageAction.DIST_UPGRADE})
_EVERY = "*"
"""Every installed package."""
_IN_NAMES = compiled(r"[\w.:+*~()-]", ASCII)
_PLUS = compiled(r"[^+]\+$")
_FILE = compiled(r"://|^[./~]|/.*\.(?:deb|rpm|apk)$|\.(?:deb|rpm|spec)$")
_APT = compiled(r"(?P<name>[^\s=/:]+?)(?::(?P<arch>[\w-]+))?(?:[=/].*)?")
_APK = compiled(r"(?P<name>[^\s<>=~@!]+)(?:[<>=~@].*)?")
_RPM = compiled(r"\+?(?P<name>[^\s<>=]+)(?:\s*[<>=].*)?")
_LANGUAGES = {
    "pypi": compiled(r"\s*(?P<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)"),
    "npm": compiled(r"(?i)(?:[\w.~/@-]+@npm:)?(?P<name>(?:@[a-z0-9~._-]+/)?[a-z0-9~._-]+)(?:@|$)"),
    "gem": compiled(r"(?P<name>[A-Za-z0-9._-]+)(?::|$)"),
    "nuget": compiled(r"(?P<name>[A-Za-z0-9_][\w.-]*)(?:@|$)"),
    "maven": compiled(r"(?P<group>[\w.-]+):(?P<name>[\w.-]+):(?P<version>[^:\s]+)"),
    "cran": compiled(r"(?P<name>[A-Za-z][A-Za-z0-9.]+)"),
    "tools": compiled(r"(?P<name>[\w./-]+)@(?P<channel>.+)"),
    "go": compiled(r"(?P<name>[\w.~/-]+?)(?:/\.\.\.)?@"),
    "composer": compiled(r"(?P<name>[\w.-]+/[\w.-]+)(?::|$)"),
    "cargo": compiled(r"(?P<name>[A-Za-z0-9_-]+)(?:@|$)"),
    "conda": compiled(r"(?:[^\s\[\]]+?::)?(?P<name>[A-Za-z0-9_][A-Za-z0-9._-]*)"),
}
_INDEX = Reason("package-index")


class PackagesNamed:
    """``inputs``: the packages by name. ``missed``: what is read from an index beside them."""

    def __init__(self, chains: tuple[PackageChain, ...], stages: tuple[Stage, ...]) -> None:
        self._labels = {it.number: stage.label for stage in stages for it in stage.instructions}
        self._places: dict[Reference, dict[Place, None]] = {}
        self._quiet: dict[NotWatched, None] = {}
        self._updated: dict[str, PackageRun] = {}
        for chain in chains:
            self._updated = {}
            for run in chain.runs:
                self._add(run)

    @property
    def inputs(self) -> tuple[RemoteInput, ...]:
        """By reference, with the places that name them and those that read their index."""
        return tuple(RemoteInput(named, tuple(places)) for named, places in self._places.items())

    @property
    def missed(self) -> tuple[NotWatched, ...]:
        """Updates whose lists no instruction uses."""
        lines = {place.line for places in self._places.values() for place in places}
        return tuple(item for item in self._quiet if item.line not in lines)

    def _add(self, run: PackageRun) -> None:
        reads = [command for command in run.commands if command.action in _READS]
        if run.policy is PackagePolicy.OFF:
            return
        known = [command for command in reads if not command.unknown]
        for command in known:
            if command.updates:
                self._updated[command.manager] = run
            for named in _references(command):
                places = self._places.setdefault(named, {})
                for where in (run, self._updated.get(command.manager, run)):
                    places[self._place(where, command)] = None
        if known and len(known) == len(reads):
            self._quiet[_missed(run, reads[0], _INDEX)] = None

    def _place(self, run: PackageRun, command: PackageCommand) -> Place:
        return Place(run.line, "RUN", self._labels.get(run.number, ""), command.program, command.script)


def _missed(run: PackageRun, command: PackageCommand, reason: Reason) -> NotWatched:
    return NotWatched(run.line, "RUN", command.text, reason, accepted=True, script=command.script)


def _references(command: PackageCommand) -> Iterator[Reference]:
    names = list(_names(command))
    if not names and command.action in _OF_ALL:
        names = [(_EVERY, "")]
    kind = URL_TYPES[command.manager]
    for name, qualifiers in names:
        try:
            yield reference.parse(f"pkg:{kind}/{'/'.join(map(_encoded, name.split('/')))}{qualifiers}")
        except ReferenceInvalidError:
            continue


def _encoded(name: str) -> str:
    return "".join(c if _IN_NAMES.match(c) else f"%{ord(c):02X}" for c in name if c < "\x7f")


def _names(command: PackageCommand) -> Iterator[tuple[str, str]]:
    """(name, qualifiers) of each word that names a package, a group or a module."""
    marked = {PackageAction.GROUP_INSTALL, PackageAction.MODULE}
    for word in command.words:
        if _FILE.search(word) and not word.startswith("."):
            continue
        language = _LANGUAGES.get(command.manager)
        if language:
            match = language.match(word)
            yield from [(_below_group(match), _qualifiers(match))] if match else []
            continue
        if command.manager == "apt":
            yield from _of_apt(word, source=command.action is PackageAction.BUILD_DEP)
        elif command.manager == "apk":
            match = None if word.startswith(("!", ".")) else _APK.fullmatch(word)
            yield from [(match["name"], "")] if match else []
        elif command.action in marked or word.startswith("@"):
            yield f"@{word.lstrip('@').partition('/')[0]}", ""
        elif (match := _RPM.fullmatch(word)) and not word.startswith(("-", "!")):
            yield match["name"], ""


def _below_group(match: re.Match[str]) -> str:
    group = match.groupdict().get("group")
    return f"{group}/{match['name']}" if group else match["name"]


def _qualifiers(match: re.Match[str]) -> str:
    """Of one tool several versions can be installed."""
    known = match.groupdict()
    version = known.get("version") or ""
    channel = version if version.endswith("-SNAPSHOT") else known.get("channel")
    return f"?channel={quote(channel, safe='')}" if channel else ""


def _of_apt(word: str, *, source: bool) -> Iterator[tuple[str, str]]:
    """``jq=1.6*``, ``jq/sid``, ``jq:i386``; ``jq-`` removes, ``jq+`` installs."""
    match = None if word.endswith("-") or word.startswith(".") else _APT.fullmatch(word)
    if match:
        name = match["name"]
        name = name[:-1] if _PLUS.search(name) else name
        arch = "source" if source else match["arch"] or ""
        yield name, f"?arch={arch}" if arch else ""
