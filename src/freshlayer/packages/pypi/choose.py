"""Of the files of a project the one that pip would install for a requirement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from math import prod

from msgspec import Struct
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from freshlayer.packages.pypi.pages import IndexedFile
from freshlayer.packages.pypi.target import Target

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

    ``sources``, ``wheels``: which kinds of files the command takes.
    """

    requirement: Requirement
    constraints: tuple[SpecifierSet, ...] = ()
    pre: bool = False
    sources: bool = True
    wheels: bool = True


def choose(wish: Wish, files: Iterable[IndexedFile], target: Target) -> Candidate | None:
    """The file that is installed; None where no file fits.

    As pip's finder: what is not yanked, then the highest version, then the best tags, then the highest build.
    A pre-release counts where the specifier names one, with ``--pre``, or where there is nothing else.
    """
    fitting = [it for it in _candidates(files, target, wish) if _fits(it, wish)]
    pinned = any(
        item.operator in {"==", "==="} and "*" not in item.version for item in wish.requirement.specifier
    )
    kept = [it for it in fitting if not it.file.yanked] or (fitting if pinned else [])
    allowed = _without_pre(kept, wish)
    return max(allowed, key=lambda it: (it.version, -it.rank, it.build), default=None)


def _without_pre(candidates: list[Candidate], wish: Wish) -> list[Candidate]:
    """Without the pre-releases that the requirement does not allow."""
    specifiers = (wish.requirement.specifier, *wish.constraints)
    if wish.pre or any(specifier.prereleases for specifier in specifiers):
        return candidates
    return [it for it in candidates if not it.version.is_prerelease] or candidates


def _fits(candidate: Candidate, wish: Wish) -> bool:
    specifiers = (wish.requirement.specifier, *wish.constraints)
    return all(specifier.contains(candidate.version, prereleases=True) for specifier in specifiers)


def _candidates(files: Iterable[IndexedFile], target: Target, wish: Wish) -> Iterator[Candidate]:

    ranks = _ranks(target)
    for file in files:
        if not (_is_bounded(file.name) and _python_fits(file.python, target)):
            continue
        try:
            if file.name.endswith(".whl") and wish.wheels:
                _, version, build, tags = parse_wheel_filename(file.name)
                rank = min((ranks[tag] for tag in tags if tag in ranks), default=None)
                if rank is not None:
                    number, text = build or (-1, "")
                    yield Candidate(version, rank, (number, text), file)
            elif file.name.endswith(_SOURCES) and wish.sources:
                _, version = parse_sdist_filename(file.name)
                yield Candidate(version, len(ranks), (-1, ""), file)
        except ValueError:
            # Its errors, and a number with more digits than Python converts.
            continue


def _is_bounded(name: str) -> bool:
    """Whether a name can be that of a file: three sets of tags are multiplied."""
    sets = name.rsplit("-", 3)[1:]
    return len(name) <= _LONGEST and prod(part.count(".") + 1 for part in sets) <= _MOST_TAGS


@lru_cache(maxsize=16)
def _ranks(target: Target) -> dict[Tag, int]:
    """Tag → its place among those that the target takes."""
    python = target.python[:2] if target.python else None
    platforms = list(target.platforms)
    versions = [python] if python else [(3, minor) for minor in range(20, 7, -1)]
    found: dict[Tag, int] = {}
    for version in versions:
        interpreter = f"cp{version[0]}{version[1]}"
        tags = (
            *cpython_tags(version, platforms=platforms),
            *compatible_tags(version, interpreter, platforms),
        )
        for tag in tags:
            found.setdefault(tag, len(found))
    return found


def _python_fits(stated: str, target: Target) -> bool:

    if not stated or target.python is None:
        return True
    try:
        version = ".".join(map(str, target.python))
        return SpecifierSet(stated).contains(version, prereleases=True)
    except ValueError:
        return True
