"""The words of a call, and the name by which its program is in the tables."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain

from freshlayer import shell
from freshlayer.discover.programs.names import is_table_name, plain_name
from freshlayer.discover.syntaxes.found import Unknown, Word, Words, written
from freshlayer.discover.windows_shells import is_of_windows
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason
from freshlayer.shell import SHELLS, Call, Hole

_ON_GIT = frozenset({"gh", "git-lfs"})
_RUSTUP = compiled(r"\$\([^)]*https://sh\.rustup\.rs")
_NOT_KNOWN = Reason("not-computed")


@lru_cache(maxsize=512)
def is_plain_program(word: str) -> bool:
    """Whether a program is in the tables by the word that runs it, whatever its arguments are."""
    return word not in _ON_GIT and word not in SHELLS and not is_of_windows(word) and is_table_name(word)


def words_of(fields: tuple[shell.Text, ...]) -> Words:
    """The words of a call, each as far as it is known."""
    parts = [*chain.from_iterable(fields)]
    if len(parts) == len(fields) and Hole not in map(type, parts):
        # As in most commands: each is one string.
        return list(map(str, parts))
    return [_word(field) for field in fields]


def _word(field: shell.Text) -> Word:
    """A word that may not be known."""
    if not field:
        return ""
    only = field[0]
    if isinstance(only, str) and len(field) == 1:
        return only
    hole = shell.worst(field)
    return Unknown(hole.reason if hole else _NOT_KNOWN, shell.written(field), known_part(field))


def known_part(text: shell.Text) -> str:
    """A text with ``…`` for what is not known of it."""
    return "".join(part if isinstance(part, str) else "…" for part in text)


def respelled(words: Words, call: Call) -> Words:
    """A command, with the one that another stands for in its place."""
    word = words[0] if words else ""
    first = word if isinstance(word, str) else word.text
    if first in _ON_GIT:
        return _as_git(words)
    # A part of the name of each shell.
    if "sh" not in first:
        return words
    return _as_rustup(words, call) if plain_name(first.rpartition("/")[2]) in SHELLS else words


def _as_git(words: Words) -> Words:
    """``gh repo clone OWNER/NAME DIRECTORY`` and ``git-lfs`` as the commands of git that they run."""
    if words[:3] == ["gh", "repo", "clone"] and len(words) > 3:
        name = words[3]
        short = isinstance(name, str) and re.fullmatch(r"[\w.-]+/[\w.-]+", name)
        url: Word = f"https://github.com/{name}.git" if short else name
        return ["git", "clone", url, *(word for word in words[4:] if word != "--")]
    return ["git", "lfs", *words[1:]] if words[:1] == ["git-lfs"] else words


def _as_rustup(words: Words, call: Call) -> Words:
    """``curl https://sh.rustup.rs | sh -s -- -y`` as the installer that the script runs."""
    given = [shell.written(text) for text in call.given]
    code = next((place for place, word in enumerate(words) if _RUSTUP.search(written(word))), 0)
    if not code and not any(_RUSTUP.search(text) for text in given):
        return words
    behind = code + 2 if code else 1
    rest = [word for word in words[behind:] if word not in {"-s", "--"}]
    return ["rustup-init", *rest]
