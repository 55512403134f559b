"""The lock file against the Dockerfiles alone: what they name, and what it has of them. No network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field

from freshlayer.evidence.images import spelled
from freshlayer.model.lock import Lock, LockUser
from freshlayer.model.lock_report import LockChange, LockChangeKind
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.workflows.lock_reads import reads_of
from freshlayer.workflows.lock_targets import LockTarget

_Input = tuple[str, str, LockUser]
"""Reference, platform of an image by tag, instruction."""
_Line = tuple[LockUser, str, str]
"""Instruction, what it is, text: of packages and of what is not watched."""


class _Named(Struct):
    """What is named, by Dockerfiles or by a lock file. ``lines``: how often each."""

    inputs: set[_Input] = field(default_factory=set)
    lines: Counter[_Line] = field(default_factory=Counter)


def offline_differences(
    lock: Lock, targets: Sequence[LockTarget], policies: Callable[[LockTarget], Mapping[str, PackagePolicy]]
) -> list[LockChange]:
    """What a Dockerfile names and the lock file lacks, and the reverse. ``policies``: of packages."""
    names = {it.described.path for it in targets}
    now = _named(targets, policies)
    before, also = _locked(lock, names), _set_aside(lock, names)
    found = [
        *_inputs(LockChangeKind.ADDED, now.inputs - before.inputs - also.inputs),
        *_inputs(LockChangeKind.REMOVED, before.inputs - now.inputs - _learned(lock)),
        *_lines(LockChangeKind.ADDED, now.lines - before.lines - also.lines),
        *_lines(LockChangeKind.REMOVED, before.lines - now.lines),
    ]
    return sorted(found)


def _named(
    targets: Iterable[LockTarget], policies: Callable[[LockTarget], Mapping[str, PackagePolicy]]
) -> _Named:
    """Of several platforms the union."""
    found = _Named()
    for it in targets:
        analysis = it.target.watched
        reads = reads_of(it.described.path, analysis, policies(it))
        of_images = analysis.platforms_of_images(it.target.request.platforms)
        read_for = {image: platforms for image, platforms in of_images.items() if not image.pinned}
        found.inputs |= {
            (reference.text, spelled(platform) if platform else "", user)
            for reference, users in reads.inputs.items()
            for platform in read_for.get(reference, ("",))
            for user in users
        }
        lines = Counter((user, manager, "; ".join(commands)) for user, manager, commands in reads.packages)
        lines += Counter((item.used_by, item.reason, item.text) for item in reads.unwatched)
        found.lines |= lines
    return found


def _locked(lock: Lock, names: set[str]) -> _Named:
    """What the lock file has as named by the Dockerfiles themselves."""
    found = _Named()
    found.inputs = {
        (item.reference, item.platform, user)
        for item in lock.inputs
        for user in item.used_by
        if user.dockerfile in names
    }
    by_platform: dict[str, Counter[_Line]] = {}
    for block in lock.packages:
        if not block.learned and block.used_by.dockerfile in names:
            line = block.used_by, block.manager, "; ".join(block.commands)
            by_platform.setdefault(block.platform, Counter())[line] += 1
    for lines in by_platform.values():
        found.lines |= lines
    found.lines += Counter(
        (item.used_by, item.reason, item.text)
        for item in lock.unwatched
        if not item.learned and item.used_by.dockerfile in names
    )
    return found


def _set_aside(lock: Lock, names: set[str]) -> _Named:
    """What the Dockerfiles name and, with the base images that were locked, do not read."""
    found = _Named()
    for item in lock.not_read:
        if item.used_by.dockerfile not in names:
            continue
        if item.reference:
            found.inputs |= {(item.reference, platform, item.used_by) for platform in _platforms(lock)}
        else:
            found.lines[item.used_by, item.reason, item.text] += _OFTEN
    found.inputs |= _learned(lock)
    return found


_OFTEN = 1 << 20


def _platforms(lock: Lock) -> set[str]:
    return {"", *(spelled(platform) for it in lock.dockerfiles for platform in it.platforms)}


def _learned(lock: Lock) -> set[_Input]:
    return {(item.reference, item.platform, user) for item in lock.inputs for user in item.learned_by}


def _inputs(kind: LockChangeKind, found: Iterable[_Input]) -> Iterator[LockChange]:
    by_name: dict[tuple[str, str], list[str]] = {}
    for reference, platform, user in found:
        by_name.setdefault((reference, platform), []).append(str(user))
    for (reference, platform), users in by_name.items():
        yield LockChange(kind, reference, tuple(sorted(users)), platform)


def _lines(kind: LockChangeKind, found: Mapping[_Line, int]) -> Iterator[LockChange]:
    for user, what, text in found:
        yield LockChange(kind, text or what, (str(user),), detail=what)
