"""Move a lock file forward: all of it, what is named, or security updates of packages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.decisions.lock_changes import changes, moved
from freshlayer.decisions.locking import numbered
from freshlayer.errors import FreshlayerError
from freshlayer.model.lock import Lock, LockedInput
from freshlayer.model.lock_report import LockChange, LockChangeKind
from freshlayer.model.observation import Verdict
from freshlayer.model.packages import PackagePolicy
from freshlayer.reference import Reference, shown
from freshlayer.workflows.lock import LockTarget, as_now, observe, parts_of
from freshlayer.workflows.lock_bodies import with_bodies
from freshlayer.workflows.received import with_digests
from freshlayer.workflows.session import Session

_MARKING = ("apt", "rpm")


class UpdateWanted(Struct, frozen=True):
    """``names``: of the entries that are meant; None: all. ``security``: security updates alone.

    ``downloads``: whether the bodies of URLs that changed are hashed.
    """

    names: frozenset[object] | None = None
    security: bool = False
    downloads: bool = False

    def means(self, item: LockedInput) -> bool:
        """Whether an input is observed again."""
        return not self.security and (self.names is None or item.name in self.names)


class Updated(Struct, frozen=True):
    """The next lock file, and what changed. Frozen inputs that moved are among the changes."""

    lock: Lock
    changes: tuple[LockChange, ...]

    @property
    def moved(self) -> bool:
        return any(it.kind is not LockChangeKind.FROZEN for it in self.changes)


def update(
    before: Lock, targets: Sequence[LockTarget], wanted: UpdateWanted, path: Path, session: Session
) -> Updated:
    """Raises FreshlayerError where an input that is meant could not be observed."""
    if wanted.security:
        policies = {**session.policy.packages, **dict.fromkeys(_MARKING, PackagePolicy.SECURITY)}
        session = replace(session, policy=replace(session.policy, packages=policies))
    observed = list(observe(targets, session, wanted.means))
    parts = with_digests(parts_of(observed, session), observed, session)
    _check_answers(before, wanted, [it.report.verdicts for it in observed])
    if wanted.downloads:
        parts = with_bodies(parts, before, observed, session, wanted.means)
    fresh = as_now(before, parts, path, keep=False)
    now = _chosen(before, fresh, wanted)
    found = list(changes(before, now))
    return Updated(now, (*found, *_frozen(before, parts)))


def _check_answers(
    before: Lock, wanted: UpdateWanted, verdicts: Iterable[Mapping[Reference, Verdict]]
) -> None:
    """An input that gave no answer stays what it was, and that is no success."""
    meant = {item.reference for item in before.inputs if wanted.means(item) and item.identity is not None}
    for found in verdicts:
        for reference, verdict in found.items():
            if reference.text in meant and not verdict.is_observed:
                raise FreshlayerError(f"{shown(reference.text)}: {verdict.reason.what} (nothing was written)")


def _chosen(before: Lock, fresh: Lock, wanted: UpdateWanted) -> Lock:
    """Of packages that are not meant, what was locked."""
    if wanted.names is None:
        return fresh
    known = numbered(before.packages)
    packages = [
        known[name] if name in known and block.name not in wanted.names else block
        for name, block in numbered(fresh.packages).items()
    ]
    return replace(fresh, packages=tuple(packages))


def _frozen(before: Lock, parts: Sequence[Lock]) -> list[LockChange]:
    frozen = {item.name: item for item in before.inputs if item.frozen}
    now = {item.name: item for part in parts for item in part.inputs if item.name in frozen}
    return [
        moved(frozen[name], item)
        for name, item in now.items()
        if item.identity is not None and item.identity != frozen[name].identity
    ]
