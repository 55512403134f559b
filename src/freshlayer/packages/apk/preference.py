"""Which of two packages that provide the same name apk chooses. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from freshlayer.packages.apk.marks import Marks
from freshlayer.packages.apk.universe import NO_TAG, Provider
from freshlayer.packages.apk.versions import compare


def is_better(one: Provider, other: Provider) -> bool:
    """Whether ``one`` is chosen rather than ``other``; the first difference decides."""
    return next((difference for difference in _differences(one, other) if difference), 0) > 0


def _differences(one: Provider, other: Provider) -> Iterator[int]:
    a, b = one.package, other.package
    marks = a.marks | b.marks
    if marks.latest and a.allowed == b.allowed == {NO_TAG}:
        yield a.fitting - b.fitting
        if marks.available:
            yield a.is_available - b.is_available
    else:
        yield from _before_versions(one, other, marks)
    yield _newer(one.version, other.version)
    if a.name == b.name:
        yield _newer(a.version, b.version)
    yield a.priority - b.priority
    if not marks.removed:
        yield a.installed - b.installed
    yield a.usable - b.usable
    yield b.place - a.place


def _before_versions(one: Provider, other: Provider, marks: Marks) -> Iterator[int]:
    a, b = one.package, other.package
    yield a.usable - b.usable
    yield b.conflicts - a.conflicts
    yield a.fitting - b.fitting
    if marks.available:
        yield a.is_available - b.is_available
    yield a.preferred - b.preferred
    if marks.upgrade or marks.removed:
        return
    if a.name == b.name or one.version is not None or other.version is not None:
        yield a.installed - b.installed


def _newer(version: str | None, than: str | None) -> int:
    """A name without a version is older than any."""
    return compare(version or "", than or "")
