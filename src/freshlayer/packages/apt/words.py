"""The package words of a command line → versions to install, and packages to remove."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from freshlayer.model.reasons import Reason
from freshlayer.packages.apt.expressions import expression
from freshlayer.packages.apt.marks import Marks
from freshlayer.packages.apt.preferences import pinned_version, release_matches
from freshlayer.packages.apt.relations import Alternative
from freshlayer.packages.apt.universe import Offer, Package, Version, in_order


class WordError(Exception):
    """A word that names no package that could be installed. ``reason``: why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Wanted(Struct, frozen=True):
    """What words name. ``install``: version → word; ``releases``: those of ``pkg/suite``, with the suite."""

    install: dict[Version, str] = {}
    remove: dict[Package, str] = {}
    releases: dict[Version, str] = {}


def wanted_of(
    marks: Marks,
    words: tuple[str, ...],
    *,
    removing: bool,
    partly: bool = False,
    files: Mapping[str, Version] | None = None,
) -> Wanted:
    """What the words of a command name. ``partly``: what no source has is left out. Raises WordError.

    ``files``: word of a package file → its version, as far as they are known.
    """
    found = Wanted({}, {}, {})
    for word in words:
        if is_local(word):
            if files and word in files:
                found.install.setdefault(files[word], word)
            continue
        try:
            _read(marks, word, found, removing=removing)
        except WordError:
            if not partly:
                raise
    return found


def is_local(word: str) -> bool:
    """Whether a word is a package file."""
    return word.startswith(("./", "../", "/")) or word.endswith((".deb", ".dsc", ".changes"))


def _read(marks: Marks, word: str, found: Wanted, *, removing: bool) -> None:
    name, sign = word, "-" if removing else "+"
    if word[-1:] in {"+", "-"} and not _exact(marks, _split(word)[0]):
        name, sign = word[:-1], word[-1]
    name, mark, selector = _split(name)
    packages = _packages(marks, name)
    if sign == "-":
        found.remove.update((package, word) for package in packages)
        return
    for package in packages:
        version = _version(marks, package, mark, selector, word)
        found.install.setdefault(version, word)
        if mark == "/" and selector not in {"installed", "candidate", "newest"}:
            found.releases[version] = selector


def _split(word: str) -> tuple[str, str, str]:
    """``name=version`` and ``name/release``."""
    match = re.fullmatch(r"(.*)([/=])([^/=]*)", word)
    return (match[1], match[2], match[3]) if match else (word, "", "")


def _exact(marks: Marks, name: str) -> list[Package]:
    """The package of that very name, which may have no version of its own."""
    universe = marks.universe
    name, _, architecture = name.partition(":")
    group = universe.group(name)
    if architecture in {"all", "native"}:
        architecture = universe.native
    for one in (architecture,) if architecture else universe.architectures:
        if one in group:
            return [group[one]]
    wanted = architecture or universe.native
    placeholder = Package(name, wanted, (0, 0))
    offers = universe.offers(Alternative(name), placeholder, negative=False)
    return [placeholder] if offers else []


def _packages(marks: Marks, name: str) -> list[Package]:
    if name[:1] in {"?", "~"}:
        raise WordError(Reason("apt-pattern", name))
    if found := _exact(marks, name):
        return found
    if name.endswith("^"):
        names = marks.universe.task(name[:-1])
        found = [package for one in dict.fromkeys(names) for package in _exact(marks, one)]
    elif re.search(r"[.?*|\[\]^$+]", name):
        found = in_order(_matching(marks, name))
    if not found:
        raise WordError(Reason("apt-package-unknown", name))
    return found


def _matching(marks: Marks, pattern: str) -> Iterator[Package]:
    """The packages whose names fit a glob, or else a regular expression."""
    names = list(marks.universe.names())
    found = fnmatch.filter(names, pattern) if re.search(r"[.?*\[\]!]", pattern) else []
    if not found:
        fits = expression(pattern)
        if fits is None:
            raise WordError(Reason("apt-pattern", pattern))
        found = [name for name in names if fits.search(name)]
    for name in found:
        yield from _exact(marks, name)


def _version(marks: Marks, package: Package, mark: str, selector: str, word: str) -> Version:
    candidate = marks.of(package).candidate
    if not mark or selector == "candidate":
        version = candidate or _only_provider(marks, package, mark, selector)
    elif selector == "installed":
        version = package.current
    elif selector == "newest":
        version = next(iter(package.versions), None)
    else:
        version = _selected(marks, package, mark, selector) or _only_provider(marks, package, mark, selector)
    if version is None:
        raise WordError(_no_version(package, mark, selector, word))
    return version


def _selected(marks: Marks, package: Package, mark: str, selector: str) -> Version | None:
    files = marks.universe.files
    for version in package.versions:
        if mark == "=":
            if pinned_version(selector, version.version):
                return version
        elif any(release_matches(selector, files[number].origin) for number in version.origins):
            return version
    return None


def _no_version(package: Package, mark: str, selector: str, word: str) -> Reason:
    if mark == "=":
        has = f"; it has {package.versions[0].version}" if package.versions else ""
        detail = f"the archive has no version {selector} of {package.name}{has}"
        return Reason("apt-version-absent", word, detail)
    if mark == "/":
        return Reason("apt-version-absent", word, f"release {selector} has no {package.name}")
    return Reason("apt-no-candidate", word)


def _only_provider(marks: Marks, package: Package, mark: str, selector: str) -> Version | None:
    """Of a virtual package that a single package provides, that package."""
    offers = marks.universe.offers(Alternative(package.name), package, negative=False)
    found = [offer.version for offer in offers if _is_meant(marks, offer, mark, selector)]
    if len({version.package.name for version in found}) != 1:
        return None
    order = marks.universe.architectures
    return min(found, key=lambda version: (order.index(version.package.architecture), version.version))


def _is_meant(marks: Marks, offer: Offer, mark: str, selector: str) -> bool:
    """Whether a version that provides a package is the one that a word selects."""
    version = offer.version
    if mark == "=":
        return offer.provided == selector
    if mark == "/":
        origins = (marks.universe.files[number].origin for number in version.origins)
        return any(selector in {origin.archive, origin.codename} for origin in origins)
    return marks.of(version.package).candidate is version
