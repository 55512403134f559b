"""PowerShell scripts → the programs and cmdlets that they run. Pure: nothing is ever run."""

from __future__ import annotations

from msgspec import Struct

from freshlayer.shell import Surroundings
from freshlayer.shell.powershell.binding import Given
from freshlayer.shell.powershell.evaluate import Cmdlet, Evaluator, Event
from freshlayer.shell.powershell.frame import Frame
from freshlayer.shell.status import BudgetError

__all__ = ["Cmdlet", "Event", "Followed", "Given", "follow"]


class Followed(Struct, frozen=True):
    """What a script runs, in order. ``whole`` is False where not all could be followed."""

    events: tuple[Event, ...]
    whole: bool


def follow(text: str, surroundings: Surroundings, *, windows: bool) -> Followed:
    """Follow a script from its start. ``windows``: by Windows PowerShell, which has more aliases.

    Never fails, and ends within its budget.
    """
    evaluator = Evaluator(surroundings, windows=windows)
    try:
        evaluator.followed(text, Frame(directory=surroundings.directory))
    except (BudgetError, RecursionError):
        return Followed(tuple(evaluator.events), whole=False)
    return Followed(tuple(evaluator.events), evaluator.whole)
