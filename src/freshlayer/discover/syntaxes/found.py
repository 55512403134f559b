"""What a syntax finds in the words of a command."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Protocol

from msgspec import Struct

from freshlayer.model.inputs import ScriptPlace
from freshlayer.model.reasons import Reason
from freshlayer.request_form import PLAIN, RequestForm


class Unknown(Struct, frozen=True):
    """A word whose value is not known before the build: the reason, and the word as written.

    ``known``: the same with ``…`` for what is not known.
    """

    reason: Reason
    text: str
    known: str = ""


Word = str | Unknown
Words = list[Word]
"""A command's arguments, its name left out."""


class Ran(Struct, frozen=True):
    """A command of a program: its arguments, the directory in which it runs, and where in a script file."""

    arguments: Words
    directory: str = "/"
    place: ScriptPlace | None = None


class Found(Struct, frozen=True):
    """Something that the command reads, as ``reference.parse`` takes it. ``via`` names the syntax.

    ``endpoint``: URL of the server that serves it, where ``text`` does not name that server. ``form``: how
    the command requests it. ``place``: where in a script file.
    """

    text: str
    via: str = ""
    endpoint: str = ""
    form: RequestForm = PLAIN
    place: ScriptPlace | None = None


class Missed(Struct, frozen=True):
    """Something that the command reads and that can't be watched, with the reason.

    ``accepted``: the Dockerfile itself states that it need not be watched. ``warns``: it is watched, but a
    new run may not download it. ``place``: where in a script file. ``locked_by``: the lock file that names
    all of it.
    """

    text: str
    reason: Reason
    via: str = ""
    accepted: bool = False
    warns: bool = False
    place: ScriptPlace | None = None
    locked_by: str = ""


Finding = Found | Missed


class Syntax(Protocol):
    """A way to name something remote in a command."""

    def __call__(self, arguments: Words) -> Iterator[Finding]:
        """What the command reads from the network."""


def read_once(syntax: Syntax) -> Syntax:
    """The syntax of a download, which is wanted twice: for what the command writes, and for what it reads."""

    @lru_cache(maxsize=64)
    def found(arguments: tuple[Word, ...]) -> tuple[Finding, ...]:
        return tuple(syntax(list(arguments)))

    return lambda arguments: iter(found(tuple(arguments)))


def url(word: Word) -> Finding:
    """A word that is a URL, or why it is not known."""
    return Missed(word.text, word.reason) if isinstance(word, Unknown) else Found(word)


def sent_by(url: Word, program: str, method: str) -> Missed:
    """A URL that a command sends data to: a GET would have another answer."""
    text = url.text if isinstance(url, Unknown) else url
    detail = f"{program} sends a {method} request, which freshlayer does not repeat"
    return Missed(text, Reason("post-request", detail=detail))


def plain(words: Words) -> list[str]:
    """The words that are known."""
    return [word for word in words if isinstance(word, str)]


def written(word: Word) -> str:
    """A word for a message."""
    return word if isinstance(word, str) else word.text
