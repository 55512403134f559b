"""What a command installs, as values for reports and keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from urllib.parse import quote

from msgspec import Struct

from freshlayer.model.packages import ChosenPackage
from freshlayer.packages.apt.entries import Record
from freshlayer.packages.apt.states import State, States
from freshlayer.packages.apt.universe import Version

_LINE = re.compile(r"^([A-Z_]+)=[\"']?([^\"'\n]*)[\"']?$", re.MULTILINE)


class Distribution(Struct, frozen=True):
    """What package URLs name: ``debian``, ``bookworm``."""

    name: str = "debian"
    codename: str = ""


def distribution_of(files: Mapping[str, str]) -> Distribution:
    """By ``os-release``."""
    text = files.get("/etc/os-release") or files.get("/usr/lib/os-release", "")
    values = dict(_LINE.findall(text))
    name = values.get("ID", "debian").lower()
    version = values.get("VERSION_ID", "")
    return Distribution(name, values.get("VERSION_CODENAME") or (f"{name}-{version}" if version else ""))


def package_url(distribution: Distribution, record: Record) -> str:
    """The package URL of a package, without its version."""
    name = quote(record.name.lower(), safe="")
    start, end = _around(distribution, record.architecture)
    return f"{start}{name}{end}"


@lru_cache(maxsize=64)
def _around(distribution: Distribution, architecture: str) -> tuple[str, str]:
    """What is in front of a name in its package URL, and behind it."""
    distro = f"&distro={quote(distribution.codename)}" if distribution.codename else ""
    return f"pkg:deb/{quote(distribution.name)}/", f"?arch={quote(architecture)}{distro}"


def chosen_packages(
    states: States,
    changed: Iterable[State],
    words: Mapping[Version, str],
    distribution: Distribution,
    *,
    otherwise: str,
) -> Iterator[ChosenPackage]:
    """The packages that are installed. ``words``: of versions; ``otherwise``: why the rest is installed."""
    of_packages = {version.package: word for version, word in words.items()}
    for state in changed:
        version, current = state.planned, state.package.current
        if version is None:
            continue
        word = of_packages.get(state.package, "")
        because = of_packages.get(state.because) or state.because.name if state.because else otherwise
        if state.because is not None and not state.because.name.startswith("builddeps:"):
            because = state.because.name
        yield ChosenPackage(
            purl=package_url(distribution, version.record),
            name=state.package.name,
            version=version.version,
            digest=_digest(version.record),
            wanted_by=word or because,
            named=bool(word),
            before=current.version if current is not None else "",
            security=any(states.universe.files[number].origin.security for number in version.origins),
        )


def _digest(record: Record) -> str:
    return f"sha256:{record.sha256}" if record.sha256 else record.digest
