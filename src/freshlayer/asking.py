"""What is remembered of references, and what their origins say now; for any number of Dockerfiles."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from freshlayer.credentials import NOBODY, Keyring
from freshlayer.model import Observation, Outcome, Recorded, Validators
from freshlayer.probe import Limits, each
from freshlayer.reading import Read, Ttls
from freshlayer.reference import Reference
from freshlayer.settings import Policy
from freshlayer.state import Entry, Store


class Rooms(Struct, frozen=True):
    """What the story needs of the world. ``now`` in seconds since 1970.

    ``image_of``: the image that a tag means now, for the builder of a ``check``.
    """

    store: Store
    policy: Policy
    warn: Callable[[str], None]
    now: int = 0
    progress: Callable[[int, int], None] | None = None
    identities: Mapping[str, Entry] = field(default_factory=dict)
    identities_path: Path | None = None
    keyring: Keyring = NOBODY
    verbose: bool = False
    image_of: Callable[[str], str] | None = None

    @property
    def limits(self) -> Limits:
        policy = self.policy
        limits = Limits(
            connections=policy.connections, hash_up_to=policy.hash_up_to, deadline=policy.deadline
        )
        return limits.within(min(policy.timeout, policy.deadline))


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
    """Ask once for all of them what is due."""
    return _gathered(answers(_ttls(reads), recorded, rooms, platforms))


def _ttls(reads: Sequence[Read]) -> Mapping[Reference, int]:
    found = Ttls()
    for read in reads:
        for item in read.discovery.inputs:
            found.add(item.reference, read.ttl(item))
    return found.all()


def ask(
    references: Sequence[Reference],
    recorded: Mapping[Reference, Recorded],
    rooms: Rooms,
    platforms: tuple[str, ...],
) -> Mapping[Reference, Observation]:
    """What the origins say now, whatever they said a while ago."""
    return _gathered(answers(dict.fromkeys(references, 0), recorded, rooms, platforms))


def answers(
    ttls: Mapping[Reference, int],
    recorded: Mapping[Reference, Recorded],
    rooms: Rooms,
    platforms: tuple[str, ...],
) -> Generator[Observation]:
    """One observation for each reference: first of those that nobody is asked about, then as they come.

    With ``--offline`` nobody is asked. ``ttls``: seconds for which an answer holds.
    """
    held = {r: _unasked(r, ttl, recorded.get(r), rooms) for r, ttl in ttls.items()}
    yield from (observation for observation in held.values() if observation is not None)
    due = [reference for reference, observation in held.items() if observation is None]
    told = each(due, as_probed(recorded, rooms), rooms.limits, keyring=rooms.keyring, platforms=platforms)
    for done, observation in enumerate(told, len(ttls) - len(due) + 1):
        if rooms.progress:
            rooms.progress(done, len(ttls))
        yield observation


def as_probed(recorded: Mapping[Reference, Recorded], rooms: Rooms) -> dict[Reference, Recorded]:
    """What is recorded, without the conditions where the last full answer is too long ago.

    An origin that answers 304 to every condition is found out in no other way.
    """
    return {reference: _as_probed(known, rooms) for reference, known in recorded.items()}


def _as_probed(known: Recorded, rooms: Rooms) -> Recorded:
    age = 0 if known.full_answer is None else rooms.now - known.full_answer
    due = not 0 <= age < rooms.policy.full_answer_every
    return replace(known, validators=Validators(), full_answer=0) if due else known


def _unasked(reference: Reference, ttl: int, known: Recorded | None, rooms: Rooms) -> Observation | None:
    """What is said in place of the origin, where it is not to be asked."""
    if known is not None and ttl and 0 <= rooms.now - known.asked < ttl:
        reason = f"was asked {rooms.now - known.asked} s ago, and its answer holds for {ttl} s (ttl)"
        return Observation(reference, Outcome.NOT_DUE, reason)
    if rooms.policy.offline:
        return Observation(reference, Outcome.UNKNOWN, "was not asked (--offline)")
    return None


def _gathered(told: Iterable[Observation]) -> dict[Reference, Observation]:
    return {observation.reference: observation for observation in told}
