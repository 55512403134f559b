"""The text that the shell of a RUN reads."""

from __future__ import annotations

import re

from freshlayer.dockerfile.model import Instruction
from freshlayer.lazy_regex import compiled

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
