"""``[[projects]]`` and ``[repositories]`` of ``watch.toml``. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from freshlayer.errors import OptionError
from freshlayer.lazy_regex import compiled
from freshlayer.reference import shown
from freshlayer.watch.settings_table import Table

# Nothing that git, its configuration or a message would read in another way.
_URL = compiled(r"(?:https?|ssh)://[A-Za-z0-9._~:@/%+,=?&\[\]-]{1,2000}")
# A name, in which fnmatch's characters stand for others; no label of the last place is a number.
_HOST = compiled(r"(?:[A-Za-z0-9_*?\[\]!-]+\.)*[A-Za-z*?\[][A-Za-z0-9_*?\[\]!-]*\.?")
_SCP = compiled(r"([A-Za-z0-9_.-]+@[A-Za-z0-9.-]+):([A-Za-z0-9._~/-]+)")
_OTHER = compiled(r"[A-Za-z][A-Za-z0-9+.-]*://")
_SCHEMES = frozenset({"http", "https", "ssh"})
_MOST_BRANCHES, _LONGEST = 100, 200
_Word = Annotated[str, Meta(min_length=1, max_length=_LONGEST)]
_MIB = 1024 * 1024


class Repository(Struct, frozen=True):
    """``branches``: patterns, as ``release/*``; an empty one, or none at all: the default branch.

    ``projects``: those of each project, where several have this URL.
    """

    url: str
    branches: tuple[str, ...] = ()
    projects: tuple[tuple[str, ...], ...] = ()

    def named(self, branches: Iterable[str], default: str) -> list[Named]:
        """What each project names. ``default``: the name of the default branch."""
        every = tuple(branches)
        return [_named(patterns or ("",), every, default) for patterns in self.projects or (self.branches,)]


class Named(Struct, frozen=True):
    """The branches that a project names, and its patterns that name none."""

    branches: frozenset[str]
    unmatched: tuple[str, ...]


def _named(patterns: Iterable[str], branches: Collection[str], default: str) -> Named:
    found = {
        it: {branch for branch in branches if (fnmatchcase(branch, it) if it else branch == default)}
        for it in patterns
    }
    return Named(frozenset().union(*found.values()), tuple(it for it, names in found.items() if not names))


def each_once(repositories: Iterable[Repository]) -> list[Repository]:
    """One for each URL, with the patterns of all that have it: it is cloned once, and requested once."""
    found: dict[str, dict[tuple[str, ...], None]] = {}
    for it in repositories:
        found.setdefault(it.url, {})[it.branches] = None
    return [_merged(url, tuple(projects)) for url, projects in found.items()]


def _merged(url: str, projects: tuple[tuple[str, ...], ...]) -> Repository:
    names = {it for branches in projects for it in branches or ("",)}
    every = () if names == {""} else tuple(sorted(names))
    return Repository(url, every, projects if len(projects) > 1 else ())


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


class ListedProject(Struct, frozen=True):
    """An element of a list. Fields that are not known are left for others."""

    git: str
    branches: Annotated[tuple[_Word, ...], Meta(max_length=_MOST_BRANCHES)] = ()


def read(table: Table) -> ProjectSettings:
    """From its tables of the file. Raises OptionError."""
    entries = [_entry(it) for it in table.rows("projects")]
    limits, usual = table.table("repositories"), ProjectSettings()
    settings = ProjectSettings(
        tuple(it for it in entries if isinstance(it, Repository)),
        tuple(it for it in entries if isinstance(it, str)),
        _hosts(limits),
        limits.seconds("fetch", usual.fetch, least=1),
        limits.seconds("timeout", usual.timeout, least=1),
        limits.number("largest_mib", usual.largest // _MIB, 1, 1024 * 1024) * _MIB,
        limits.text("directory"),
        limits.number("total_mib", usual.total // _MIB, 1, 1024 * 1024 * 1024) * _MIB,
    )
    limits.done()
    return settings


def _entry(table: Table) -> Repository | str:
    """A repository, or the URL of a list."""
    git, listed, branches = table.text("git"), table.text("list"), table.words("branches")
    table.done()
    if len(branches) > _MOST_BRANCHES or any(not 0 < len(it) <= _LONGEST for it in branches):
        raise table.fault("branches", f"at most {_MOST_BRANCHES} patterns of up to {_LONGEST} characters")
    if not listed:
        if why := refused(git):
            raise OptionError(f"{table.where} git: {shown(git, 100)!r}: {why}")
        return Repository(git, branches)
    why = refused(listed) or ("" if listed.startswith("http") else "it is not an http or https URL")
    if why or git or branches:
        raise OptionError(f"{table.where} list: {why or 'needs neither git nor branches'}")
    return listed


def _hosts(table: Table) -> tuple[str, ...]:
    words = table.words("allow_hosts")
    for word in words:
        if not _HOST.fullmatch(word) and not _is_network(word):
            what = f"{shown(word, 60)!r} is not a host, an address or a network"
            raise OptionError(f"{table.where}: allow_hosts: {what}")
    return words


def _is_network(word: str) -> bool:
    try:
        ipaddress.ip_network(word, strict=False)
    except ValueError:
        return False
    return True


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
