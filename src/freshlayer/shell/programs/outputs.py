"""The output of a program that is not computed: why it is not known."""

from __future__ import annotations

from freshlayer.masking import masked_words
from freshlayer.model.reasons import Reason
from freshlayer.shell.runner import Runner
from freshlayer.shell.values import Hole, Text, Values, Why, all_written, changed, program_name, worst

Fields = tuple[Text, ...]
_LONGEST_SHOWN = 80
_MOST_PRINTED = 20


def printed(fields: Fields) -> str:
    """A command for a message."""
    return " ".join(masked_words(all_written(fields[:_MOST_PRINTED])))


def output_of(runner: Runner, fields: Fields, given: Values | None = None) -> Text:
    """The output of a program: the answer of a server, or something of the image."""
    for item in (*fields, *(given or ())):
        if (hole := worst(item)) and hole.why is Why.SECRET:
            return (hole,)
    for item in given or ():
        if (hole := worst(item)) and hole.why is Why.ANSWER:
            return changed((hole,))
    text = printed(fields)
    short = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
    if program_name(fields) in runner.fetchers and "://" in text:
        reason = Reason("depends-on-answer", detail=f"depends on the answer to {short}")
        return (Hole(Why.ANSWER, reason, f"$({short})"),)
    reason = Reason("needs-command-output", detail=f"needs the output of {short}")
    return (Hole(Why.IMAGE, reason, f"$({short})"),)
