"""Words of ``npm install`` that name a directory or an archive of the build context.

A name alone is that of a registry, also where there is such a directory. What a directory requires is
installed with it, unless pnpm or ``link:`` only link it. Measured with the managers of
``testing/node_managers``.
"""

from __future__ import annotations

from collections.abc import Sequence
from posixpath import join, normpath

from msgspec import Struct

from freshlayer.discover.syntaxes.language_lines import Listed, ProjectFiles, not_followed
from freshlayer.discover.syntaxes.node_workspaces import (
    OPTIONAL_PEERS,
    PEERS,
    SECTIONS,
    read_manifest,
    stated,
    with_local,
)
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason

PEERS_OF = {"npm": (PEERS,), "bun": (PEERS,), "pnpm": (PEERS, OPTIONAL_PEERS)}
"""Program → the sections of peers that it installs."""
_ARCHIVE = compiled(r"(?:file:)?(?!\w+:)[^:@]*\.(?:tgz|tar|tar\.gz)")
_NAME = compiled(r"(?:@[\w.~-]+/)?[\w.~-]+@(?=[.~]*/|\.{1,2}$|(?:file|link|portal):)")
"""What is before the place: ``NAME@./directory``."""
_SCHEME = compiled(r"(?:file|link|portal):")
_PLACE = compiled(r"(?:file|link|portal):.*|[.~]*/.*|\.{1,2}")
_DEEP = compiled(r"(?![@\w]*:|@)[\w.~-]+/(?:|[\w.~-]+/.*)")
"""``directory/``, ``a/b/c``: npm and pnpm take these for directories; ``a/b`` is a repository of GitHub."""
_OTHER = compiled(r"gist:.*|[\w.-]+@\.{1,2}")
_LINKED = Reason("file-named", detail="it is linked, and what it requires is not installed")


class Words(Struct, frozen=True):
    """``named``: what a registry or a repository has. ``required``: (name, wanted) of the directories."""

    named: tuple[str, ...]
    required: tuple[tuple[str, str], ...] = ()
    listed: tuple[Listed, ...] = ()


def words_of(tool: str, words: Sequence[str], files: ProjectFiles) -> Words:
    """The words of a command, by where they lead."""
    named: list[str] = []
    required: dict[tuple[str, str], None] = {}
    listed: dict[Listed, None] = {}
    for word in words:
        place = _NAME.sub("", word, count=1)
        if _ARCHIVE.fullmatch(place):
            listed |= dict.fromkeys((Listed(word, Reason("file-named")), not_followed(word)))
        elif _PLACE.fullmatch(place) or (tool in {"npm", "pnpm"} and _DEEP.fullmatch(place)):
            found = _of_directory(tool, word, place, files)
            required |= dict.fromkeys(found.required)
            listed |= dict.fromkeys(found.listed)
        elif _OTHER.fullmatch(word):
            listed[Listed(word, Reason("requirements-not-stated", detail=word[:80]))] = None
        else:
            named.append(word)
    return Words(tuple(named), tuple(required), tuple(listed))


def is_project(word: str, directory: str, files: ProjectFiles) -> bool:
    """Whether a word of npm is the project itself, which is as none."""
    return _PLACE.fullmatch(word) is not None and files.path(_path(word, files)) == files.path(directory)


def _of_directory(tool: str, word: str, place: str, files: ProjectFiles) -> Words:
    if place.startswith("link:") or (tool == "pnpm" and not place.startswith("file:")):
        return Words((), (), (Listed(word, _LINKED),))
    directory = _path(place, files)
    manifest = read_manifest(files, directory)
    if isinstance(manifest, Reason):
        return Words((), (), (Listed(word, manifest),))
    sections = (*SECTIONS[:2], *PEERS_OF.get(tool, ()))
    manifests = (read_manifest(files, it) for it in with_local(tool, files, [directory]))
    known = [it for it in manifests if not isinstance(it, Reason)]
    required = [item for it in known for item in stated(it, sections) if not _SCHEME.match(item[1])]
    return Words((), tuple(required), (Listed(word, Reason("file-named")),))


def _path(word: str, files: ProjectFiles) -> str:
    place = _SCHEME.sub("", word, count=1)
    return normpath(join(files.home, place[2:])) if place.startswith("~/") else normpath(place or ".")
