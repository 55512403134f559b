"""Which script file is being followed, down to its line; and which ones could not be followed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

from freshlayer.model.inputs import ScriptPlace, is_download
from freshlayer.model.reasons import Reason
from freshlayer.shell.downloads import Downloads
from freshlayer.shell.files import Files, FileText, NoText

DEEPEST = 8
_DEEPEST_DOWNLOAD = 2
_MOST_DOWNLOADS = 10
_TOO_DEEP = Reason("limit-reached", detail="a script that scripts download is followed to a depth of two")
_TOO_MANY = Reason("limit-reached", detail=f"more than {_MOST_DOWNLOADS} downloaded scripts are executed")
_MOST_UNFOLLOWED = 100
_OF_BASE = Reason("script-of-image")


class Unfollowed(Struct, frozen=True):
    """A script that is executed and not followed to its end, with the reason.

    ``text``: what is known of it. ``place``: where it is executed, if that is in a script itself.
    """

    name: str
    reason: Reason
    text: str = ""
    place: ScriptPlace | None = None


class _Script(Struct, frozen=True):
    name: str
    lines: tuple[int, ...]


class ScriptRuns:
    """The files of the image, and the script files that are being followed.

    ``search``: the directories of PATH; ``common``: names that are not looked for there. ``unfollowed``
    grows as scripts are met. ``file``: the one that is followed now; None in the instruction itself.
    ``nested``: how many scripts are inside each other there: ``$(…)``, ``eval``.
    """

    # Most scripts need none of these: they are no attributes of each one.
    unfollowed: tuple[Unfollowed, ...] = ()
    file: _Script | None = None
    nested = 0
    _line = 0
    _open: tuple[str, ...] = ()
    _downloaded: frozenset[str] = frozenset()
    _defined: dict[str, _Script | None] | None = None

    def __init__(
        self,
        files: Files,
        search: tuple[str, ...],
        common: frozenset[str] = frozenset(),
        *,
        downloads: Downloads,
    ) -> None:
        self.files = files
        self.downloads = downloads
        self.search = search
        self.common = common

    @property
    def place(self) -> ScriptPlace | None:
        """The script and its line that are being followed; None in the instruction itself."""
        return ScriptPlace(self.file.name, self._line) if self.file else None

    @property
    def origin(self) -> str:
        """The downloaded script that is being followed, or that executes the one that is; else empty."""
        return next((name for name in self._open if is_download(name)), "")

    def at(self, row: int) -> None:
        """A command begins. Inside a substitution the line is that of the command around it."""
        if self.file is not None and not self.nested:
            lines = self.file.lines
            self._line = lines[row] if row < len(lines) else row + 1

    def define(self, function: str) -> None:
        """A function is defined here."""
        if self._defined is None:
            self._defined = {}
        self._defined[function] = self.file

    @contextmanager
    def function(self, name: str) -> Iterator[None]:
        """The body of a function is in the script that has defined it."""
        with self._inside((self._defined or {}).get(name, self.file)):
            yield

    @contextmanager
    def script(self, name: str, lines: tuple[int, ...]) -> Iterator[None]:
        """A file is followed; ``lines``: of each row of its nodes."""
        before = self._open
        self._open = (*before, name)
        try:
            with self._inside(_Script(name, lines)):
                yield
        finally:
            self._open = before

    def may_follow(self, name: str) -> bool:
        """Whether a file is followed: not inside itself, and not too deep."""
        return len(self._open) < DEEPEST and name not in self._open

    def read(self, found: FileText | NoText | None) -> FileText | NoText | None:
        """A file that is executed: of a download, the text that the server has now."""
        if isinstance(found, FileText) and found.of_base:
            return NoText(found.name, _OF_BASE)
        return self.download(found.source) if isinstance(found, NoText) and found.source else found

    def download(self, source: str) -> FileText | NoText:
        """A script that is downloaded and executed."""
        if sum(map(is_download, self._open)) >= _DEEPEST_DOWNLOAD:
            return NoText(source, _TOO_DEEP)
        downloaded = self._downloaded | {source}
        if len(downloaded) > _MOST_DOWNLOADS:
            return NoText(source, _TOO_MANY)
        self._downloaded = downloaded
        return self.downloads.text(source)

    def miss(self, name: str, reason: Reason, text: str = "") -> None:
        """A script that is executed here and can't be followed."""
        if len(self.unfollowed) < _MOST_UNFOLLOWED:
            self.unfollowed += (Unfollowed(name, reason, text, self.place),)

    @contextmanager
    def _inside(self, script: _Script | None) -> Iterator[None]:
        before = self.file, self._line, self.nested
        self.file, self.nested = script, 0
        try:
            yield
        finally:
            self.file, self._line, self.nested = before
