"""``apt-get build-dep``: what a source package needs, as a package that depends on it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from freshlayer.model.packages import Index
from freshlayer.model.reasons import Reason
from freshlayer.packages.apt.entries import Record, SourceRecord
from freshlayer.packages.apt.relations import Restricted, restricted_clauses
from freshlayer.packages.apt.universe import Package, Universe, Version
from freshlayer.packages.apt.versions import version_key
from freshlayer.packages.apt.words import WordError

PREFIX = "builddeps:"

_read = msgspec.msgpack.Decoder(list[SourceRecord]).decode


def pseudo_packages(
    universe: Universe,
    sources: Sequence[Index],
    words: Sequence[str],
    *,
    indep: bool,
    arch: bool,
    profiles: Sequence[str] = (),
) -> dict[Version, str]:
    """A version that depends on what each word needs to be built → the word. Raises WordError."""
    essentials = Record(f"{PREFIX}essentials", "1", universe.native, depends="build-essential")
    found = {_version(essentials): ""}
    for word in words:
        source = _source(universe, sources, word)
        depends = _fields(source.build_depends, source.build_depends_indep if indep else "")
        depends = _fields(depends, source.build_depends_arch if arch else "")
        conflicts = _fields(source.build_conflicts, source.build_conflicts_indep if indep else "")
        conflicts = _fields(conflicts, source.build_conflicts_arch if arch else "")
        record = Record(
            f"{PREFIX}{source.name}",
            "1",
            universe.native,
            depends=_applicable(depends, universe.native, profiles),
            conflicts=_applicable(conflicts, universe.native, profiles),
        )
        found[_version(record)] = word
    return found


def _version(record: Record) -> Version:
    package = Package(record.name, record.architecture, (0, 0))
    version = Version(package, record)
    package.versions.append(version)
    return version


def _fields(*fields: str) -> str:
    return ", ".join(field.strip().rstrip(",") for field in fields if field.strip())


def _source(universe: Universe, sources: Sequence[Index], word: str) -> SourceRecord:
    """The newest source of that name; or of the source of the binary package of that name."""
    name, _, wanted = word.partition("=")
    name = name.partition("/")[0]
    records = list(_records(sources, name))
    if not records:
        group = universe.group(name)
        package = group.get(universe.native)
        version = universe.candidate(package) if package is not None else None
        records = list(_records(sources, version.source)) if version is not None else []
    records = [record for record in records if not wanted or record.version == wanted]
    if not records:
        raise WordError(Reason("apt-package-unknown", word, "no source package has that name"))
    return max(records, key=lambda record: version_key(record.version))


def _records(sources: Sequence[Index], name: str) -> Iterator[SourceRecord]:
    for index in sources:
        value = index.get(name)
        if value is not None:
            yield from _read(value)


def _applicable(field: str, architecture: str, profiles: Sequence[str]) -> str:
    """The alternatives of a field that count on this architecture, with these build profiles."""
    clauses = (
        " | ".join(_written(one) for one in clause if _counts(one, architecture, profiles))
        for clause in restricted_clauses(field)
    )
    return ", ".join(clause for clause in clauses if clause)


def _written(one: Restricted) -> str:
    name, version = one.alternative.name, one.alternative.version
    colon = f":{one.alternative.architecture}" if one.alternative.architecture else ""
    return f"{name}{colon} ({one.alternative.operator} {version})" if version else f"{name}{colon}"


def _counts(one: Restricted, architecture: str, profiles: Sequence[str]) -> bool:
    return _for_architecture(one.architectures, architecture) and _with_profiles(one.profiles, profiles)


def _for_architecture(listed: Sequence[str], architecture: str) -> bool:
    if not listed:
        return True
    matching = {name.lstrip("!"): not name.startswith("!") for name in listed}
    for name, wanted in matching.items():
        if name == "any" or re.fullmatch(
            f"(linux-)?(any|{re.escape(architecture)})", name.removeprefix("any-")
        ):
            return wanted
    return not any(matching.values())


def _with_profiles(lists: Sequence[Sequence[str]], active: Sequence[str]) -> bool:
    """Whether all terms of one list hold: ``stage1`` where it is active, ``!nocheck`` where it is not."""
    return not lists or any(
        all((term.lstrip("!") in active) is not term.startswith("!") for term in terms) for terms in lists
    )
