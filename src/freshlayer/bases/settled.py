"""Whether the layers so far, from the newest down, hide all that is wanted of those below."""

from __future__ import annotations

from freshlayer.bases.paths import Wanted
from freshlayer.bases.tar import Kind
from freshlayer.bases.tree import OPAQUE, WHITEOUT, Change


class Settled:
    """It is enough to know that a file is hidden, by its name alone: nothing is concluded from links."""

    def __init__(self, wants: Wanted) -> None:
        above = {path.rpartition("/")[0] for path in wants.exact}
        files = {path for path in wants.exact if path not in above}
        self._open = {*files, *(prefix.rstrip("/") for prefix in wants.below)}

    @property
    def is_everything(self) -> bool:
        """Whether no layer below can change what is wanted."""
        return not self._open

    def see(self, changes: list[Change]) -> None:
        """One more layer."""
        for change in changes:
            hidden = _hidden(change)
            if hidden is not None:
                prefix = f"{hidden}/" if hidden else ""
                self._open = {path for path in self._open if path != hidden and not path.startswith(prefix)}


def _hidden(change: Change) -> str | None:
    """The path that is hidden below, with all that is in it; empty for the root."""
    above, _, name = change.path.rpartition("/")
    if name == OPAQUE:
        return above
    if name.startswith(WHITEOUT):
        hidden = name.removeprefix(WHITEOUT)
        return f"{above}/{hidden}" if above else hidden
    return None if change.kind is Kind.DIRECTORY else change.path
