"""Regular expressions that are compiled when they are first used: a run uses a third of them, a start none.

``re`` itself is loaded for the first one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import re

ASCII, DOTALL, IGNORECASE = 256, 16, 2
"""As in ``re``."""

_METHODS = ("findall", "finditer", "fullmatch", "match", "pattern", "search", "split", "sub")


class _Lazy:
    def __init__(self, text: str, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        """Called once: afterwards this object has the methods of the compiled pattern."""
        if name.startswith("_"):
            raise AttributeError(name)
        import re  # noqa: PLC0415 - it takes as long to load as ten of our modules

        pattern = re.compile(self._text, self._flags)
        self.__dict__.update({method: getattr(pattern, method) for method in _METHODS})
        return getattr(pattern, name)


def compiled(text: str, flags: int = 0) -> re.Pattern[str]:
    """``re.compile``, at the first use."""
    return cast("re.Pattern[str]", _Lazy(text, flags))
