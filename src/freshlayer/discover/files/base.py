"""The lowest layer of a stage: the files of the image that it starts from."""

from __future__ import annotations

from collections.abc import Callable

from freshlayer.discover.files.layers import GONE, Found, View
from freshlayer.model.base_image import BaseContents, is_kept, is_wanted
from freshlayer.model.reasons import Reason
from freshlayer.shell.files import FileText, NoText

_LONGEST = 64 * 1024
_TOO_LONG = Reason("limit-reached", detail=f"it is a file of the base image with more than {_LONGEST} bytes")


class BaseLayer:
    """An image whose contents are known: a file that would be kept and is not there does not exist."""

    path = "/"

    def __init__(self, contents: BaseContents) -> None:
        self._files = contents.files
        self._left_out = frozenset(contents.left_out)
        self._names: dict[str, set[str]] = {}
        for path in (*contents.files, *contents.left_out):
            directory, _, name = path.rpartition("/")
            while name:
                self._names.setdefault(directory or "/", set()).add(name)
                directory, _, name = directory.rpartition("/")

    def find(self, path: str) -> Found | None:
        """Its text."""
        text = self._files.get(path)
        if text is not None and len(text) <= _LONGEST:
            return FileText(path, ((text,),) if text else ((),), of_base=True)
        if text is not None or path in self._left_out:
            return NoText(path, _TOO_LONG)
        return GONE if is_wanted(path) and path not in self._names else None

    def names(self, directory: str, known: frozenset[str], _below: View) -> frozenset[str]:
        """With its own."""
        return known.union(self._names.get(directory, ()))


class UnreadBase:
    """An image whose contents are not known. ``wanted`` is called where they would be the answer."""

    path = "/"

    def __init__(self, wanted: Callable[[], None]) -> None:
        self._wanted = wanted

    def find(self, path: str) -> Found | None:
        """Nothing is known."""
        if is_kept(path):
            self._wanted()
        return None

    def names(self, directory: str, known: frozenset[str], _below: View) -> frozenset[str]:
        """None of its own."""
        if is_wanted(directory):
            self._wanted()
        return known
