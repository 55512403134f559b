"""What the text shows of a script that can't be followed. What was cut short is reported, not guessed."""

from __future__ import annotations

from collections.abc import Iterator

from freshlayer.discover.syntaxes.found import Finding, Found, Missed
from freshlayer.lazy_regex import compiled
from freshlayer.masking import masked_script
from freshlayer.model.reasons import Reason
from freshlayer.reference import shown

_LITERAL = compiled(r"https?://[^\s\"'`|&;<>(){}]+")
_COMMENT = compiled(r"(?m)(?<!\S)#.*")
_PRINTED = compiled(
    r"(?P<start>^|[;&|({\n]|\b(?:then|do|else)\s)[ \t]*(?:echo|printf|:)[ \t]"
    r"(?:[^\n;&|()\"']|\"[^\"\n]*\"|'[^'\n]*')*"
    r"(?=[;&\n]|\|\||\Z)",
)
_ENDED = compiled(r"(?:[\s;&|<>)]|\Z)")
_REQUESTED = compiled(r"(?:^|[\s;&|(])(?:curl|wget)[ \t](?:[^\n;&|#\"'`$()]|[\"'](?=https?://))*\Z")
_WORD = compiled(r"[^\s;&|<>()]+")
_LONGEST_LINE = 400
_NOT_FOLLOWED = Reason("script-not-followed")


def by_pattern(text: str, known: set[str]) -> Iterator[tuple[str, Finding]]:
    """The URLs that it holds verbatim, but for those that are ``known``.

    One that is an argument of curl or wget in plain sight is an input. Comments and printed text are not.
    """
    text = _PRINTED.sub(r"\g<start>", _COMMENT.sub("", text))
    reported = False
    for match in _LITERAL.finditer(text):
        url = match[0].rstrip(".,")
        if any(other.startswith(url) for other in known):
            continue
        reported = True
        if _is_requested(text, match.start(), match.end()):
            yield "pattern", Found(url)
        else:
            whole = _WORD.match(text, match.start())
            yield "pattern", Missed(whole[0] if whole else url, _NOT_FOLLOWED)
    if not reported:
        yield "pattern", Missed(beginning(text), _NOT_FOLLOWED)


def _is_requested(text: str, start: int, end: int) -> bool:
    """Whether the URL is a whole word of a curl or wget on its line; a quote on both sides belongs to it."""
    quote = text[start - 1 : start]
    if quote in {"'", '"'}:
        if text[end : end + 1] != quote:
            return False
        end += 1
    if "$" in text[start:end] or "\\" in text[start:end] or not _ENDED.match(text, end):
        return False
    return _REQUESTED.search(text[max(0, start - _LONGEST_LINE) : start]) is not None


def beginning(script: str) -> str:
    """The start of a script, for a message."""
    return shown(masked_script(" ".join(script[:200].split())), 60)
