"""docker's longer spellings of a command: ``buildx build``, ``docker image build``. Pure."""

from __future__ import annotations

from collections.abc import Sequence

SPELLING = "freshlayer.spelling"
"""Where click's context has the words as typed."""

_GROUPS = {"build": {"buildx", "image", "builder"}, "bake": {"buildx"}}


def spelled(words: Sequence[str]) -> tuple[str, int] | None:
    """The command that the first words mean, and how many they are; None where one word is the command.

    The words are exact, and nothing is between them; what follows is the command's, in order.
    """
    start = 1 if words[:1] == ["docker"] else 0
    rest = words[start : start + 2]
    for command, groups in _GROUPS.items():
        if len(rest) > 1 and rest[0] in groups and rest[1] == command:
            return command, start + 2
    if start and rest and rest[0] in {*_GROUPS, "compose"}:
        return rest[0], 2
    return None
