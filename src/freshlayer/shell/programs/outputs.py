"""The output of a program that is not computed: why it is not known."""

from __future__ import annotations

from functools import lru_cache

from freshlayer.masking import masked_words
from freshlayer.model.reasons import Reason
from freshlayer.shell.runner import Runner
from freshlayer.shell.values import Hole, Text, Values, Why, all_written, changed, program_name, worst

Fields = tuple[Text, ...]
_LONGEST_SHOWN = 80
_MOST_PRINTED = 20
_LONGEST_KEPT = 500


def printed(fields: Fields) -> str:
    """A command for a message."""
    words = all_written(fields[:_MOST_PRINTED])
    return _masked(tuple(words)) if sum(map(len, words)) <= _LONGEST_KEPT else " ".join(masked_words(words))


@lru_cache(maxsize=256)
def _masked(words: tuple[str, ...]) -> str:
    """The same command is in many Dockerfiles, and in each of the platforms of one."""
    return " ".join(masked_words(list(words)))


def output_of(runner: Runner, fields: Fields, given: Values | None = None) -> Text:
    """The output of a program: the answer of a server, or something of the image."""
    holes = [hole for item in (*fields, *(given or ())) if (hole := worst(item))]
    secret = next((hole for hole in holes if hole.why is Why.SECRET), None)
    if secret:
        return (secret,)
    upstream = [hole for item in given or () if (hole := worst(item)) and hole.why is Why.ANSWER]
    if upstream:
        return changed((upstream[0],))
    text = printed(fields)
    short = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
    if program_name(fields) in runner.fetchers and "://" in text:
        reason = Reason("depends-on-answer", detail=f"depends on the answer to {short}")
        return (Hole(Why.ANSWER, reason, f"$({short})"),)
    reason = Reason("needs-command-output", detail=f"needs the output of {short}")
    return (Hole(Why.IMAGE, reason, f"$({short})"),)
