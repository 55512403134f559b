"""A lock file and what Dockerfiles read now → the next lock file. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from msgspec.structs import replace

from freshlayer.evidence.images import INDEX, MANIFEST, combined, of_platforms, platform_list, spelled
from freshlayer.model.evidence import Evidence, Identity, Strength
from freshlayer.model.lock import Lock, LockedDockerfile, LockedInput, LockedPackages, LockUser
from freshlayer.model.observation import Recorded


def merged(
    before: Lock, parts: Iterable[Lock], gone: Callable[[str], bool] | None = None, *, keep: bool = False
) -> Lock:
    """The lock with what some Dockerfiles read now; the entries of all others stay as they are.

    ``parts``: of one Dockerfile each, by its path. ``gone``: whether a Dockerfile no longer exists. ``keep``:
    what is locked already stays what it was, where the Dockerfiles still read it; frozen inputs do always.
    """
    listed = list(parts)
    names = {it.path for part in listed for it in part.dockerfiles}
    users = {it.path for it in before.dockerfiles} | {it.dockerfile for it in _users(before)}
    dropped = names | {name for name in users if gone and gone(name)}
    return Lock(
        dockerfiles=(
            *(it for it in before.dockerfiles if it.path not in dropped),
            *_dockerfiles(listed),
        ),
        inputs=tuple(_inputs(before, listed, dropped, keep=keep)),
        packages=(
            *(it for it in before.packages if it.used_by.dockerfile not in dropped),
            *_packages(before, listed, keep=keep),
        ),
        unwatched=(
            *(it for it in before.unwatched if it.used_by.dockerfile not in dropped),
            *dict.fromkeys(it for part in listed for it in part.unwatched),
        ),
        not_read=(
            *(it for it in before.not_read if it.used_by.dockerfile not in dropped),
            *dict.fromkeys(it for part in listed for it in part.not_read),
        ),
    )


def _dockerfiles(parts: Iterable[Lock]) -> Iterable[LockedDockerfile]:
    """Each once, with all platforms that it was locked for in this run."""
    found: dict[str, LockedDockerfile] = {}
    for item in (item for part in parts for item in part.dockerfiles):
        platforms = {*item.platforms, *(found[item.path].platforms if item.path in found else ())}
        found[item.path] = replace(item, platforms=tuple(sorted(platforms)))
    return found.values()


def _users(lock: Lock) -> Iterator[LockUser]:
    for item in lock.inputs:
        yield from item.users
    yield from (it.used_by for it in lock.packages)
    yield from (it.used_by for it in lock.unwatched)


def _inputs(
    before: Lock, parts: Iterable[Lock], dropped: Collection[str], *, keep: bool
) -> Iterator[LockedInput]:
    found: dict[tuple[str, str], LockedInput] = {}
    for item in before.inputs:
        found[item.name] = replace(
            item,
            used_by=tuple(it for it in item.used_by if it.dockerfile not in dropped),
            learned_by=tuple(it for it in item.learned_by if it.dockerfile not in dropped),
        )
    for item in (item for part in parts for item in part.inputs):
        old = found.get(item.name)
        found[item.name] = _with_users(_entry(old, item, keep=keep), (old, item) if old else (item,))
    yield from (item for _, item in sorted(found.items()) if item.users)


def _with_users(entry: LockedInput, of: Iterable[LockedInput]) -> LockedInput:
    """An instruction that names it on one platform names it."""
    listed = list(of)
    named = {user for item in listed for user in item.used_by}
    learned = {user for item in listed for user in item.learned_by} - named
    return replace(entry, used_by=tuple(sorted(named)), learned_by=tuple(sorted(learned)))


def _entry(old: LockedInput | None, new: LockedInput, *, keep: bool) -> LockedInput:
    """An input that could not be observed now keeps what it was (rule 4 of ARCHITECTURE.md)."""
    if old is None:
        return new
    same = old.identity == new.identity or new.identity is None
    if old.frozen or (old.identity is not None and (keep or same)):
        return old if old.frozen or old.identity != new.identity else _completed(old, new)
    return new


def _completed(old: LockedInput, new: LockedInput) -> LockedInput:
    """What is known of the same bytes; a lock file does not change where they did not."""
    return replace(
        old,
        sha256=old.sha256 or new.sha256,
        size=new.size if old.size is None else old.size,
        served_by=old.served_by or new.served_by,
        index=old.index or new.index,
    )


def _packages(before: Lock, parts: Iterable[Lock], *, keep: bool) -> Iterator[LockedPackages]:
    known = numbered(before.packages)
    for name, block in {name: it for part in parts for name, it in numbered(part.packages).items()}.items():
        old = known.get(name)
        if old is not None and not old.reason and (keep or block.reason):
            yield replace(old, learned=block.learned)
        else:
            yield block


def numbered(blocks: Iterable[LockedPackages]) -> dict[tuple[object, int], LockedPackages]:
    """Blocks by name, and by their place among those of the same name."""
    seen: dict[object, int] = {}
    found: dict[tuple[object, int], LockedPackages] = {}
    for block in blocks:
        place = seen[block.name] = seen.get(block.name, -1) + 1
        found[block.name, place] = block
    return found


def by_reference(lock: Lock) -> dict[str, tuple[LockedInput, ...]]:
    """Reference → its entries: more than one where it has several platforms."""
    found: dict[str, list[LockedInput]] = {}
    for item in lock.inputs:
        found.setdefault(item.reference, []).append(item)
    return {reference: tuple(items) for reference, items in found.items()}


def by_stage(lock: Lock) -> dict[tuple[str, str], tuple[LockedPackages, ...]]:
    """(Dockerfile, stage) → the packages of its instructions."""
    found: dict[tuple[str, str], list[LockedPackages]] = {}
    for item in lock.packages:
        found.setdefault((item.used_by.dockerfile, item.used_by.stage), []).append(item)
    return {place: tuple(items) for place, items in found.items()}


def recorded_in(entries: Iterable[LockedInput], platforms: Collection[str] = ()) -> Recorded | None:
    """What a lock knows of one reference, as a record without a history; None where it knows nothing.

    ``platforms``: for which an image is read; those that the lock has, where it does not have all of them.
    """
    known = [item for item in entries if item.identity is not None]
    of_image = {item.platform: item for item in known if item.platform}
    if not of_image:
        return Recorded.of(known[0].identity) if known and known[0].identity else None
    wanted = {spelled(it) for it in platforms}
    chosen = of_image if not wanted <= of_image.keys() else {it: of_image[it] for it in wanted}
    return _of_image(chosen or of_image)


def _of_image(entries: Mapping[str, LockedInput]) -> Recorded:
    manifests = {name: item.identity.value for name, item in entries.items() if item.identity}
    identity = Identity(MANIFEST, combined(manifests), Strength.CONTENT)
    index = next((item.index for item in entries.values() if item.index), "")
    evidence = [Evidence(MANIFEST, identity.value, Strength.CONTENT), *of_platforms(manifests)]
    if index:
        value = f"{index.removeprefix('sha256:')}/{platform_list(manifests)}"
        evidence.append(Evidence(INDEX, value, Strength.STRONG))
    return replace(Recorded.of(identity), evidence=tuple(evidence))
