"""What is not known, as a character of a string: for readers that know strings alone."""

from __future__ import annotations

from freshlayer.lazy_regex import compiled
from freshlayer.shell.values import Hole, Text, text_of

_FIRST, _LAST = 0xF0000, 0xFFFFD
_MARK = compiled("[\U000f0000-\U000ffffd]")


class Placeholders:
    """Holes ↔ characters of a private plane, which no script holds; where one does, it is read as it is."""

    def __init__(self) -> None:
        self._holes: list[Hole] = []

    def spelled(self, text: Text) -> str:
        """The text with a character in place of each hole."""
        return "".join(part if isinstance(part, str) else self._mark(part) for part in text)

    def _mark(self, hole: Hole) -> str:
        if len(self._holes) > _LAST - _FIRST:
            return "…"
        self._holes.append(hole)
        return chr(_FIRST + len(self._holes) - 1)

    def read(self, spelled: str) -> Text:
        """The text that was spelled, or a part of it."""
        parts: list[str | Hole] = []
        at = 0
        for match in _MARK.finditer(spelled):
            place = ord(match[0]) - _FIRST
            if place < len(self._holes):
                parts += [spelled[at : match.start()], self._holes[place]]
                at = match.end()
        return text_of(*parts, spelled[at:])
