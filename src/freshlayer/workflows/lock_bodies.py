"""The bodies of URLs in a lock file: hashed once when they are locked, and again by ``verify --content``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from freshlayer import evidence
from freshlayer.discover.downloaded_scripts import confinements
from freshlayer.model.evidence import Evidence
from freshlayer.model.lock import Lock, LockedInput
from freshlayer.model.lock_report import LockChange, LockChangeKind
from freshlayer.model.reasons import Reason, about, with_hint
from freshlayer.probe.bodies import Body, bodies, too_large
from freshlayer.probe.http.routes import is_of_body
from freshlayer.reference import shown
from freshlayer.workflows.lock import Observed
from freshlayer.workflows.session import Session

_SHA256 = "sha256"
_DIGITS = 12


class Compared(Struct, frozen=True):
    """What ``verify --content`` found. ``hashed``: how many bodies it compared."""

    changes: tuple[LockChange, ...] = ()
    hashed: int = 0


def with_bodies(
    parts: Sequence[Lock],
    before: Lock,
    observed: Sequence[Observed],
    session: Session,
    means: Callable[[LockedInput], bool] = lambda _: True,
) -> list[Lock]:
    """The parts of a lock file, with the digest and the length of each body that has none yet.

    What the lock file has of the same identity is not downloaded again. ``means``: what is updated.
    """
    known = before.by_name
    wanted = {
        it.reference: it
        for part in parts
        for it in part.inputs
        if means(it) and _lacks(it, known.get(it.name))
    }
    found = _read(wanted, observed, session)
    return [replace(part, inputs=tuple(_completed(part.inputs, found, session))) for part in parts]


def _lacks(item: LockedInput, old: LockedInput | None) -> bool:
    if item.identity is None or item.sha256:
        return False
    return old is None or not (old.frozen or (old.sha256 and old.identity == item.identity))


def _read(
    wanted: Mapping[str, LockedInput], observed: Sequence[Observed], session: Session
) -> dict[str, Body | Reason]:
    """Reference → its body, where it is a URL whose own body is observed."""
    most = session.policy.download_up_to
    known = {text: too_large(most) for text, it in wanted.items() if it.size is not None and it.size > most}
    named = wanted.keys() - known.keys()
    inputs = [item for it in observed for item in it.report.inputs]
    urls = {
        item.reference
        for item in inputs
        if item.reference.text in named and item.reference.kind == "http" and is_of_body(item.reference)
    }
    if not urls:
        return {**known}
    found = bodies(
        sorted(urls, key=lambda it: it.text),
        most,
        session.limits,
        session.keyring,
        confinements=confinements(inputs),
        progress=session.progress,
    )
    return {**known, **{reference.text: body for reference, body in found.items()}}


def _completed(
    inputs: Iterable[LockedInput], found: Mapping[str, Body | Reason], session: Session
) -> Iterator[LockedInput]:
    for item in inputs:
        body = found.get(item.reference)
        if isinstance(body, Reason):
            why = with_hint(replace(body, detail=f"its digest is not locked: {body.what}"))
            session.warn(str(about(shown(item.reference), why)))
        elif body is not None and not _is_of(body, item):
            what = "its digest is not locked: it changes while it is read (lock it again)"
            session.warn(f"{shown(item.reference)}: {what}")
        elif body is not None:
            yield replace(
                item, sha256=body.sha256, size=body.size, served_by=item.served_by or body.served_by
            )
            continue
        yield item


def _is_of(body: Body, item: LockedInput) -> bool:
    """Whether nothing that the answer stated contradicts the identity."""
    identity = item.identity
    if identity is None:
        return False
    same = evidence.compare(
        (Evidence(identity.scheme, identity.value, identity.strength),), body.evidence
    ).same
    return same is not False


def compared_bodies(lock: Lock, observed: Sequence[Observed], session: Session) -> Compared:
    """The bodies that origins serve now, against the digests of the lock file.

    What is not downloaded again: a body that the probe has read where its digest is the identity, so that
    the probe has compared it, and one whose input is known to differ.
    """
    verdicts = {r.text: v for it in observed for r, v in it.report.verdicts.items()}
    differ = {
        item.reference
        for item in lock.inputs
        if (verdict := verdicts.get(item.reference)) is None
        or not verdict.is_observed
        or verdict.identity != item.identity
    }
    locked = {it.reference: it for it in lock.inputs if _digest_of(it) and it.reference not in differ}
    compared = {name for name, it in locked.items() if _is_own_digest(it)}
    read = {it.text for one in observed for it in one.hashed} & compared
    found = _read({name: it for name, it in locked.items() if name not in read}, observed, session)
    changes = tuple(_changes(locked, found))
    failed = sum(isinstance(body, Reason) for body in found.values())
    return Compared(changes, len(read) + len(found) - failed)


def _digest_of(item: LockedInput) -> str:
    identity = item.identity
    own = identity.value if identity is not None and identity.scheme == _SHA256 else ""
    return item.sha256 or own


def _is_own_digest(item: LockedInput) -> bool:
    """Whether the identity of an input is the locked digest of its body."""
    identity = item.identity
    return identity is not None and (identity.scheme, identity.value) == (_SHA256, _digest_of(item))


def _changes(locked: Mapping[str, LockedInput], found: Mapping[str, Body | Reason]) -> Iterator[LockChange]:
    for reference, body in sorted(found.items()):
        item = locked[reference]
        change = LockChange(LockChangeKind.BYTES, reference, tuple(sorted(map(str, item.users))))
        if isinstance(body, Reason):
            yield replace(change, kind=LockChangeKind.UNKNOWN, detail=str(with_hint(body)))
        elif body.sha256 != _digest_of(item):
            before, after = (f"{_SHA256}:{it[:_DIGITS]}" for it in (_digest_of(item), body.sha256))
            yield replace(change, before=before, after=after, detail="the origin states that nothing changed")
