"""What origins say, told as they say it, so that nobody waits for the slowest of them."""

from __future__ import annotations

from collections.abc import Generator, Mapping

from freshlayer.asking import Rooms, ask
from freshlayer.model import Observation, Outcome, Recorded
from freshlayer.probe.each import each
from freshlayer.reference import Reference


def answers(
    ttls: Mapping[Reference, int],
    recorded: Mapping[Reference, Recorded],
    rooms: Rooms,
    platforms: tuple[str, ...],
) -> Generator[Observation]:
    """One observation for each reference: first of those that nobody is asked about, then as they come."""
    held = {r: _not_due(r, ttl, recorded.get(r), rooms.now) for r, ttl in ttls.items()}
    due = [reference for reference, observation in held.items() if observation is None]
    settled = [reference for reference in due if reference.pinned or rooms.policy.offline]
    open_ = [reference for reference in due if not (reference.pinned or rooms.policy.offline)]
    yield from (observation for observation in held.values() if observation is not None)
    yield from ask(settled, recorded, rooms, platforms).values()
    done = len(ttls) - len(open_)
    for observation in each(open_, recorded, rooms.limits, rooms.keyring, platforms):
        done += 1
        if rooms.progress:
            rooms.progress(done, len(ttls))
        yield observation


def _not_due(reference: Reference, ttl: int, known: Recorded | None, now: int) -> Observation | None:
    """An answer may hold for a while (``ttl``)."""
    if known is None or not ttl or not 0 <= now - known.asked < ttl:
        return None
    reason = f"was asked {now - known.asked} s ago, and its answer holds for {ttl} s (ttl)"
    return Observation(reference, Outcome.NOT_DUE, reason)
