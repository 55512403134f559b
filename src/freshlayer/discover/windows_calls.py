"""Calls of the interpreters of Windows in the scripts of other shells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshlayer.discover.windows_shells import is_of_windows, name_of
from freshlayer.shell import Call, Surroundings

if TYPE_CHECKING:
    from freshlayer.discover.commands import Others
    from freshlayer.discover.windows import Findings


def followed_by(surroundings: Surroundings) -> Others:
    """What these interpreters, and programs with a path of Windows, read where another shell runs them."""

    def others(call: Call) -> Findings | None:
        first = call.words[0] if call.words else ()
        # Most names are known as a whole.
        name = first[0] if len(first) == 1 and isinstance(first[0], str) else name_of(call)
        if is_of_windows(name):
            from freshlayer.discover.windows import of_programs  # noqa: PLC0415 - its grammars

            return of_programs([call], surroundings, 0)
        return None

    return others
