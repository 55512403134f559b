"""Regular expressions that are compiled when they are first used: a run uses a third of them."""

from __future__ import annotations

import re
from typing import Any, cast

_METHODS = ("findall", "finditer", "fullmatch", "match", "pattern", "search", "split", "sub")


class _Lazy:
    def __init__(self, text: str, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        """Called once: afterwards this object has the methods of the compiled pattern."""
        if name.startswith("_"):
            raise AttributeError(name)
        pattern = re.compile(self._text, self._flags)
        self.__dict__.update({method: getattr(pattern, method) for method in _METHODS})
        return getattr(pattern, name)


def compiled(text: str, flags: int = 0) -> re.Pattern[str]:
    """``re.compile``, at the first use."""
    return cast(re.Pattern[str], _Lazy(text, flags))
