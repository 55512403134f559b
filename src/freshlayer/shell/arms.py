"""What is known behind several arms, of which one is taken: what got values there keeps them together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TypeVar

from msgspec import Struct

from freshlayer.model.reasons import Reason
from freshlayer.shell.values import MOST_ALTERNATIVES, NOTHING, Hole, Values, Why, alternatives

_NAME = re.compile(r"[A-Za-z_]\w*")
_MOST_GROUPS = 8
_Result = TypeVar("_Result")
_PERHAPS_NONE = Hole(
    Why.OTHER, Reason("not-computed", detail="how many arguments there are is not known"), "$@"
)


class Group(Struct, frozen=True):
    """``rows``: the values of the names in each arm; ``merged``: what the names have behind the arms."""

    merged: Mapping[str, Values]
    rows: tuple[Mapping[str, Values], ...]


Groups = tuple[Group, ...]


def grouped(before: Groups, merged: Mapping[str, Values], arms: Sequence[Mapping[str, Values]]) -> Groups:
    """The groups behind arms in which these names differ. Too many arms are taken as independent."""
    names = [name for name, values in merged.items() if any(arm.get(name) != values for arm in arms)]
    if not names or len(arms) > MOST_ALTERNATIVES:
        return before
    rows: list[dict[str, Values]] = []
    for arm in arms:
        row = {name: arm[name] for name in names if name in arm}
        if row not in rows:
            rows.append(row)
    return (*before, Group({name: merged[name] for name in names}, tuple(rows)))[-_MOST_GROUPS:]


def independent(groups: Groups, variables: Mapping[str, Values]) -> bool:
    """Whether no name has several values: what is computed with them is the same in each arm."""
    return not groups and (not variables or max(map(len, variables.values())) < 2)


def each_arm(
    groups: Groups,
    variables: dict[str, Values],
    text: str,
    compute: Callable[[], _Result],
    most: int = MOST_ALTERNATIVES,
) -> Iterator[_Result]:
    """What is computed with the values of each arm, where the text names variables of a group twice or more.

    A name that got another value since then is in no group. Beyond ``most`` ways groups are independent.
    """
    if independent(groups, variables):
        yield compute()
        return
    named = _NAME.findall(text)
    for place, group in enumerate(groups):
        live = _live(group, variables)
        used = [name for name in named if name in live]
        if len(used) < 2 or len(group.rows) > most:
            continue
        for _ in _rows(group, sorted(set(used)), variables):
            yield from each_arm(groups[place + 1 :], variables, text, compute, most // len(group.rows))
        return
    yield from _each_value(named, variables, compute, most)


def _each_value(
    named: list[str], variables: dict[str, Values], compute: Callable[[], _Result], most: int
) -> Iterator[_Result]:
    """What is computed with each value of a name that is there twice: it has the same one in both places."""
    for place, name in enumerate(named):
        values = variables.get(name, ())
        if 1 < len(values) <= most and name in named[place + 1 :]:
            for value in values:
                variables[name] = (value,)
                yield from _each_value(named[place + 1 :], variables, compute, most // len(values))
            variables[name] = values
            return
    yield compute()


def tied(
    groups: Groups, variables: dict[str, Values], name: str, text: str, compute: Callable[[], Values]
) -> tuple[Values, Groups]:
    """The value of a name that is computed from others, and the groups: it belongs to that of the others."""
    if independent(groups, variables):
        found = compute()
        return found if len(found) == 1 else alternatives(found), groups
    named = set(_NAME.findall(text))
    for place, group in enumerate(groups):
        live = _live(group, variables)
        if not named & live or len(group.rows) > MOST_ALTERNATIVES:
            continue
        rest = groups[place + 1 :]
        rows = []
        for row in _rows(group, sorted(live), variables):
            ways = each_arm(rest, variables, text, compute)
            rows.append({**row, name: alternatives(value for values in ways for value in values)})
        merged = alternatives(value for row in rows for value in row[name])
        follows = Group({**{one: group.merged[one] for one in live}, name: merged}, tuple(rows))
        return merged, (*groups[:place], follows, *rest)
    ways = each_arm(groups, variables, text, compute)
    return alternatives(value for values in ways for value in values), groups


def narrowed(groups: Groups, variables: dict[str, Values], name: str, kept: Values) -> Groups:
    """The groups where a name has these of its values alone; what other arms gave is left out."""
    found: list[Group] = []
    for group in groups:
        live = _live(group, variables)
        rows = tuple(row for row in group.rows if any(value in kept for value in row.get(name, ())))
        if name not in live or not rows:
            found.append(group)
            continue
        merged = {
            one: alternatives(value for row in rows for value in row[one])
            for one in live
            if one != name and all(one in row for row in rows)
        }
        variables.update(merged)
        found.append(
            Group({**merged, name: kept}, tuple({**row, name: _kept(row[name], kept)} for row in rows))
        )
    variables[name] = kept
    return tuple(found)


def _kept(values: Values, kept: Values) -> Values:
    return tuple(value for value in values if value in kept)


def _live(group: Group, variables: Mapping[str, Values]) -> set[str]:
    """The names of a group that still have the values from there."""
    return {name for name, values in group.merged.items() if variables.get(name) is values}


def _rows(group: Group, names: Sequence[str], variables: dict[str, Values]) -> Iterator[Mapping[str, Values]]:
    """The rows of a group, each while its names have the values of that arm."""
    before = {name: variables[name] for name in names}
    for row in dict.fromkeys(tuple((name, row.get(name)) for name in names) for row in group.rows):
        given = {name: values for name, values in row if values is not None}
        variables.update(given)
        yield given
        variables.update(before)


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
