"""Two lock files, or a lock file and what Dockerfiles read: what differs, as a person reads it. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from freshlayer.decisions.locked_packages import pairs_in
from freshlayer.decisions.locking import numbered
from freshlayer.decisions.packages import name_of, untainted
from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.lock import Lock, LockedInput, LockedPackages
from freshlayer.model.lock_report import LockChange, LockChangeKind, LockCounts
from freshlayer.model.packages import version_of

_COMMIT = 12
_DIGEST = 12
_FORGES = re.compile(
    r"git\+https://(?P<place>(?P<host>github\.com|gitlab\.com|codeberg\.org)/[^#]+?)(?:\.git)?(?:#|$)"
)
_ELSEWHERE = "package-index"


def counts_of(lock: Lock) -> LockCounts:
    """What the entries of a lock file promise."""
    strengths = [item.strength for item in lock.inputs]
    weak = (Strength.CHECKSUM, Strength.WEAK, Strength.HEURISTIC, Strength.SIZE)
    return LockCounts(
        inputs=len(strengths),
        content=strengths.count(Strength.CONTENT),
        strong=strengths.count(Strength.STRONG),
        weak=sum(strengths.count(it) for it in weak),
        not_covered=strengths.count(Strength.NONE),
        packages=sum(len(block.packages) for block in lock.packages),
        packages_not_covered=sum(bool(it.reason) and it.reason != _ELSEWHERE for it in lock.packages),
        unwatched=sum(not it.accepted for it in lock.unwatched),
    )


def only_of(lock: Lock, names: Collection[str]) -> Lock:
    """What a lock file has of some Dockerfiles."""
    return Lock(
        dockerfiles=tuple(it for it in lock.dockerfiles if it.path in names),
        inputs=tuple(it for it in lock.inputs if any(user.dockerfile in names for user in it.users)),
        packages=tuple(it for it in lock.packages if it.used_by.dockerfile in names),
        unwatched=tuple(it for it in lock.unwatched if it.used_by.dockerfile in names),
        not_read=tuple(it for it in lock.not_read if it.used_by.dockerfile in names),
    )


def changes(before: Lock, now: Lock, *, excess: bool = True) -> Iterator[LockChange]:
    """What differs, both of the same Dockerfiles. ``excess``: whether what only ``before`` has counts."""
    yield from _inputs(before, now, excess=excess)
    yield from _packages(before, now, excess=excess)


def _inputs(before: Lock, now: Lock, *, excess: bool) -> Iterator[LockChange]:
    old, new = before.by_name, now.by_name
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            yield _changed(LockChangeKind.ADDED, new[name], after=_shown(new[name].identity))
        elif name not in new:
            if excess:
                yield _changed(LockChangeKind.REMOVED, old[name], before=_shown(old[name].identity))
        elif old[name].identity != new[name].identity and old[name].identity is not None:
            yield moved(old[name], new[name])


def moved(old: LockedInput, new: LockedInput) -> LockChange:
    """An input that is another one now."""
    before, after = _shown(old.identity), _shown(new.identity)
    if old.served_by != new.served_by and old.served_by and new.served_by:
        before, after = f"{before} ({old.served_by})", f"{after} ({new.served_by})"
    kind = LockChangeKind.FROZEN if old.frozen else LockChangeKind.CHANGED
    return _changed(kind, new, before=before, after=after, detail=_compared(old, new))


def _changed(
    kind: LockChangeKind, item: LockedInput, before: str = "", after: str = "", detail: str = ""
) -> LockChange:
    users = tuple(sorted(map(str, item.users)))
    return LockChange(kind, item.reference, users, item.platform, before, after, detail)


def _shown(identity: Identity | None) -> str:
    """``5f1c3e9a0b12``: a commit; ``sha256:5f1c3e9a0b12``: a digest; ``etag "v1"``."""
    if identity is None:
        return "not observed"
    if identity.scheme == "commit":
        return identity.value[:_COMMIT]
    if identity.scheme == "manifest":
        return f"sha256:{identity.value[:_DIGEST]}"
    return identity.short if identity.scheme != "etag" else f"etag {identity.short}"


def _compared(old: LockedInput, new: LockedInput) -> str:
    """Where a forge lists the commits between two."""
    found = _FORGES.match(old.reference)
    if not found or not old.identity or not new.identity:
        return ""
    if old.identity.scheme != "commit" or new.identity.scheme != "commit":
        return ""
    infix = "/-/compare" if found["host"] == "gitlab.com" else "/compare"
    return f"https://{found['place']}{infix}/{old.identity.value}...{new.identity.value}"


def _packages(before: Lock, now: Lock, *, excess: bool) -> Iterator[LockChange]:
    old, new = numbered(before.packages), numbered(now.packages)
    for name, block in old.items():
        if name in new:
            yield from package_changes(block, new[name])
        elif excess:
            yield _of_block(LockChangeKind.REMOVED, block)
    for name, block in new.items():
        if name not in old:
            yield _of_block(LockChangeKind.ADDED, block)


def _of_block(kind: LockChangeKind, block: LockedPackages) -> LockChange:
    return LockChange(kind, "; ".join(block.commands), (str(block.used_by),), block.platform)


def package_changes(old: LockedPackages, new: LockedPackages) -> Iterator[LockChange]:
    """The packages that differ, of one instruction. What is not known of one side is no difference."""
    if old.reason or new.reason:
        return
    before, after = _versions(old), _versions(new)
    users = (str(old.used_by),)
    for purl in sorted(before.keys() | after.keys()):
        if before.get(purl) == after.get(purl):
            continue
        was, now = version_of(before.get(purl, "")), version_of(after.get(purl, ""))
        detail = "other bytes" if was == now else ""
        kind = (
            LockChangeKind.CHANGED if was and now else LockChangeKind.ADDED if now else LockChangeKind.REMOVED
        )
        yield LockChange(kind, f"{old.manager}/{name_of(purl)}", users, old.platform, was, now, detail)


def _versions(block: LockedPackages) -> dict[str, str]:
    return {purl: untainted(it) for purl, it in pairs_in([block]) if purl.startswith("pkg:")}


def matches(pattern: str, item: LockedInput | LockedPackages) -> bool:
    """Whether a name of the command line means an entry: ``curl``, ``pypi/*``, ``python``."""
    wanted = re.compile(_as_regex(pattern))
    return any(wanted.fullmatch(name) for name in _names(item))


def _names(item: LockedInput | LockedPackages) -> Iterator[str]:
    if isinstance(item, LockedPackages):
        yield from (f"{item.manager}/*", item.manager)
        for package in item.packages:
            name = name_of(package.name)
            yield from (name, f"{item.manager}/{name}")
        return
    text = item.reference
    rest = text.partition("://")[2] or text
    yield from (text, rest)
    yield rest.rpartition("#")[0] or rest
    if text.startswith("docker-image://"):
        name = rest.partition("@")[0]
        plain = name.rpartition(":")[0] if ":" in name.rpartition("/")[2] else name
        yield from (name, plain, plain.removeprefix("docker.io/library/"), plain.removeprefix("docker.io/"))
    else:
        yield rest.rpartition("/")[2]


def _as_regex(pattern: str) -> str:
    """``*`` is any text; nothing else is special, so that no name takes long to match."""
    return ".*".join(re.escape(part) for part in re.split(r"\*+", pattern[:1000], maxsplit=8))


def of_names(lock: Lock, names: Iterable[str]) -> Mapping[str, list[LockedInput | LockedPackages]]:
    """Name → the entries that it means."""
    every: list[LockedInput | LockedPackages] = [*lock.inputs, *lock.packages]
    return {name: [item for item in every if matches(name, item)] for name in names}
