"""A report → since when a Dockerfile is stale, and why. Pure.

An instruction with a recorded build is compared with that build. One without is compared with what it read
when the service first saw it: the machine that watches is often not the one that builds.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from freshlayer.model.build import InstructionVerdict, Pairs
from freshlayer.model.key_identities import Nonce, Unseen, read_key_identity
from freshlayer.model.package_references import as_a_whole, manager_of
from freshlayer.model.report import Report
from freshlayer.model.watched import Cause, CauseKind, Recovery, Standing

_IMAGE = "docker-image://"
_PACKAGES = ("pkg:", "packages:")
_GRAVITY = (CauseKind.SECURITY, CauseKind.BASE, CauseKind.INPUT, CauseKind.PACKAGE)
_REMEMBERED = 3
"""Causes of an image that is fresh again."""


def standing_of(report: Report, name: str, before: Standing | None, now: int, *, accept: bool) -> Standing:
    """The standing of a Dockerfile by its last one. ``now`` in seconds since 1970.

    ``accept``: the triggers for ``before`` are delivered, so that an instruction without a recorded build
    counts as built with what it read then.
    """
    known = before or Standing(name)
    old = known.seen if accept else known.baseline
    baseline: dict[str, Pairs] = {}
    seen: dict[str, Pairs] = {}
    causes: set[Cause] = set()
    for item in report.instructions:
        built = report.past.built.get((item.stage, item.digest))
        if built is not None:
            causes.update(_causes(item, built.pairs) if item.changed else ())
        elif current := _read_by(item):
            place = f"{item.stage} {item.digest}"
            baseline[place] = _completed(old.get(place, current), current)
            seen[place] = _completed(current, known.seen.get(place, ()))
            observed = replace(item, pairs=_completed(seen[place], baseline[place]))
            causes.update(_causes(observed, baseline[place]))
    found = replace(known, causes=tuple(sorted(causes)), baseline=baseline, seen=seen)
    return _at(known, found, now)


def _at(known: Standing, found: Standing, now: int) -> Standing:
    """With its times, and without what the triggers noted of causes that are none any more.

    ``stale_since`` is part of idempotency keys, and stays as it is.
    """
    pairs = _identities(found.causes)
    same = pairs == _identities(known.causes)
    found = replace(
        found,
        count=known.count if same else known.count + 1,
        fired={
            name: replace(it, pairs=tuple(pair for pair in it.pairs if pair in pairs))
            for name, it in known.fired.items()
        },
    )
    if not pairs:
        turn = _turn(known, now) if known.causes else known.turn
        return replace(found, stale_since=0, changed_at=0, waiting={}, turn=turn)
    changed_at = min(known.changed_at, now) if same else now
    return replace(found, stale_since=known.stale_since or now, changed_at=changed_at)


def _turn(known: Standing, now: int) -> Recovery:
    fired = (it.at for it in known.fired.values() if it.at >= known.stale_since)
    causes = sorted(known.causes, key=lambda it: _GRAVITY.index(it.kind))
    references = tuple(dict.fromkeys(it.reference for it in causes))[:_REMEMBERED]
    return Recovery(known.stale_since, max(fired, default=0), now, references)


def _read_by(item: InstructionVerdict) -> Pairs:
    """Its pairs, with a mark in place of packages that can't be found out now."""
    missing = {it.manager for it in item.packages if it.problem is not None}
    marks = {(as_a_whole(manager), str(Unseen())) for manager in missing}
    return tuple(sorted(marks.union(it for it in item.pairs if manager_of(it[0]) not in missing)))


def _completed(pairs: Pairs, others: Pairs) -> Pairs:
    """Where they have a mark, what the others have: what was not observed counts as what is known of it."""
    known = dict(others)
    found: set[tuple[str, str]] = set()
    for reference, value in pairs:
        manager = "" if _is_known(value) else manager_of(reference)
        same = {it for it in others if manager and manager_of(it[0]) == manager}
        found |= same or {(reference, value if _is_known(value) else known.get(reference, value))}
    return tuple(sorted(found))


def _is_known(identity: str) -> bool:
    """Whether it is an identity, and not a mark in place of one."""
    return not isinstance(read_key_identity(identity), Unseen | Nonce)


def _identities(causes: tuple[Cause, ...]) -> set[tuple[str, str]]:
    """Without lines, which an edit moves."""
    return {(it.reference, it.identity) for it in causes}


def _causes(item: InstructionVerdict, base: Pairs) -> Iterator[Cause]:
    now, secure = dict(item.pairs), _security(item)
    for reference, identity in set(item.pairs) - set(base):
        if not _is_known(identity):
            continue
        yield Cause(reference, identity, _kind(reference, secure), item.line)
    for reference in dict(base).keys() - now.keys():
        yield Cause(reference, "", _kind(reference, secure), item.line)


def _security(item: InstructionVerdict) -> frozenset[str]:
    """The packages whose version is a security update."""
    chosen = (it.purl for verdict in item.packages for it in verdict.packages if it.security)
    changed = (it.purl for verdict in item.packages for it in verdict.changes if it.security)
    return frozenset([*chosen, *changed])


def _kind(reference: str, secure: frozenset[str]) -> CauseKind:
    if reference.startswith(_IMAGE):
        return CauseKind.BASE
    if reference.startswith(_PACKAGES):
        return CauseKind.SECURITY if reference in secure else CauseKind.PACKAGE
    return CauseKind.INPUT
