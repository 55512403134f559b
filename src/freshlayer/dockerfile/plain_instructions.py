"""Instructions of plain words, as most are, without the library, which looks at each of their characters."""

from __future__ import annotations

from freshlayer.dockerfile.library import DockerfileInstruction
from freshlayer.lazy_regex import compiled

_PLAIN = r"[!#-&(-\[\]-~]"
"""A character of ASCII that is neither a blank nor a quote nor the escape character."""
_OF_WORDS = compiled(
    rf"(COPY|ADD|ARG|ENV|LABEL|FROM|EXPOSE)[ \t]+((?:--{_PLAIN}++[ \t]++)*+)"
    rf"((?![-\[]){_PLAIN}++(?:[ \t]++{_PLAIN}++)*+)[ \t]*+"
)
_OF_TEXT = compiled(r"(RUN|WORKDIR|USER)[ \t]+(?=[!-,.-Z\\-~])")
"""Without flags, and not in exec form."""
_OF_PAIRS = frozenset({"ENV", "LABEL"})


def plain_instruction(line: str, start: int, end: int) -> DockerfileInstruction | None:
    """What the library makes of an instruction on one line; None where it is not plain.

    There is no here-document in the Dockerfile. ``start``, ``end``: its lines there.
    """
    text = _OF_TEXT.match(line)
    if text:
        return DockerfileInstruction(text[1], line, [], [line[text.end() :].strip()], False, [], start, end)
    match = _OF_WORDS.fullmatch(line)
    if not match:
        return None
    name, flags, rest = match.groups()
    words = rest.split()
    if name in _OF_PAIRS:
        pairs = [word.partition("=") for word in words]
        if not all(equals for _, equals, _ in pairs):
            return None
        words = [part for key, equals, value in pairs for part in (key, value, equals)]
    return DockerfileInstruction(name, line, flags.split(), words, False, [], start, end)
