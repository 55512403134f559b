"""Words that have alternatives: the commands that they stand for."""

from __future__ import annotations

from freshlayer.shell.status import BudgetError
from freshlayer.shell.values import Text

_MOST_VARIANTS = 200


def one_at_a_time(words: list[list[tuple[Text, ...]]]) -> list[tuple[Text, ...]]:
    """The fields of a command: each alternative of a word once, beside the first of the others.

    Raises BudgetError where there are too many.
    """
    first = [options[0] for options in words]
    variants = [tuple(field for fields in first for field in fields)]
    for place, options in enumerate(words):
        for option in options[1:]:
            chosen = [*first[:place], option, *first[place + 1 :]]
            variants.append(tuple(field for fields in chosen for field in fields))
    if len(variants) > _MOST_VARIANTS:
        raise BudgetError
    return variants
