"""The versions of Python for which poetry and pdm choose: all that the project states, not one of them."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.specifiers import SpecifierSet

from freshlayer.packages.pypi.target import Target

_MINORS = range(41)
_MICROS = (0, 99)
"""The ends of what a minor version has; a project rarely states more."""


def versions_of_project(stated: str, marker: Marker | None, target: Target) -> Iterator[str]:
    """Samples of the versions that the project states, and for which the marker of a requirement holds."""
    try:
        specifier = SpecifierSet(stated) if stated else None
    except ValueError:
        return
    if specifier is None:
        return
    every = ["2.7.18", *(f"3.{minor}.{micro}" for minor in _MINORS for micro in _MICROS), "4.0.0"]
    bounds = [it.version for it in specifier if it.version.count(".") > 1 and "*" not in it.version]
    yield from (it for it in (*every, *bounds) if specifier.contains(it) and _holds(marker, it, target))


def _holds(marker: Marker | None, version: str, target: Target) -> bool:
    if marker is None:
        return True
    known = {"python_version": version.rpartition(".")[0], "python_full_version": version}
    try:
        return bool(marker.evaluate({**target.markers, **known}))
    except (UndefinedComparison, UndefinedEnvironmentName):
        return True
