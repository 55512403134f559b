"""The words of a command → packages, as dnf matches them: name, NEVRA, what is provided, paths, globs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

import solv
from msgspec import Struct

from freshlayer.packages.rpm.world import World, is_glob, is_seen

_NAME = r"(?P<name>[^:(/=<> ]+)"
_VERSION = r"(?:(?P<epoch>[0-9]+):)?(?P<version>[^-:(/=<> ]+)"
_RELEASE = r"(?P<release>[^-:(/=<> ]+)"
_ARCH = r"\.(?P<arch>[^-:.(/=<> ]+)"
_FORMS = tuple(
    re.compile(f"{form}\\Z")
    for form in (
        f"{_NAME}-{_VERSION}-{_RELEASE}{_ARCH}",
        f"{_NAME}{_ARCH}",
        _NAME,
        f"{_NAME}-{_VERSION}-{_RELEASE}",
        f"{_NAME}-{_VERSION}",
    )
)
"""The forms of a word, in the order in which dnf tries them."""

_RELATION = re.compile(r"(?P<name>[^<>=\s]+)\s*(?P<sign><=|>=|==|=|<|>)\s*(?P<version>[^<>=\s]+)\Z")
_LONGEST = 1024


class Match(Struct, frozen=True):
    """What a word matches. ``form``: ``name`` where it is a bare name, ``nevra``, ``provides``, ``file``."""

    packages: list[solv.XSolvable]
    form: str = ""
    arch_pattern: bool = False


def match(world: World, word: str) -> Match:
    """The packages that a word matches, installed ones too."""
    if len(word) > _LONGEST:
        return Match([])
    found, parts = by_nevra(world, word)
    if found:
        just_name = parts.keys() == {"name"}
        return Match(found, "name" if just_name else "nevra", is_glob(parts.get("arch", "")))
    if found := by_provides(world, word):
        return Match(found, "provides")
    return Match(by_file(world, word) if is_path(word) else [], "file")


def by_nevra(world: World, word: str) -> tuple[list[solv.XSolvable], dict[str, str]]:
    """The packages that a word matches as a name with or without version and architecture."""
    for parts in forms(word):
        if found := [one for one in world.named(parts["name"]) if fits(one, parts)]:
            return found, parts
    if is_glob(word) and not is_path(word):
        flags = solv.Selection.SELECTION_CANON | solv.Selection.SELECTION_GLOB
        return world.selected(word, flags), {}
    return [], {}


def forms(word: str) -> Iterator[dict[str, str]]:
    """The parts of a word in each form that it may have."""
    for form in _FORMS:
        if (read := form.match(word)) is not None:
            yield {name: text for name, text in read.groupdict().items() if text is not None}


def fits(one: solv.XSolvable, parts: dict[str, str]) -> bool:
    """Whether a package with the name of these parts has the others, too."""
    if not is_seen(one):
        return False
    epoch, _, bare = one.evr.rpartition(":")
    version, _, release = bare.rpartition("-")
    own = {"epoch": epoch or "0", "version": version, "release": release, "arch": one.arch}
    return all(fnmatchcase(own[name], text) for name, text in parts.items() if name != "name")


def by_provides(world: World, word: str) -> list[solv.XSolvable]:
    """The packages that provide a word: a capability, with a version or not."""
    if is_glob(word):
        flags = solv.Selection.SELECTION_PROVIDES | solv.Selection.SELECTION_GLOB
        return [] if is_path(word) else world.selected(word, flags)
    relation = _RELATION.match(word)
    text = (
        f"{relation['name']} {relation['sign'].replace('==', '=')} {relation['version']}"
        if relation
        else word
    )
    if " " in word and not relation:
        return []
    found = world.pool.whatprovides(world.dependencies.of_text(text))
    return [one for one in found if one.arch not in {"src", "nosrc"} and is_seen(one)]


def by_file(world: World, path: str) -> list[solv.XSolvable]:
    """The packages that have a file, as far as the indexes list it."""
    flags = solv.Selection.SELECTION_FILELIST | (solv.Selection.SELECTION_GLOB if is_glob(path) else 0)
    return world.selected(path, flags)


def is_path(word: str) -> bool:
    """Whether a word names files."""
    return word.startswith(("/", "*/"))
