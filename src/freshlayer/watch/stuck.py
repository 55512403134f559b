"""Which images wait for a message that can't be delivered now, and why. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping


def stuck(
    tries: Iterable[tuple[str, str, int]], triggers: Collection[str], problems: Mapping[str, str]
) -> dict[str, str]:
    """Dockerfile → why, a clause. What was not tried yet, of a trigger without a problem, is under way.

    ``tries``: Dockerfile, trigger, and how often a message was tried that is not delivered. ``triggers``:
    those of this watch. ``problems``: trigger → how its last delivery failed, empty where it did not.
    """
    found: dict[str, str] = {}
    for dockerfile, trigger, times in tries:
        if trigger not in triggers:
            why = "this watch has no such trigger (run the watch that has it)"
        else:
            why = problems.get(trigger, "") or ("it is tried again (see the log)" if times else "")
        if why:
            found.setdefault(dockerfile, f"trigger {trigger}: not delivered: {why}")
    return found
