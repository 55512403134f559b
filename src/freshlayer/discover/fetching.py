"""Whether a script may read from the network at all: most do not, and are not parsed. In linear time."""

from __future__ import annotations

from freshlayer.discover.programs.names import plain_name
from freshlayer.discover.programs.table import names
from freshlayer.lazy_regex import compiled
from freshlayer.shell import Surroundings

SUBCOMMANDS = frozenset("install add update upgrade download fetch pull sync restore".split())
"""Subcommands by which a program that is not known most likely fetches."""

_SUBCOMMAND = compiled(rf"(?<!\S)(?:{'|'.join(sorted(SUBCOMMANDS))})\b")
_HAS_VARIABLE = compiled(r"\$\{?\w")
_VARIABLE = compiled(r"\$\{?([A-Za-z_]\w*)")
_WORD = compiled(r"[A-Za-z][\w.+-]*")
_SOURCED = compiled(r"\.\s")
_HANDLES_FILES = compiled(
    r"(?:^|[\s;&|(\"'`])(?:\.|source|sh|bash|ash|dash|ksh|zsh|run-parts)\s|>\s*[\w/.~$\"']|\./|\.sh\b|\btee\s"
)
_OF_FILES = (">", "sh", "./", "tee", "source", "run-parts")
_ENDINGS = (".exe", ".cmd", ".phar")


def may_fetch(text: str, surroundings: Surroundings, known: frozenset[str]) -> bool:
    """Whether a fetching word is in the script, or in a variable that it names; or in a file that it runs.

    ``known``: names of programs, as ``plain_name`` gives them.
    """
    if not surroundings.files.is_empty or _fetches(text, known):
        return True
    if handles_files(text) or fetches_by_variable(text):
        return True
    variables = set(_VARIABLE.findall(text)) if "$" in text else ()
    if any(plain_name(name.lower()) in names() for name in variables):
        return True
    values = (surroundings.value(name) for name in variables)
    return any(isinstance(value, str) and _fetches(value, known) for value in values)


def _fetches(text: str, known: frozenset[str]) -> bool:
    """Whether a URL or the name of a program that can fetch is in a text."""
    return "://" in text or names_one_of(text, known)


def names_one_of(text: str, known: frozenset[str]) -> bool:
    """Whether a word of the text, or its ``plain_name``, is one of the names."""
    words = set(_WORD.findall(text))
    if not words.isdisjoint(known):
        return True
    return any(plain_name(word) in known for word in words if _has_longer_name(word))


def _has_longer_name(word: str) -> bool:
    """Whether the ``plain_name`` of a word may be another one."""
    return (
        word[-1] == "." or word[-1].isdecimal() or word.startswith("xx-") or word.lower().endswith(_ENDINGS)
    )


def handles_files(text: str) -> bool:
    """Whether a script most likely executes, sources or writes a file."""
    may = any(part in text for part in _OF_FILES) or _SOURCED.search(text)
    return bool(may and _HANDLES_FILES.search(text))


def fetches_by_variable(text: str) -> bool:
    """Whether it is ``$PROGRAM -y install``: a word with a variable, options, and a fetching subcommand."""
    if "$" not in text or not _SUBCOMMAND.search(text):
        return False
    behind = False
    for word in text.split():
        if behind and _SUBCOMMAND.match(word):
            return True
        is_option = len(word) > 1 and word[0] == "-"
        behind = (behind and is_option) or _HAS_VARIABLE.search(word) is not None
    return False
