"""The files of settings that one command changes, with what is known of their text."""

from __future__ import annotations

import re
from posixpath import dirname, join, normpath

from freshlayer.masking.logins import without_login
from freshlayer.model.reasons import Reason
from freshlayer.shell.files import NOT_KNOWN, FileText, NoText
from freshlayer.shell.frame import Frame
from freshlayer.shell.runner import Runner

_CHANGED = Reason("script-changed")


class SettingsWriter:
    """``certain``: the command runs in every build. A line that may be there is one that is not known."""

    def __init__(self, runner: Runner, frame: Frame) -> None:
        self._files = runner.runs.files
        self._origin = runner.runs.origin
        self._directory = frame.directory
        self.certain = frame.certain
        self.home = frame.home_directory

    def path(self, name: str) -> str:
        """Absolute. Names are relative to the directory of the command, or to the home of the user."""
        if name.startswith("~/"):
            return join(self.home, name[2:])
        return normpath(join(self._directory, name))

    def text(self, name: str) -> str:
        """What is in a file, whole lines; empty where it is not there."""
        found = self._files.find(self.path(name))
        if found is None:
            return ""
        if isinstance(found, NoText):
            return f"{NOT_KNOWN}\n"
        text = "".join(part if isinstance(part, str) else NOT_KNOWN for part in found.text[-1])
        text = re.sub(r"(?<=[^\n])\Z", "\n", text)
        return re.sub(r"(?m)(?<=[^\n])$", NOT_KNOWN, text) if found.perhaps else text

    def project(self, manifest: str) -> str:
        """The nearest directory that has such a file, as far as it is known; else that of the command."""
        directory = self.path(".")
        # The root is its own parent, and so are two slashes.
        while dirname(directory) != directory:
            if self._files.find(join(directory, manifest)) is not None:
                return directory
            directory = dirname(directory)
        return self.path(".")

    def write(self, name: str, text: str, *, certain: bool | None = None) -> None:
        """The whole text of a file; logins are left out."""
        content = FileText("", ((without_login(text),),), origin=self._origin)
        self._files.write(self.path(name), content, certain=self.certain if certain is None else certain)

    def state(self, name: str, key: str, line: str) -> None:
        """A line in place of those that begin with a key: of several statements the last counts."""
        kept = re.sub(rf"(?m)^[ \t]*{re.escape(key)}(?:[ \t]*[=:\"]|[ \t]).*\n", "", self.text(name))
        self.write(name, kept + line)

    def lose(self, name: str) -> None:
        """What is in a file from now on is not known."""
        self._files.write(self.path(name), NoText(name, _CHANGED), certain=True)


def words_of(fields: tuple[tuple[object, ...], ...]) -> list[str]:
    """The words of a command, ``NOT_KNOWN`` for what is not known of one."""
    return ["".join(part if isinstance(part, str) else NOT_KNOWN for part in field) for field in fields]
