"""Of the versions of a package the one that npm would install (npm-pick-manifest), or another manager."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cmp_to_key
from operator import itemgetter
from typing import Any

import msgspec
import nodesemver  # type: ignore[import-untyped]
from msgspec import Struct
from msgspec.structs import replace

from freshlayer.packages.npm.documents import TAGS, VERSIONS, Release, releases_of, tags_of

_LATEST = "latest"
_first = itemgetter(0)
_LONGEST = 256
"""Of a range, for which npm has no limit."""


class Rules(Struct, frozen=True):
    """What decides between versions, besides a range.

    ``latest``: whether a range takes the version of that tag where it fits. ``deprecated``, ``engines``:
    whether a version that is deprecated, or not for this node, comes behind others. ``name_is_tag``: whether
    a name alone is the tag ``latest``, and not any version.
    """

    latest: bool = True
    deprecated: bool = True
    engines: bool = True
    name_is_tag: bool = False


NPM = Rules()
RULES: Mapping[str, Rules] = {
    "bun": Rules(engines=False),
    "pnpm": Rules(engines=False, name_is_tag=True),
    **dict.fromkeys(("yarn", "yarnpkg"), Rules(deprecated=False, engines=False, name_is_tag=True)),
    "berry": Rules(latest=False, engines=False, name_is_tag=True),
}
"""Program → its rules, where they are not npm's; ``berry`` is yarn from version 2 on."""


def choose(
    wanted: str, tags: Mapping[str, str], releases: Sequence[Release], node: str = "", rules: Rules = NPM
) -> Release | None:
    """``wanted``: a version, a range or a tag; empty for the latest. ``node``: the interpreter, if known.

    A tag names its version. A range takes the latest where that fits, is not deprecated and runs on this
    node; else the highest that fits, one that runs and is not deprecated before others.
    """
    node = node if rules.engines else ""
    if not rules.deprecated:
        releases = [replace(it, deprecated=False) for it in releases]
    by_version = {it.version: it for it in releases}
    if not is_range(wanted):
        return by_version.get(tags.get(wanted or _LATEST, ""))
    latest = by_version.get(tags.get(_LATEST, ""))
    anything = wanted.strip() in {"", "*"}
    if (
        rules.latest
        and latest
        and (anything or satisfies(latest.version, wanted))
        and not latest.deprecated
        and runs(latest, node)
    ):
        return latest
    fitting = [it for it in releases if satisfies(it.version, wanted)]
    return max(fitting, key=lambda it: _preference(it, node), default=None)


def dated(entries: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """A tag whose version is not there by then is the highest version below it (npm-pick-manifest)."""
    known = dict(entries)
    releases, tags = releases_of(known.get(VERSIONS)), tags_of(known.get(TAGS))
    there = {it.version for it in releases}
    later = {version for version in tags.values() if version not in there and is_range(version)}
    below = dict.fromkeys(later, "") | (_below(later, releases) if later else {})
    tags = {tag: below.get(version, version) for tag, version in tags.items()}
    yield from (known | {TAGS: msgspec.msgpack.encode({it: one for it, one in tags.items() if one})}).items()


def _below(later: Iterable[str], releases: Iterable[Release]) -> dict[str, str]:
    """Version → what the range ``<=VERSION`` takes: one that is not deprecated, if any, and the highest.

    A pre-release is in such a range only beside a pre-release of the same version. Of equal ones the first
    counts, as in ``choose``.
    """
    groups: dict[tuple[bool, object], list[tuple[Any, str]]] = {}
    for it in releases:
        parsed = _parsed(it.version)
        if parsed is not None:
            core = _core(parsed) if parsed.prerelease else None
            groups.setdefault((it.deprecated, core), []).append((_place(parsed), it.version))
    for group in groups.values():
        group.reverse()
        group.sort(key=_first)
    found: dict[str, str] = {}
    for version in later:
        parsed = _parsed(version)
        if parsed is None:
            continue
        cores = (_core(parsed), None) if parsed.prerelease else (None,)
        for group in (groups.get((deprecated, it), []) for deprecated in (False, True) for it in cores):
            end = bisect_right(group, _place(parsed), key=_first)
            if end:
                found[version] = group[end - 1][1]
                break
    return found


def _parsed(version: str) -> Any:
    try:
        return nodesemver.make_semver(version, loose=True)
    except (ValueError, TypeError, IndexError, RecursionError):
        return None


def _core(parsed: Any) -> tuple[int, int, int]:
    return parsed.major, parsed.minor, parsed.patch


def _place(parsed: Any) -> Any:
    return (*_core(parsed), _order_of_parsed(parsed))


def is_range(wanted: str) -> bool:
    """Whether a text is a range or a version, and not a tag."""
    try:
        return wanted.strip() == "*" or bool(
            wanted and len(wanted) <= _LONGEST and nodesemver.valid_range(wanted, loose=True) is not None
        )
    except (ValueError, TypeError, IndexError, RecursionError):
        return False


def runs(release: Release, node: str) -> bool:
    """Whether a version runs on this node, as far as both are known."""
    if not node or not release.node:
        return True
    return satisfies(node, release.node)


def _preference(release: Release, node: str) -> tuple[bool, bool, bool, object]:
    fit = runs(release, node)
    current = not release.deprecated
    return (fit and current, fit, current, _order(release.version))


def compared(one: str, other: str) -> int:
    """-1, 0, 1: the order of two versions."""
    return int(nodesemver.compare(one, other, loose=True))


_order = cmp_to_key(compared)


def _compared(one: Any, other: Any) -> int:
    return int(one.compare(other))


_order_of_parsed = cmp_to_key(_compared)


def satisfies(version: str, wanted: str) -> bool:
    """Whether a version is in a range."""
    try:
        return bool(nodesemver.satisfies(version, wanted, loose=True))
    except (ValueError, TypeError, IndexError, RecursionError):
        return False
