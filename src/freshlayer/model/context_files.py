"""Questions about files of the build context, and their answers: values between the analysis and the disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from freshlayer.model.reasons import Reason


class Wanted(Struct, frozen=True):
    """A path relative to the context, which is ``.`` itself. ``names``: those in a directory are wanted."""

    path: str
    names: bool = False


class ContextText(Struct, frozen=True):
    """The content of a regular file; bytes that are not UTF-8 are escaped as surrogates.

    Of a Debian package (``.deb``), which is no text, its control stanza, with a ``Size`` field.
    """

    text: str


class ContextLink(Struct, frozen=True):
    """A symbolic link, with its target as written."""

    target: str


class ContextDirectory(Struct, frozen=True):
    """A directory. ``names``, where they were wanted: sorted, those of directories end in a slash."""

    names: tuple[str, ...] = ()


class ContextUnread(Struct, frozen=True):
    """Something that is there, and why it is not read."""

    reason: Reason


class ContextAbsent(Struct, frozen=True):
    """Nothing that a builder would be sent. ``ignored``: it is there, and an ignore file leaves it out."""

    ignored: bool = False


ContextAnswer = ContextText | ContextLink | ContextDirectory | ContextUnread | ContextAbsent
ContextAnswers = Mapping[Wanted, ContextAnswer]

ReadContext = Callable[[Sequence[Wanted]], ContextAnswers]
"""Reads files of the build context; what is wanted twice has one answer."""
