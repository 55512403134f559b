"""The texts of all files of a directory, as a command sees them."""

from __future__ import annotations

from posixpath import join

from freshlayer.model.base_image import DIRECTORIES, is_kept
from freshlayer.model.reasons import Reason
from freshlayer.shell import Hole, known, worst
from freshlayer.shell.downloads import Downloads
from freshlayer.shell.files import FilesSeen, FileText, NoText

_DEEPEST = 6
_MOST_FILES = 400
_PERHAPS = Reason("not-computed", detail="a condition that is not known decides what is in it")
_TOO_MANY = Reason("limit-reached", detail="it has too many files")

TextOrReason = str | Reason


def texts_below(files: FilesSeen, directory: str, downloads: Downloads) -> dict[str, TextOrReason]:
    """Absolute path → the text, or why it is not known, of each file below a directory, or of that file.

    A file that is downloaded is read as scripts are. Keys and passwords are left out (``is_kept``).
    """
    found: dict[str, TextOrReason] = {}
    waiting = [(directory, 0)]
    while waiting:
        path, depth = waiting.pop()
        text = _text(files.find(path), downloads) if is_kept(path) or path in DIRECTORIES else None
        if text is not None:
            found[path] = text
        elif depth < _DEEPEST:
            waiting += [(join(path, name), depth + 1) for name in files.names(path)]
        if len(found) + len(waiting) > _MOST_FILES:
            return {directory: _TOO_MANY}
    return dict(sorted(found.items()))


def _text(file: FileText | NoText | None, downloads: Downloads) -> TextOrReason | None:
    if isinstance(file, NoText) and file.source:
        file = downloads.text(file.source)
    if file is None:
        return None
    if isinstance(file, NoText):
        return file.reason
    if file.perhaps:
        return _PERHAPS
    return _of_values(file)


def _of_values(file: FileText) -> TextOrReason:
    """The one text that it can have."""
    only = known(file.text[0]) if len(file.text) == 1 else None
    if only is not None:
        return only
    holes = [hole for text in file.text if isinstance(hole := worst(text), Hole)]
    return max(holes, key=lambda hole: hole.why).reason if holes else _PERHAPS
