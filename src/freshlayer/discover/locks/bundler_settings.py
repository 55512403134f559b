"""What the configuration files and the environment of bundler state of one setting."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

CONFIGURATIONS = (".bundle/config", "/usr/local/bundle/config", "/root/.bundle/config")
_TRUE = frozenset({"1", "true", "yes", "y", "t"})


def values_of(key: str, texts: Iterable[str], variable: Callable[[str], str]) -> list[str]:
    """What each file and the environment state; in a file the last statement of a key counts.

    A value that is not known is ``?``. Which of several values counts depends on whose the files are: values
    that differ are not computed.
    """
    statement = re.compile(rf"(?m)^BUNDLE_{key}: *\"?([^\"\n]*)")
    stated = [found[-1].strip() for text in texts if (found := statement.findall(text))]
    own = variable(f"BUNDLE_{key}")
    return [*stated, own] if own else stated


def is_frozen(texts: Iterable[str], variable: Callable[[str], str]) -> bool:
    """Whether a lock file is kept for certain. ``deployment`` counts where ``frozen`` is not set."""
    every = list(texts)
    for key in ("FROZEN", "DEPLOYMENT"):
        stated = values_of(key, every, variable)
        if any(stated):
            return all(it.lower() in _TRUE for it in stated)
    return False
