"""What COPY and a bind mount take files from: the build context, another stage, an image."""

from __future__ import annotations

from posixpath import dirname, join, normpath
from typing import Protocol

from freshlayer.discover.files.layers import Found, Known, Link, View
from freshlayer.model.context_files import (
    ContextAbsent,
    ContextAnswer,
    ContextDirectory,
    ContextLink,
    ContextText,
    ContextUnread,
    ReadContext,
    Wanted,
)
from freshlayer.model.reasons import Reason
from freshlayer.shell.files import FileText, NoText

_IGNORED = Reason("script-not-in-context", detail="an ignore file leaves it out of the build context")
_TOO_MANY = ContextUnread(
    Reason("limit-reached", detail="too many files of the build context would have to be read")
)
_MOST_LINKS = 8
_MOST_WANTED = 5_000
_SCRIPTS = (".sh", ".bash")


class Tree(Protocol):
    """Files by their path below a root, which begins with a slash."""

    def find(self, path: str, *, named: bool) -> Found | None:
        """A file; ``named``: the instruction names this very path, so that a link is followed."""

    def names(self, directory: str) -> frozenset[str] | None:
        """What is in a directory; None where it is not a directory."""

    @property
    def is_read(self) -> bool:
        """Whether what is not there is known not to be there."""


class ContextTree:
    """The build context. ``read`` is called for each file where what follows depends on it, and once.

    ``why_not``: why nothing of it is read.
    """

    def __init__(self, read: ReadContext | None, why_not: Reason) -> None:
        self._read = read
        self._why_not = why_not
        self._answers: dict[Wanted, ContextAnswer] = {}

    @property
    def is_read(self) -> bool:
        """Whether what is not there is known not to be there."""
        return self._read is not None

    def find(self, path: str, *, named: bool) -> Found | None:
        """A file of the context. A link leads on in the context where it is ``named``, else in the image."""
        for _ in range(_MOST_LINKS):
            name = path.lstrip("/") or "."
            if self._read is None:
                return NoText(name, self._why_not) if named or name.endswith(_SCRIPTS) else None
            match self._answer(self._read, Wanted(name)):
                case ContextText(text=text):
                    return FileText(name, ((text,),) if text else ((),))
                case ContextUnread(reason=reason):
                    return NoText(name, reason)
                case ContextAbsent(ignored=True):
                    return NoText(name, _IGNORED)
                case ContextLink(target=target) if not named:
                    return Link(target)
                case ContextLink(target=target):
                    path = normpath(join("/", dirname(path), target))
                case _:
                    return None
        return None

    def names(self, directory: str) -> frozenset[str] | None:
        """What is in a directory of the context; the names of directories end in a slash."""
        if self._read is None:
            return frozenset()
        answer = self._answer(self._read, Wanted(directory.lstrip("/") or ".", names=True))
        return frozenset(answer.names) if isinstance(answer, ContextDirectory) else None

    def _answer(self, read: ReadContext, wanted: Wanted) -> ContextAnswer:
        answer = self._answers.get(wanted)
        if answer is None and len(self._answers) >= _MOST_WANTED:
            return _TOO_MANY if wanted.path.endswith(_SCRIPTS) else ContextAbsent()
        if answer is None:
            answer = self._answers[wanted] = read((wanted,))[wanted]
        return answer


class StageTree:
    """The files of another stage, when it ends."""

    is_read = False

    def __init__(self, view: View) -> None:
        self._view = view

    def find(self, path: str, *, named: bool) -> Found | None:  # noqa: ARG002 - links are followed there
        """What that stage knows of the path."""
        return self._view.find(path)

    def names(self, directory: str) -> frozenset[str] | None:
        """What that stage knows to be in a directory; None where that is nothing."""
        return self._view.names(directory) or None


class ImageTree:
    """An image that is not read."""

    is_read = False

    def __init__(self, name: str) -> None:
        self._name = name

    def find(self, path: str, *, named: bool) -> Known | None:
        """Only what is named is known to be there."""
        reason = Reason("script-of-image", detail=f"it is a file of the image {self._name}")
        return NoText(path, reason) if named else None

    def names(self, _directory: str) -> frozenset[str] | None:
        """Nothing is known."""
        return None
