"""A build context in memory: what an analysis wants of it, and what it was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from posixpath import normpath

from freshlayer.model.context_files import (
    ContextAbsent,
    ContextAnswer,
    ContextDirectory,
    ContextLink,
    ContextText,
    Wanted,
)


class MemoryContext:
    """``files``: path → text; a text that begins with ``-> `` is a symbolic link. ``asked`` grows."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = dict(files)
        self.asked: list[Wanted] = []

    def read(self, wanted: Sequence[Wanted]) -> dict[Wanted, ContextAnswer]:
        """The answers, as the context's reader gives them."""
        self.asked += wanted
        return {item: self._answer(item) for item in wanted}

    def _answer(self, wanted: Wanted) -> ContextAnswer:
        path = normpath(wanted.path)
        text = self._files.get(path)
        if text is not None and text.startswith("-> "):
            return ContextLink(text[3:])
        if text is not None:
            return ContextAbsent() if wanted.names else ContextText(text)
        names = self._names(path)
        return ContextDirectory(names if wanted.names else ()) if names else ContextAbsent()

    def _names(self, directory: str) -> tuple[str, ...]:
        start = "" if directory == "." else f"{directory}/"
        below = [path[len(start) :] for path in self._files if path.startswith(start)]
        return tuple(
            sorted({name if not rest else f"{name}/" for name, _, rest in (p.partition("/") for p in below)})
        )
