"""Of the files of a project the one that pip would install, and all that it might, best first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from math import prod

from msgspec import Struct
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from freshlayer.packages.pypi.pages import IndexedFile
from freshlayer.packages.pypi.target import Target

_NEWEST = (3, 20)
_OLDEST = 8
"""Of Python, where the base image does not state it."""
_SOURCES = (".tar.gz", ".zip")
_LONGEST = 255
"""Of the name of a file."""
_MOST_TAGS = 1000
"""That the compressed tags of one wheel stand for."""


class Candidate(Struct, frozen=True):
    """A file that may be installed. ``rank``: of its tags, lower is better; a source is last."""

    version: Version
    rank: int
    build: tuple[int, str]
    file: IndexedFile


class Wish(Struct, frozen=True):
    """A requirement of the command. ``pre``: whether pre-releases are taken as well (``--pre``).

    ``sources``, ``wheels``: which kinds of files the command takes. ``pythons``: versions of Python on all of
    which a file has to run.
    """

    requirement: Requirement
    constraints: tuple[SpecifierSet, ...] = ()
    pre: bool = False
    sources: bool = True
    wheels: bool = True
    pythons: tuple[str, ...] = ()


def choose(wish: Wish, files: Iterable[IndexedFile], target: Target) -> Candidate | None:
    """The file that is installed; None where no file fits.

    As pip's finder: what is not yanked, then the highest version, then the best tags, then the highest build.
    A pre-release counts where the specifier names one, with ``--pre``, or where there is nothing else.
    """
    by_version = _by_version(files, sources=wish.sources, wheels=wish.wheels)
    versions = sorted(by_version, reverse=True)
    ranks, runs = _ranks(target), _RequiresPython(target, wish.pythons)
    pinned = _is_pinned((wish.requirement.specifier,))
    # A page has hundreds of files, of which those of one version are read to their end.
    for yanked in (False, True) if pinned else (False,):
        for wanted in ((False, True),) if _takes_pre(wish) else ((False,), (True,)):
            for version in versions:
                if version.is_prerelease in wanted and _fits(version, wish):
                    kept = (
                        file for file in by_version[version] if file.yanked is yanked and runs(file.python)
                    )
                    found = [item for file in kept if (item := _candidate(file, ranks)) is not None]
                    if found:
                        return max(found, key=lambda it: (-it.rank, it.build))
    return None


def offers(
    files: Iterable[IndexedFile], target: Target, *, sources: bool = True, wheels: bool = True
) -> list[Candidate]:
    """What can be installed: the highest version, then the best tags, then the highest build."""
    ranks, runs = _ranks(target), _RequiresPython(target)
    every = _by_version(files, sources=sources, wheels=wheels).values()
    kept = (file for its in every for file in its if runs(file.python))
    found = [item for file in kept if (item := _candidate(file, ranks)) is not None]
    return sorted(found, key=lambda it: (it.version, -it.rank, it.build), reverse=True)


def fitting(
    offered: Iterable[Candidate],
    specifiers: Sequence[SpecifierSet],
    *,
    pre: bool = False,
    pins: Sequence[SpecifierSet] | None = None,
) -> list[Candidate]:
    """Of these, in their order, what pip's finder takes: what is yanked only where a version is pinned.

    ``pins``: the specifiers that can pin one, where these are not all.
    """
    found = [it for it in offered if all(one.contains(it.version, prereleases=True) for one in specifiers)]
    kept = [it for it in found if not it.file.yanked] or (
        found if _is_pinned(specifiers if pins is None else pins) else []
    )
    if pre or any(specifier.prereleases for specifier in specifiers):
        return kept
    return [it for it in kept if not it.version.is_prerelease] or kept


def python_fits(stated: str, target: Target) -> bool:
    """Whether the interpreter is one of those that Requires-Python states."""
    return _RequiresPython(target)(stated)


def _is_pinned(specifiers: Iterable[SpecifierSet]) -> bool:
    every = (item for specifier in specifiers for item in specifier)
    return any(item.operator in {"==", "==="} and "*" not in item.version for item in every)


def _takes_pre(wish: Wish) -> bool:
    """Whether pre-releases are as good as any other version."""
    specifiers = (wish.requirement.specifier, *wish.constraints)
    return wish.pre or any(specifier.prereleases for specifier in specifiers)


def _fits(version: Version, wish: Wish) -> bool:
    specifiers = (wish.requirement.specifier, *wish.constraints)
    return all(specifier.contains(version, prereleases=True) for specifier in specifiers)


def _by_version(
    files: Iterable[IndexedFile], *, sources: bool, wheels: bool
) -> dict[Version, list[IndexedFile]]:
    """The files that the command takes, by the version in their names."""
    written: dict[str, list[IndexedFile]] = {}
    for file in files:
        name = file.name
        if name.endswith(".whl") and wheels:
            written.setdefault(f"{name}--".split("-", 2)[1], []).append(file)
        elif name.endswith(_SOURCES) and sources:
            stem = name.removesuffix(".tar.gz").removesuffix(".zip")
            written.setdefault(stem.rpartition("-")[2], []).append(file)
    found: dict[Version, list[IndexedFile]] = {}
    for text, its in written.items():
        version = _version(text[:_LONGEST])
        if version is not None:
            found.setdefault(version, []).extend(its)
    return found


@lru_cache(maxsize=20_000)
def _version(text: str) -> Version | None:
    """Projects have the same versions: 1.0.0, 1.0.1, …"""
    try:
        return Version(text)
    except ValueError:
        return None


def _candidate(file: IndexedFile, ranks: Mapping[Tag, int]) -> Candidate | None:
    """None where its name is not that of a file that the target takes."""
    if not _is_bounded(file.name):
        return None
    try:
        if not file.name.endswith(".whl"):
            return Candidate(parse_sdist_filename(file.name)[1], len(ranks), (-1, ""), file)
        _, version, build, tags = parse_wheel_filename(file.name)
    except ValueError:
        # Its errors, and a number with more digits than Python converts.
        return None
    rank = min((ranks[tag] for tag in tags if tag in ranks), default=None)
    return None if rank is None else Candidate(version, rank, build or (-1, ""), file)


def _is_bounded(name: str) -> bool:
    """Whether a name can be that of a file: three sets of tags are multiplied."""
    sets = name.rsplit("-", 3)[1:]
    return len(name) <= _LONGEST and prod(part.count(".") + 1 for part in sets) <= _MOST_TAGS


@lru_cache(maxsize=16)
def _ranks(target: Target) -> dict[Tag, int]:
    """Tag → its place among those that the target takes; those of the newest Python where it is not known."""
    version = target.python[:2] if target.python else _NEWEST
    interpreter, platforms = f"cp{version[0]}{version[1]}", list(target.platforms)
    found: dict[Tag, int] = {}
    every = chain(
        cpython_tags(version, platforms=platforms),
        compatible_tags(version, interpreter, platforms),
        () if target.python else _of_older(platforms),
    )
    for tag in every:
        found.setdefault(tag, len(found))
    return found


def _of_older(platforms: Sequence[str]) -> Iterator[Tag]:
    """What each older Python takes, and none that is newer."""
    for minor in range(_NEWEST[1] - 1, _OLDEST - 1, -1):
        own = f"cp3{minor}"
        yield from (Tag(own, abi, platform) for abi in (own, "none") for platform in platforms)
        yield Tag(own, "none", "any")


class _RequiresPython:
    """Whether a target has the Python that files require; most files of a project require the same."""

    def __init__(self, target: Target, pythons: tuple[str, ...] = ()) -> None:
        own = ".".join(map(str, target.python)) if target.python else ""
        self._pythons = (*pythons, own) if own else pythons
        self._known: dict[str, bool] = {}

    def __call__(self, stated: str) -> bool:
        if not stated or not self._pythons:
            return True
        if stated not in self._known:
            self._known[stated] = self._fits(stated)
        return self._known[stated]

    def _fits(self, stated: str) -> bool:
        try:
            specifier = SpecifierSet(stated)
            return all(specifier.contains(it, prereleases=True) for it in self._pythons)
        except ValueError:
            return True
