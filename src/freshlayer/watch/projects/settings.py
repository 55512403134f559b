"""``[[projects]]`` and ``[repositories]`` of ``watch.toml``. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct, field

from freshlayer.errors import OptionError
from freshlayer.lazy_regex import compiled
from freshlayer.model.duration import SECONDS
from freshlayer.reference import shown

_DURATION = compiled(r"\s*(\d{1,6})\s*(s|m|h|d|w)\s*")
# Nothing that git, its configuration or a message would read in another way.
_URL = compiled(r"(?:https?|ssh)://[A-Za-z0-9._~:@/%+,=?&\[\]-]{1,2000}")
# A name, in which fnmatch's characters stand for others; no label of the last place is a number.
_HOST = compiled(r"(?:[A-Za-z0-9_*?\[\]!-]+\.)*[A-Za-z*?\[][A-Za-z0-9_*?\[\]!-]*\.?")
_SCP = compiled(r"([A-Za-z0-9_.-]+@[A-Za-z0-9.-]+):([A-Za-z0-9._~/-]+)")
_OTHER = compiled(r"[A-Za-z][A-Za-z0-9+.-]*://")
_SCHEMES = frozenset({"http", "https", "ssh"})
_Word = Annotated[str, Meta(min_length=1, max_length=200)]
_MIB = 1024 * 1024
TABLES = frozenset({"projects", "repositories"})


class Repository(Struct, frozen=True):
    """``branches``: patterns, as ``release/*``; an empty one, or none at all: the default branch."""

    url: str
    branches: tuple[str, ...] = ()

    def wants(self, branch: str, default: str) -> bool:
        """Whether a pattern names a branch. ``default``: the name of the default branch."""
        return any(fnmatchcase(branch, it) if it else branch == default for it in self.branches or ("",))


def each_once(repositories: Iterable[Repository]) -> list[Repository]:
    """One for each URL, with the patterns of all that have it: it is cloned once, and requested once."""
    found: dict[str, dict[str, None]] = {}
    for it in repositories:
        found.setdefault(it.url, {}).update(dict.fromkeys(it.branches or ("",)))
    return [Repository(url, () if list(names) == [""] else tuple(sorted(names))) for url, names in found.items()]


class ProjectSettings(Struct, frozen=True):
    """``fetch``, ``timeout``: in seconds. ``largest``: bytes of one clone, with all of its branches.

    ``total``: bytes of all clones.

    ``allow_hosts``: names of hosts (``*.example.org``), addresses and networks; empty: every public address.
    """

    repositories: tuple[Repository, ...] = ()
    lists: tuple[str, ...] = ()
    allow_hosts: tuple[str, ...] = ()
    fetch: int = 300
    timeout: int = 300
    largest: int = 1024 * _MIB
    directory: str = ""
    total: int = 20 * 1024 * _MIB

    @property
    def is_empty(self) -> bool:
        """Whether nothing is cloned."""
        return not self.repositories and not self.lists


class _Entry(Struct, frozen=True, forbid_unknown_fields=True):
    git: str = ""
    list: str = ""
    branches: Annotated[tuple[_Word, ...], Meta(max_length=100)] = ()


class _Limits(Struct, frozen=True, forbid_unknown_fields=True):
    allow_hosts: tuple[_Word, ...] = ()
    fetch: int | str = 300
    timeout: int | str = 300
    largest_mib: Annotated[int, Meta(ge=1, le=1024 * 1024)] = 1024
    total_mib: Annotated[int, Meta(ge=1, le=1024 * 1024 * 1024)] = 20 * 1024
    directory: str = ""


class ListedProject(Struct, frozen=True):
    """An element of a list. Fields that are not known are left for others."""

    git: str
    branches: Annotated[tuple[_Word, ...], Meta(max_length=100)] = ()


class _Part(Struct, frozen=True):
    """What is ours in the file; the rest is read elsewhere."""

    projects: tuple[_Entry, ...] = ()
    repositories: _Limits = field(default_factory=_Limits)


def read(document: Mapping[str, Any], where: str) -> ProjectSettings:
    """From the tables of the file. Raises OptionError."""
    _check_names(document.get("repositories"), _Limits, f"{where}: [repositories]")
    entries = document.get("projects")
    for entry in entries if isinstance(entries, list) else ():
        _check_names(entry, _Entry, f"{where}: [[projects]]")
    try:
        part = msgspec.convert(document, _Part)
    except msgspec.ValidationError as error:
        what, _, place = str(error).replace("`", "").rpartition(" - at $.")
        raise OptionError(f"{where}: {place}: {what}" if what else f"{where}: {error}") from None
    limits = part.repositories
    return ProjectSettings(
        tuple(_repository(it, where) for it in part.projects if not it.list),
        tuple(_list(it, where) for it in part.projects if it.list),
        _hosts(limits.allow_hosts, where),
        _seconds(limits.fetch, "fetch", where),
        _seconds(limits.timeout, "timeout", where),
        limits.largest_mib * _MIB,
        limits.directory,
        limits.total_mib * _MIB,
    )


def _hosts(words: tuple[str, ...], where: str) -> tuple[str, ...]:
    for word in words:
        if not _HOST.fullmatch(word) and not _is_network(word):
            what = f"{shown(word, 60)!r} is not a host, an address or a network"
            raise OptionError(f"{where}: [repositories]: allow_hosts: {what}")
    return words


def _is_network(word: str) -> bool:
    try:
        ipaddress.ip_network(word, strict=False)
    except ValueError:
        return False
    return True


def _check_names(table: object, known: type[Struct], place: str) -> None:
    """Raises OptionError where a table has another setting."""
    for name in table if isinstance(table, dict) else ():
        if name not in known.__struct_fields__:
            there = ", ".join(sorted(known.__struct_fields__))
            raise OptionError(f"{place}: there is no setting {shown(name, 30)!r} (there are {there})")


def _repository(entry: _Entry, where: str) -> Repository:
    why = refused(entry.git)
    if why:
        raise OptionError(f"{where}: [[projects]] git: {shown(entry.git, 100)!r}: {why}")
    return Repository(entry.git, entry.branches)


def _list(entry: _Entry, where: str) -> str:
    why = refused(entry.list) or ("" if entry.list.startswith("http") else "it is not an http or https URL")
    if why or entry.git or entry.branches:
        raise OptionError(f"{where}: [[projects]] list: {why or 'needs neither git nor branches'}")
    return entry.list


def _seconds(value: int | str, name: str, where: str) -> int:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    found = int(match[1]) * SECONDS[match[2]] if match else value
    if not isinstance(found, int) or found < 1:
        raise OptionError(f"{where}: [repositories] {name} is not a time of at least 1 s (write 5m, 1h, …)")
    return found


def is_repository(word: str) -> bool:
    """Whether a word of the command line names a repository, and not a path."""
    scheme, colon, _ = word.partition("://")
    return bool(colon) and scheme in _SCHEMES


def meant(word: str) -> str:
    """How to write what git reads as a repository and nothing here does; empty where it is no such word."""
    if found := _SCP.fullmatch(word):
        return shown(f"ssh://{found[1]}/{found[2].lstrip('/')}", 100)
    return "https://HOST/PATH, or ssh://" if _OTHER.match(word) and not is_repository(word) else ""


def refused(url: str) -> str:
    """Why a URL is none of a repository, a clause; empty where it may be one."""
    if not _URL.fullmatch(url):
        instead = meant(url)
        return f"it is not an https, http or ssh URL{f' (write {instead})' if instead else ''}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "it is not a URL"
    if not parts.hostname or parts.hostname.startswith("-") or port == 0:
        return "it names no host"
    if parts.password is not None or (parts.username and parts.scheme != "ssh"):
        return "it holds a credential (use netrc or [hosts] of the settings)"
    if (parts.username or "").startswith("-"):
        return "its user name is none"
    return ""
