"""The answers of servers as a script sees them: which request a command sends, and the text of a script."""

from __future__ import annotations

from typing import Protocol

from freshlayer.shell.files import FileText, NoText
from freshlayer.shell.values import Text


class Downloads(Protocol):
    """What the commands of a script download, as far as that is known before the build."""

    def sources(self, words: tuple[Text, ...]) -> tuple[str, ...]:
        """The references that a command downloads, in the order of its words; empty for one not known."""

    def text(self, source: str) -> FileText | NoText:
        """The script that a reference names, which is executed."""


class NoDownloads:
    """Nothing is known of any server."""

    def sources(self, _words: tuple[Text, ...]) -> tuple[str, ...]:
        """None."""
        return ()

    def text(self, source: str) -> FileText | NoText:
        """Is not known."""
        raise KeyError(source)
