"""Move a lock file forward: all of it, what is named, or security updates of packages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.decisions.lock_changes import changes, moved
from freshlayer.decisions.locking import numbered
from freshlayer.errors import FreshlayerError
from freshlayer.model.lock import Lock, LockedInput, LockedPackages
from freshlayer.model.lock_report import LockChange, LockChangeKind
from freshlayer.model.observation import Verdict
from freshlayer.model.package_policy import DATED, PackagePolicy
from freshlayer.packages.dates import written
from freshlayer.reference import Reference, parse, shown
from freshlayer.settings import Policy
from freshlayer.workflows.lock import Observed, as_now, observe, parts_of
from freshlayer.workflows.lock_bodies import with_bodies
from freshlayer.workflows.lock_targets import LockTarget
from freshlayer.workflows.received import with_digests
from freshlayer.workflows.session import Session

_MARKING = ("apt", "rpm")
_ARCHIVED = "apt"
_ELSEWHERE = "package-index"
_OF_HISTORY = 300.0
"""Seconds for the commits of a repository."""


class UpdateWanted(Struct, frozen=True):
    """``names``: of the entries that are meant; None: all. ``security``: security updates alone.

    ``downloads``: whether the bodies of URLs that changed are hashed. ``until``: what was published
    later does not count, in milliseconds since 1970; 0: everything counts.
    """

    names: frozenset[object] | None = None
    security: bool = False
    downloads: bool = False
    until: int = 0

    def means(self, item: LockedInput) -> bool:
        """Whether an input is observed again."""
        return not self.security and (self.names is None or item.name in self.names)

    def means_packages(self, block: LockedPackages) -> bool:
        """Whether the packages of an instruction are chosen again."""
        return self.names is None or block.name in self.names


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
    if wanted.until:
        _check_dated(before, wanted)
        session = replace(session, until=wanted.until, policy=_patient(session.policy))
    observed = list(observe(targets, session, wanted.means))
    _check_packages(before, wanted, observed)
    parts = with_digests(_as_of(parts_of(observed, session), wanted.until), observed, session)
    _check_answers(before, wanted, [it.report.verdicts for it in observed])
    if wanted.downloads:
        parts = with_bodies(parts, before, observed, session, wanted.means)
    now = _chosen(before, as_now(before, parts, path, keep=False), wanted)
    if wanted.until:
        _check_fresh(before, now)
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


def _check_dated(before: Lock, wanted: UpdateWanted) -> None:
    """Raises FreshlayerError where what an input was on a day can't be known."""
    inputs = (it for it in before.inputs if wanted.means(it) and not (it.frozen or _is_dated(it)))
    blocks = (it for it in before.packages if wanted.means_packages(it) and it.packages)
    found = [
        *(shown(it.reference) for it in inputs),
        *(_shown(it) for it in blocks if it.manager not in DATED),
    ]
    if found:
        lines = "\n  ".join(dict.fromkeys(found))
        raise FreshlayerError(
            "--at: no origin states what these were on that day, so nothing was written"
            f" (name the others, as 'pypi/*', 'npm/*' and 'git+*'):\n  {lines}"
        )


def _as_of(parts: list[Lock], until: int) -> list[Lock]:
    """With the time as of which archives were read: a locked build reads them again."""
    if not until:
        return parts
    at = written(until // 1000)
    return [
        replace(
            part,
            packages=tuple(
                replace(it, at=at) if it.manager == _ARCHIVED and it.packages else it for it in part.packages
            ),
        )
        for part in parts
    ]


def _is_dated(item: LockedInput) -> bool:
    """Whether what it was on a day can be known: a branch has its commits, and a tag names one."""
    reference = parse(item.reference)
    return bool(reference.pinned) or (reference.kind == "git" and not item.reference.endswith("/"))


def _patient(policy: Policy) -> Policy:
    """The history of a branch is more than one answer."""
    timeout = max(policy.timeout, _OF_HISTORY)
    return replace(policy, timeout=timeout, deadline=max(policy.deadline, timeout))


def _check_fresh(before: Lock, now: Lock) -> None:
    """Raises FreshlayerError where the Dockerfiles gained what can't be dated."""
    inputs, blocks = before.by_name, numbered(before.packages)
    found = [
        *(shown(it.reference) for it in now.inputs if not it.frozen and _is_undated(it, inputs.get(it.name))),
        *(_shown(it) for name, it in numbered(now.packages).items() if _are_undated(it, blocks.get(name))),
    ]
    if found:
        lines = "\n  ".join(dict.fromkeys(found))
        raise FreshlayerError(
            "--at: no origin states what these were on that day, and the lock file does not have them, so"
            f" nothing was written (freshlayer lock adds them as they are now):\n  {lines}"
        )


def _is_undated(item: LockedInput, old: LockedInput | None) -> bool:
    """Whether it is new, or another one, and not that of the day."""
    if _is_dated(item):
        return old is None and item.identity is None
    return old is None or item.identity != old.identity


def _are_undated(block: LockedPackages, old: LockedPackages | None) -> bool:
    if block.manager in DATED:
        return old is None and block.reason not in {"", _ELSEWHERE}
    return bool(block.packages) and (old is None or block.packages != old.packages)


def _shown(block: LockedPackages) -> str:
    return f"{block.manager}: {shown('; '.join(block.commands))}"


def _check_packages(before: Lock, wanted: UpdateWanted, observed: Iterable[Observed]) -> None:
    """Raises FreshlayerError where an index gave no answer, or none for that day."""
    managers = {it.manager for it in before.packages if wanted.means_packages(it) and it.packages}
    option = "--at: " if wanted.until else ""
    for report in (it.report for it in observed):
        for item in report.instructions:
            for it in item.packages:
                silent = it.unreachable or (wanted.until and it.manager in DATED)
                if it.manager in managers and it.problem is not None and silent:
                    place = f"{report.dockerfile}:{item.line}: {it.manager}"
                    raise FreshlayerError(f"{option}{place}: {it.problem} (nothing was written)")


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
