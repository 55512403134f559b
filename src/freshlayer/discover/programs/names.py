"""The words of a command and its program: ``python3.11 -m pip``, ``$PIP``, ``php composer.phar``."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain
from posixpath import basename
from typing import Any

from freshlayer import shell
from freshlayer.discover.programs.table import names
from freshlayer.discover.syntaxes.found import Unknown, Word, Words, written
from freshlayer.discover.windows_shells import is_of_windows
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason
from freshlayer.shell import SHELLS, Call, Hole

_PYTHON = compiled(r"(?:python|pypy|py)[\d.]*(?:\.exe)?")
_RUN_A_FILE = frozenset("php node nodejs ruby perl python pypy".split())
_VARIABLE = compiled(r"\$\{?([A-Za-z_]\w*)\}?")
_WITH_VALUE = frozenset({"-W", "-X", "-d", "-I", "-r"})
"""Options of interpreters whose value is the next word."""
_VERSION = compiled(r"-?\d[\d.]*$")
_ON_GIT = frozenset({"gh", "git-lfs"})
_RUSTUP = compiled(r"\$\([^)]*https://sh\.rustup\.rs")
_NOT_KNOWN = Reason("not-computed")


def program_of(words: Words) -> tuple[str, Words]:
    """The name by which a program is in the tables, and its arguments."""
    first = words[0] if words else ""
    if not isinstance(first, str):
        return _by_variable(first, words)
    base = first.rpartition("/")[2] if "/" in first else first
    name = plain_name(base)
    module = _module(words) if base.startswith("py") and _PYTHON.fullmatch(base) else None
    if module is not None:
        return module
    if name in _RUN_A_FILE:
        return _by_file(name, words[1:])
    return name, words[1:]


@lru_cache(maxsize=512)
def plain_name(name: str) -> str:
    """``pip3.11`` → ``pip``, ``xx-apt`` → ``apt``, where the tables have no such program."""
    if name in names():
        return name
    name = re.sub(r"(?i)\.(?:exe|cmd|phar)$", "", name).removeprefix("xx-")
    shorter = _VERSION.sub("", name) if re.match(r"[A-Za-z]", name) else name
    return shorter if name not in names() and shorter in names() else name


def _module(words: Words) -> tuple[str, Words] | None:
    """``python -m MODULE …``."""
    if "-m" not in words[:-1]:
        return None
    place = words.index("-m")
    before = words[1:place]
    if any(isinstance(word, str) and not word.startswith("-") for word in before):
        return None
    name = written(words[place + 1]).removesuffix(".__main__")
    own = f"python:{name}"
    return (own if own in names() else plain_name(name)), words[place + 2 :]


def _by_variable(first: Unknown, words: Words) -> tuple[str, Words]:
    """``$PY -m pip``, ``$SUDO apt-get``, ``$PIP``: by what is behind it, or by its name."""
    module = _module(words)
    if module is not None:
        return module
    behind = words[1] if len(words) > 1 else ""
    if isinstance(behind, str) and plain_name(basename(behind)) in names() and _is_prefix(first):
        return program_of(words[1:])
    variable = _VARIABLE.fullmatch(first.text)
    name = plain_name(variable[1].lower()) if variable else plain_name(first.known.rpartition("/")[2])
    return (name if name in names() else ""), words[1:]


def _is_prefix(first: Unknown) -> bool:
    """Whether a variable most likely holds a wrapper, as ``$SUDO`` does."""
    variable = _VARIABLE.fullmatch(first.text)
    return variable is None or plain_name(variable[1].lower()) not in names()


def _by_file(name: str, arguments: Words) -> tuple[str, Words]:
    """``php composer.phar install``, ``python setup.py install``."""
    for place, word in enumerate(arguments):
        if place and arguments[place - 1] in _WITH_VALUE:
            continue
        if isinstance(word, Unknown) or (word.startswith("-") and word != "-"):
            if word in {"-c", "-e", "-p", "-pe", "--eval"}:
                break
            continue
        stem = _stem(word)
        if name in {"python", "pypy"} and f"python:{stem}" in names():
            return f"python:{stem}", arguments[place + 1 :]
        known = plain_name(stem)
        return (known, arguments[place + 1 :]) if known in names() and known != name else (name, arguments)
    return name, arguments


def _stem(word: Word) -> str:
    return re.sub(r"(?:-cli)?\.(?:phar|py|pl|js|cjs|rb)$", "", basename(written(word)))


@lru_cache(maxsize=512)
def is_plain_program(word: str) -> bool:
    """Whether a program is in the tables by the word that runs it, whatever its arguments are."""
    return word not in _ON_GIT and word not in SHELLS and not is_of_windows(word) and _is_table_name(word)


def _is_table_name(word: str) -> bool:
    """Whether ``program_of`` finds a program by this word alone, and under this name."""
    if "/" in word or word.startswith("py") or word in _RUN_A_FILE:
        return False
    return bool(word) and plain_name(word) == word


def words_of(fields: tuple[shell.Text, ...]) -> Words:
    """The words of a call, each as far as it is known."""
    parts: list[Any] = [*chain.from_iterable(fields)]
    if len(parts) == len(fields) and Hole not in map(type, parts):
        # As in most commands: each is one string.
        return parts
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
    return "".join([part if isinstance(part, str) else "…" for part in text])


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
