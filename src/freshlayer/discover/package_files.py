"""The files that configure a package manager, as they are when a command runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import join, normpath

from msgspec import Struct, field

from freshlayer.discover.local_hosts import METADATA, why_local
from freshlayer.lazy_regex import compiled
from freshlayer.model.base_image import is_kept
from freshlayer.model.inputs import is_download
from freshlayer.model.reasons import Reason
from freshlayer.shell import Text, written
from freshlayer.shell import worst as worst_of
from freshlayer.shell.downloads import Downloads
from freshlayer.shell.files import FilesSeen, FileText, NoText
from freshlayer.shell.patterns import matches

_COMMON = ("/etc/os-release", "/usr/lib/os-release")
_FILES = {"rpm": ("/etc/yum.conf", "/etc/redhat-release")}
_DIRECTORIES = {
    "apt": ("/etc/apt",),
    "apk": ("/etc/apk", "/lib/apk", "/usr/lib/apk"),
    "rpm": ("/etc/yum.repos.d", "/etc/yum", "/etc/dnf", "/etc/tdnf", "/etc/zypp"),
}
_PLACES = {
    manager: (*_COMMON, *_FILES.get(manager, ()), *directories)
    for manager, directories in _DIRECTORIES.items()
}
"""All that is looked at for a manager."""
_SOURCES = compiled(
    r"/etc/apt/sources\.list(?:\.d/[^/]+\.(?:list|sources))?"
    r"|/etc/apk/repositories|(?:/etc|/lib|/usr/lib)/apk/repositories\.d/[^/]+\.list"
    r"|/etc/(?:yum\.repos|zypp/repos)\.d/[^/]+\.repo"
    r"|/etc/dnf/plugins/versionlock\.list"
)
"""Files that name repositories, and the one that holds versions."""
_URL = compiled(r"\w+://[^\s\"']+")
_REPOSITORY = compiled(
    r"(?m)^\s*(?:deb\s|URIs:|@\S+\s+\S|(?:https?|ftp)://|(?:baseurl|metalink|mirrorlist)\s*=)"
)
"""A line of such a file that names one."""
_WORDED = {
    "script-not-read": "the build downloads it, and its text is not known before its origin is probed",
    "script-downloaded": "the build downloads it, and its text is not known",
    "script-changed": "a command changes it in a way that freshlayer does not compute",
    "script-of-image": "it is a file of another image",
    "script-private": "it is downloaded with a credential, and freshlayer does not read it",
    "script-not-in-context": "it is not in the build context, as far as freshlayer can read it",
    "script-not-text": "what is downloaded is not a text",
}
"""Reasons of scripts, for files that are none."""
_RECOMMENDED = compiled(r"(?m)^(?:Recommends|Suggests):.*(?:\n[ \t].*)*\n?")
_PATTERN = compiled(r"[*?\[]")
_DEEPEST = 3
_MOST_FILES = 500


class ManagerFiles(Struct, frozen=True):
    """``texts``: absolute path → text. ``unknown``: why none of the files that name repositories is known.

    ``unlisted``: why some of them are not, where others are.
    ``foreign``: paths of those whose text an origin decides; ``origins``: the references of these origins.
    """

    texts: dict[str, str] = field(default_factory=dict)
    unknown: Reason | None = None
    foreign: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    unlisted: Reason | None = None


def manager_files(manager: str, files: FilesSeen, downloads: Downloads) -> ManagerFiles:
    """All that configures a manager. A file that is not known, and names no repository, is left out."""
    if not files.may_have(_PLACES[manager]):
        return ManagerFiles()
    texts: dict[str, str] = {}
    unknown: Reason | None = None
    foreign: dict[str, str] = {}
    for path, file in _every(manager, files):
        names_sources = _SOURCES.fullmatch(path) is not None
        if isinstance(file, NoText) and file.source and names_sources:
            found: FileText | NoText = downloads.text(file.source)
        else:
            found = file
        reason = _why_not(found) if names_sources else None
        if reason is not None:
            unknown = unknown or Reason("package-source", path, _WORDED.get(reason.code, reason.text))
        elif isinstance(found, FileText):
            texts[path] = written(_likeliest(found))
            foreign |= {path: found.origin or found.name} if found.origin or is_download(found.name) else {}
    origins = tuple(dict.fromkeys(foreign.values()))
    others = any(_names_repositories(path, text) for path, text in texts.items())
    return ManagerFiles(
        texts, None if others else unknown, tuple(foreign), origins, unknown if others else None
    )


def _names_repositories(path: str, text: str) -> bool:
    return _SOURCES.fullmatch(path) is not None and _REPOSITORY.search(text) is not None


def _every(manager: str, files: FilesSeen) -> list[tuple[str, FileText | NoText]]:
    paths = (*_COMMON, *_FILES.get(manager, ()))
    found = [(path, file) for path in paths if (file := files.find(path)) is not None]
    for directory in _DIRECTORIES[manager]:
        names = files.names(directory)
        found += _below(directory, names, files, 0) if names else ()
    return found


def _below(
    directory: str, names: frozenset[str], files: FilesSeen, depth: int
) -> Iterator[tuple[str, FileText | NoText]]:
    for name in sorted(names)[:_MOST_FILES]:
        path = join(directory, name)
        found = files.find(path) if is_kept(path) else None
        if found is not None:
            yield path, found
        elif depth < _DEEPEST and is_kept(join(path, "x")):
            yield from _below(path, files.names(path), files, depth + 1)


def _why_not(found: FileText | NoText) -> Reason | None:
    """Why the repositories of a file are not known, or are never requested."""
    if isinstance(found, NoText):
        return found.reason
    text = _likeliest(found)
    hole = worst_of(text)
    if hole is not None:
        return hole.reason
    confined = (why_local(url) for url in _URL.findall(written(text)))
    return next((reason for reason in confined if reason is METADATA), None)


def _likeliest(found: FileText) -> Text:
    """Of a file that a branch changes, what it has there: the last alternative."""
    return found.text[-1]


def control_of(word: str, directory: str, files: FilesSeen) -> str | Reason:
    """The control stanza of a package file that a word of apt names; else why it is not known."""
    found = files.find(normpath(join(directory, word)))
    if isinstance(found, FileText) and found.doubt is None and not found.of_base:
        return written(_likeliest(found))
    if isinstance(found, NoText) and found.reason.code in _WORDED:
        return Reason("package-file", detail=_WORDED[found.reason.code])
    return Reason("package-file")


def without_recommends(control: str) -> str:
    """A control stanza as far as ``apt-get -f install`` follows it: what is recommended is not repaired."""
    return _RECOMMENDED.sub("", control)


def matching(word: str, directory: str, files: FilesSeen) -> list[str]:
    """A word, or the package files that a pattern (``/tmp/*.deb``) means where one is known.

    The pattern stays beside them where it may mean others: these are not known.
    """
    above, _, last = word.rpartition("/")
    if not is_local(word) or not _PATTERN.search(last) or _PATTERN.search(above):
        return [word]
    place = normpath(join(directory, above or "/"))
    found = sorted(name for name in files.names(place) if matches(last, name))
    known = [f"{above}/{name}" for name in found[:_MOST_FILES]]
    is_whole = found and len(found) <= _MOST_FILES and files.is_whole(place)
    return known if is_whole else [*known, word]


def is_local(word: str) -> bool:
    """Whether a word of a command is the path of a package file."""
    if "/" not in word and ".rpm" not in word:
        return False
    return ("/" in word or word.endswith(".rpm")) and re.search(r"\.(?:deb|rpm|apk)$", word) is not None
