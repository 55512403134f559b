"""What several processes of ``freshlayer watch`` share: whose turn it is to probe, and to judge."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from freshlayer.model.turns import Taken, Turn
from freshlayer.reference import Reference
from freshlayer.watch.schedule import Schedule

_AGAIN = 5.0
"""Seconds until a process looks again, where the state can't be used."""


class Turns(Protocol):
    """A member keeps them where every process sees them."""

    def judges(self) -> bool:
        """Whether this process is the one that judges and fires; another one takes over once it is gone."""

    def changed(self) -> tuple[Collection[str], Collection[str]]:
        """References and Dockerfiles: those with another identity, or a build, since the last call."""

    def take(self, waits: Mapping[str, float]) -> Taken | None:
        """Take the turns that are due; None where the state can't be used. ``waits``: seconds, usually.

        Half of that time after this process was killed, another one takes them.
        """

    def finish(self, turns: Mapping[str, Turn]) -> None:
        """Note how the probes ended."""

    def hurry(self, references: Collection[str]) -> None:
        """These are due now, or once their origin takes requests again."""

    def close(self) -> None:
        """End the connections; they are opened again."""


def own_turns(
    references: Collection[Reference], schedule: Schedule, turns: Turns, now: float
) -> list[Reference] | None:
    """Those that this process is to probe now; None where the state can't be used.

    The others are scheduled for when it is their turn.
    """
    taken = turns.take({it.text: schedule.interval_of(it) for it in references})
    mine: list[Reference] = []
    for reference in references:
        errors = taken.mine.get(reference.text) if taken is not None else None
        if errors is None:
            wait = taken.others.get(reference.text, _AGAIN) if taken is not None else _AGAIN
            schedule.postpone(reference, now + wait)
        else:
            schedule.note_errors(reference, errors)
            mine.append(reference)
    return mine if taken is not None else None


def finish(references: Collection[Reference], schedule: Schedule, turns: Turns, now: float) -> None:
    """Note when each of them is due again."""
    found = {it.text: schedule.turn_of(it, now) for it in references}
    turns.finish({text: turn for text, turn in found.items() if turn is not None})
