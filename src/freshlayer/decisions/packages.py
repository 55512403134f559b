"""The packages of an instruction against its last build: verdicts, and pairs for its key. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from freshlayer.model.build import Built, Pairs
from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.key_identities import KeyIdentity, Nonce, Tainted, Unseen, read_key_identity
from freshlayer.model.package_policy import OF_LANGUAGES, PackagePolicy
from freshlayer.model.package_references import as_a_whole, manager_of
from freshlayer.model.packages import ChosenPackage, PackageChange, PackagesRead, PackageVerdict, version_of
from freshlayer.model.reasons import Reason, about
from freshlayer.reference import shown

_MARKING = frozenset({"apt", "rpm"})
"""Managers whose indexes mark security updates."""
_NONE = "closure:empty"
"""Identity where nothing is to be installed: a record, which counts when the repository is down."""

_MOST_CHANGES = 3
_MOST_WORDS = 3
_DEEPEST = 100
_LONGEST = 80


def judged(read: PackagesRead, built: Built | None, nonce: str = "") -> tuple[PackageVerdict, Pairs]:
    """The verdict, and the pairs that count in the key. ``nonce``: as in ``plan.Known``."""
    known = {text: it for text, it in (built.pairs if built else ()) if manager_of(text) == read.manager}
    if read.resolution.problem is not None:
        return _unknown(read, None if built is None else known, read.resolution.problem, nonce)
    packages = read.resolution.packages
    before = {purl: it for purl, it in known.items() if purl.startswith("pkg:")}
    recorded = bool(before) or untainted(known.get(as_a_whole(read.manager), "")) == _NONE
    changes = tuple(_changes(before, packages)) if recorded else ()
    # An update takes up everything else that is new, for then the instruction runs.
    if _is_held(read, changes):
        verdict = PackageVerdict(read.manager, len(before), held=changes, packages=packages)
        return verdict, tuple(known.items())
    if _is_wider(read, before, changes):
        verdict = PackageVerdict(read.manager, len(packages), packages=packages, added=len(changes))
        return verdict, _pairs(read.manager, packages)
    found = tuple(it for it in changes if it.now or not _is_left(read, it.purl))
    verdict = PackageVerdict(read.manager, len(packages), found, (), packages, new=not recorded)
    return replace(verdict, left=len(changes) - len(found)), _pairs(read.manager, packages)


def _pairs(manager: str, packages: Iterable[ChosenPackage]) -> Pairs:
    pairs = tuple((item.purl, str(item.identity)) for item in packages)
    return pairs or ((as_a_whole(manager), _NONE),)


def none_of() -> str:
    """The written identity of no package at all."""
    return _NONE


def _is_left(read: PackagesRead, purl: str) -> bool:
    """Whether a recorded package that is none of the inputs now is installed all the same."""
    unwatched = read.resolution.unwatched
    if unwatched is not None:
        return purl in unwatched
    return read.policy is PackagePolicy.NAMED and read.manager not in OF_LANGUAGES


def _is_wider(read: PackagesRead, before: Mapping[str, str], changes: Sequence[PackageChange]) -> bool:
    """Whether the packages that the command names are recorded, and nothing but what these require is new."""
    named = {item.purl for item in read.resolution.packages if item.named}
    if read.policy is PackagePolicy.NAMED or not before or not before.keys() <= named:
        return False
    return bool(changes) and all(it.now and it.purl not in named for it in changes)


def _is_held(read: PackagesRead, changes: Sequence[PackageChange]) -> bool:
    """Whether the policies wait for a security update. Where no index marks one, every update counts."""
    if read.manager not in _MARKING or not changes:
        return False
    policies = {item.purl: item.policy or read.policy for item in read.resolution.packages}
    return all(
        policies.get(it.purl, read.policy) is PackagePolicy.SECURITY and not it.security for it in changes
    )


def _unknown(
    read: PackagesRead, recorded: Mapping[str, str] | None, problem: Reason, nonce: str
) -> tuple[PackageVerdict, Pairs]:
    """What is recorded counts, whatever the problem is (rule 4): also that there was no package."""
    unseen = as_a_whole(read.manager)
    known = recorded or {}
    unreachable = read.resolution.unreachable
    total = sum(purl.startswith("pkg:") for purl in known)
    verdict = PackageVerdict(read.manager, total, problem=problem, unreachable=unreachable, kept=bool(known))
    if nonce and (known or unreachable):
        return verdict, ((unseen, str(Nonce(nonce))),)
    if known:
        return verdict, tuple(known.items())
    return verdict, ((unseen, str(Unseen())),) if unreachable and recorded is None else ()


def _changes(before: Mapping[str, str], packages: Sequence[ChosenPackage]) -> Iterator[PackageChange]:
    """Security updates first, then what the command names."""
    by_name = {item.name: item for item in packages}
    found = []
    for item in packages:
        old = before.get(item.purl)
        if old is None or untainted(old) != str(item.identity):
            was = version_of(untainted(old)) if old else item.before
            roots = tuple(_roots(item, by_name))
            found.append(PackageChange(item.purl, item.name, was, item.version, item.security, roots))
    yield from sorted(found, key=lambda it: (not it.security, (it.name,) != it.wanted_by, it.name))
    now = {item.purl for item in packages}
    for purl in sorted(before.keys() - now):
        yield PackageChange(purl, name_of(purl), version_of(untainted(before[purl])), "")


def _roots(item: ChosenPackage, by_name: Mapping[str, ChosenPackage]) -> Iterator[str]:
    """The word of the command because of which a package is there."""
    for _ in range(_DEEPEST):
        above = by_name.get(item.wanted_by)
        if item.named or above is None or above is item:
            yield item.name if item.named else item.wanted_by
            return
        item = above


def name_of(purl: str) -> str:
    """The name in a package URL; of what is encoded in it, ``+`` alone, which names of packages have."""
    return purl.partition("?")[0].rpartition("/")[2].replace("%2B", "+").replace("%2b", "+")


def untainted(text: str) -> str:
    """A written identity without the taint (rule 9 of ARCHITECTURE.md)."""
    if not text:
        return ""
    found: KeyIdentity = read_key_identity(text)
    return str(found.identity) if isinstance(found, Tainted) else text


def tainted(reference: str, identity: str, taints: Mapping[tuple[str, str], int]) -> str:
    """The written identity of a package with its taint, if it has one."""
    times = taints.get((reference, identity), 0)
    if not times:
        return identity
    return str(Tainted(Identity.parse(identity, Strength.CONTENT), times))


def moved_packages(old: Pairs, new: Pairs, packages: Sequence[PackageVerdict]) -> Iterator[Reason]:
    """Why the packages of each manager change the key."""
    before, now = _by_manager(old), _by_manager(new)
    for manager in sorted(before.keys() | now.keys()):
        if before.get(manager) != now.get(manager):
            verdict = next((it for it in packages if it.manager == manager), None)
            yield _why_moved(manager, verdict)


def _by_manager(pairs: Pairs) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for reference, identity in pairs:
        if manager := manager_of(reference):
            found.setdefault(manager, []).append((reference, identity))
    return found


def _why_moved(manager: str, verdict: PackageVerdict | None) -> Reason:
    if verdict is None:
        return Reason("input-removed", detail=f"{manager}: its packages are not watched any more")
    if verdict.changes:
        return Reason("packages-changed", detail=changes_text(verdict))
    if verdict.problem:
        return about(manager, verdict.problem)
    if verdict.new:
        noun = "package" if verdict.total == 1 else "packages"
        return Reason("packages-watched", detail=f"{manager}: {verdict.total} {noun}, not watched so far")
    if verdict.added:
        noun = "package that others require is" if verdict.added == 1 else "packages that others require are"
        return Reason("packages-watched", detail=f"{manager}: {verdict.added} {noun} watched too now")
    if verdict.left:
        noun = "package that it names is" if verdict.total == 1 else "packages that it names are"
        return Reason("packages-watched", detail=f"{manager}: only the {verdict.total} {noun} watched now")
    return Reason("moved-during-build", detail=f"{manager}: packages changed while the last build ran")


def changes_text(verdict: PackageVerdict) -> str:
    """``apt: 3 of 98 packages changed: openssl 3.0.16-1 → 3.0.17-1 (security), …; wanted by curl``."""
    changes = verdict.changes
    listed = [change_text(change) for change in changes[:_MOST_CHANGES]]
    more = f" and {len(changes) - _MOST_CHANGES} more" if len(changes) > _MOST_CHANGES else ""
    total = verdict.total + sum(not change.now for change in changes)
    noun = "package" if total == 1 else "packages"
    text = f"{verdict.manager}: {len(changes)} of {total} {noun} changed: {', '.join(listed)}{more}"
    words = wanted_by(changes)
    return f"{text}; wanted by {words}" if words else text


def held_text(verdict: PackageVerdict) -> str:
    """``apt: 1 change is no security update: lib 1 → 1.1``: what the policy does not take."""
    listed = ", ".join(change_text(change) for change in verdict.held[:_MOST_CHANGES])
    more = f" and {len(verdict.held) - _MOST_CHANGES} more" if len(verdict.held) > _MOST_CHANGES else ""
    are = "change is no security update" if len(verdict.held) == 1 else "changes are no security updates"
    return f"{verdict.manager}: {len(verdict.held)} {are}: {listed}{more}"


def wanted_by(changes: Iterable[PackageChange]) -> str:
    """The words of the command, where they are not the changed packages themselves."""
    words = dict.fromkeys(word for change in changes for word in change.wanted_by if word != change.name)
    listed = [shown(word, _LONGEST) for word in words]
    more = f" and {len(listed) - _MOST_WORDS} more" if len(listed) > _MOST_WORDS else ""
    return f"{', '.join(listed[:_MOST_WORDS])}{more}" if listed else ""


def change_text(change: PackageChange) -> str:
    """``openssl 3.0.16-1 → 3.0.17-1 (security)``."""
    name, before, now = (shown(it, _LONGEST) for it in (change.name, change.before, change.now))
    security = " (security)" if change.security else ""
    if not change.now:
        return f"{name} {before} is no longer installed"
    if not change.before:
        return f"{name} {now} is new{security}"
    if before == now:
        return f"{name} {now} has other bytes{security}"
    return f"{name} {before} → {now}{security}"


def moved_since(read: PackagesRead, verdict: PackageVerdict) -> tuple[Reason, Pairs] | None:
    """Which packages are others than those that were judged, and the pairs that were; None if none is."""
    if read.resolution.problem or verdict.problem or verdict.held:
        return None
    before = {item.purl: str(item.identity) for item in verdict.packages}
    changes = tuple(_changes(before, read.resolution.packages))
    if not changes:
        return None
    now = PackageVerdict(verdict.manager, len(read.resolution.packages), changes)
    moved = {change.purl for change in changes} | {as_a_whole(verdict.manager)}
    pairs = tuple(pair for pair in _pairs(verdict.manager, verdict.packages) if pair[0] in moved)
    return Reason("packages-changed", detail=changes_text(now)), pairs
