"""The text that the shell of a RUN reads, and the variables that it sees."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from freshlayer.dockerfile.model import Instruction
from freshlayer.dockerfile.scope import Environment
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason
from freshlayer.shell import Hole, Why

ValueOf = Callable[[str], str | Hole]
"""The value of a variable at the start of a script."""

_HERE_FIRST = compiled(
    r"\A\s*(?P<here>(?:\d?<<-?\s*(?P<quote>[\"']?)[\w.-]+(?P=quote)\s*)+)(?P<command>[^\n;&|<>]*[^\n;&|<>\s])(?P<rest>.*)",
    re.DOTALL,
)
"""``<<EOF bash -ex`` is ``bash -ex <<EOF``."""


def text_of_run(instruction: Instruction) -> str:
    """The joined lines; or the here-document where the RUN is nothing else."""
    documents = instruction.heredocs
    if not documents and "<<" not in instruction.rest:
        return instruction.rest
    if len(documents) == 1 and re.fullmatch(r"<<-?\s*[\"']?[\w.-]+[\"']?", instruction.rest.strip()):
        content = documents[0].content
        return re.sub(r"(?m)^\t+", "", content) if documents[0].strip_tabs else content
    rest = _HERE_FIRST.sub(r"\g<command> \g<here>\g<rest>", instruction.rest)
    return "\n".join([rest, *(f"{doc.content}{doc.name}" for doc in documents)])


def values(environment: Environment, secrets: Collection[str] = ()) -> ValueOf:
    """Those of an instruction. ``secrets``: variables that a mount fills."""
    # Each command of a package manager looks up the same dozen variables, which few images set.
    unset: dict[str, Hole] = {}

    def value(name: str) -> str | Hole:
        hole = unset.get(name)
        if hole is not None:
            return hole
        found = None if name in secrets else environment.lookup(name)
        if isinstance(found, str):
            return found
        written = f"${{{name}}}"
        if name in secrets:
            return Hole(Why.SECRET, Reason("from-secret", name), written)
        if found is None:
            unset[name] = hole = Hole(Why.BASE, environment.why_unset(name), written)
            return hole
        return Hole(Why.ARGUMENT if found.unset else Why.OTHER, found.reason, written)

    return value
