"""What is remembered of references, and what their origins say now; for any number of Dockerfiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field

from freshlayer.credentials import NOBODY, Keyring
from freshlayer.model import Observation, Outcome, Recorded
from freshlayer.probe import Limits, probe
from freshlayer.reading import Read
from freshlayer.reference import Reference
from freshlayer.settings import Policy
from freshlayer.state import Entry, Store


class Rooms(Struct, frozen=True):
    """What the story needs of the world. ``now`` in seconds since 1970."""

    store: Store
    policy: Policy
    warn: Callable[[str], None]
    now: int = 0
    progress: Callable[[int, int], None] | None = None
    identities: Mapping[str, Entry] = field(default_factory=dict)
    identities_path: Path | None = None
    keyring: Keyring = NOBODY
    verbose: bool = False

    @property
    def limits(self) -> Limits:
        policy = self.policy
        limits = Limits(connections=policy.connections, hash_up_to=policy.hash_up_to)
        return limits.within(policy.timeout)


def recall(references: Sequence[Reference], rooms: Rooms) -> dict[Reference, Recorded]:
    """From the state; what it does not know from the identities file."""
    recorded = rooms.store.recall(references)
    for reference in references:
        if reference not in recorded and reference.text in rooms.identities:
            recorded[reference] = Recorded.of(rooms.identities[reference.text].identity)
    return recorded


def observe(
    reads: Sequence[Read], recorded: Mapping[Reference, Recorded], rooms: Rooms, platforms: tuple[str, ...]
) -> Mapping[Reference, Observation]:
    """Ask once for all of them what is due: an answer may hold for a while (``ttl``)."""
    held: dict[Reference, Observation] = {}
    ttls = _ttls(reads)
    for reference, ttl in ttls.items():
        known = recorded.get(reference)
        if known is not None and ttl and 0 <= rooms.now - known.asked < ttl:
            reason = f"was asked {rooms.now - known.asked} s ago, and its answer holds for {ttl} s (ttl)"
            held[reference] = Observation(reference, Outcome.NOT_DUE, reason)
    due = [reference for reference in ttls if reference not in held]
    return {**held, **ask(due, recorded, rooms, platforms)}


def _ttls(reads: Sequence[Read]) -> dict[Reference, int]:
    """Seconds for which an answer holds: the least that any Dockerfile says."""
    found: dict[Reference, int] = {}
    for read in reads:
        for item in read.discovery.inputs:
            ttl = read.ttl(item)
            found[item.reference] = min(found.get(item.reference, ttl), ttl)
    return found


def ask(
    references: Sequence[Reference],
    recorded: Mapping[Reference, Recorded],
    rooms: Rooms,
    platforms: tuple[str, ...],
) -> Mapping[Reference, Observation]:
    """What the origins say; with ``--offline`` nobody is asked."""
    if rooms.policy.offline:
        return {r: Observation(r, Outcome.UNKNOWN, "was not asked (--offline)") for r in references}
    return probe(
        references, recorded, rooms.limits, rooms.progress, keyring=rooms.keyring, platforms=platforms
    )
