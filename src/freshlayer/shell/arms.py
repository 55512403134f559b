"""Variables that got their values in the same arm of an ``if`` or a ``case`` keep them together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from msgspec import Struct

from freshlayer.shell.values import MOST_ALTERNATIVES, Values

_NAME = re.compile(r"[A-Za-z_]\w*")
_MOST_GROUPS = 8
_Result = TypeVar("_Result")


class Group(Struct, frozen=True):
    """``rows``: the values of the names in each arm; ``merged``: what the names have behind the arms."""

    merged: Mapping[str, Values]
    rows: tuple[Mapping[str, Values], ...]


Groups = tuple[Group, ...]


def grouped(before: Groups, merged: Mapping[str, Values], arms: Sequence[Mapping[str, Values]]) -> Groups:
    """The groups behind arms in which these names differ. Too many arms are taken as independent."""
    names = [name for name, values in merged.items() if any(arm.get(name) != values for arm in arms)]
    if len(names) < 2 or len(arms) > MOST_ALTERNATIVES:
        return before
    rows: list[dict[str, Values]] = []
    for arm in arms:
        row = {name: arm[name] for name in names if name in arm}
        if row not in rows:
            rows.append(row)
    return (*before, Group({name: merged[name] for name in names}, tuple(rows)))[-_MOST_GROUPS:]


def each_arm(
    groups: Groups,
    variables: dict[str, Values],
    text: str,
    compute: Callable[[], _Result],
    most: int = MOST_ALTERNATIVES,
) -> Iterator[_Result]:
    """What is computed with the values of each arm, where the text names two variables of a group or more.

    A name that got another value since then is in no group. Beyond ``most`` ways groups are independent.
    """
    for place, group in enumerate(groups):
        names = [name for name, values in group.merged.items() if variables.get(name) is values]
        used = set(_NAME.findall(text)) & set(names) if len(names) > 1 else set()
        if len(used) < 2 or len(group.rows) > most:
            continue
        before = {name: variables[name] for name in used}
        for row in dict.fromkeys(tuple((name, row.get(name)) for name in sorted(used)) for row in group.rows):
            variables.update((name, values) for name, values in row if values is not None)
            yield from each_arm(groups[place + 1 :], variables, text, compute, most // len(group.rows))
            variables.update(before)
        return
    yield compute()
