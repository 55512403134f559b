"""What is known behind several ways, of which one is taken: one value, or input, for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from freshlayer.model.reasons import Reason
from freshlayer.shell.values import NOTHING, Hole, Values, Why, alternatives

_PERHAPS_NONE = Hole(
    Why.OTHER, Reason("not-computed", detail="how many arguments there are is not known"), "$@"
)


def differing(values: Mapping[str, Values], arms: Sequence[Mapping[str, Values]]) -> list[str]:
    """The names that do not have these very values in each of the arms."""
    found: set[str] = set()
    for arm in arms:
        found.update([name for name, value in values.items() if arm.get(name) is not value])
    return [name for name in values if name in found] if found else []


def merged(found: Sequence[Values]) -> Values:
    """The values of a name."""
    first = found[0]
    for values in found:
        if values is not first and values != first:
            return alternatives([text for values in found for text in values])
    return first


def merged_arguments(found: list[tuple[Values, ...]]) -> tuple[Values, ...]:
    """One by one; where one has fewer, whether there is another is not known."""
    if found.count(found[0]) == len(found):
        return found[0]
    rows = zip_longest(*found, fillvalue=((_PERHAPS_NONE,),))
    return tuple(map(merged, rows))


def merged_input(found: list[Values | None]) -> Values | None:
    """Standard input; None where it is not known in one of them."""
    if None in found:
        return None
    if found.count(found[0]) == len(found):
        return found[0]
    return alternatives([text for given in found for text in given or NOTHING])
