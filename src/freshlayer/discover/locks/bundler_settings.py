"""What the configuration files and the environment of bundler state of one setting."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from posixpath import join

_ORIGIN = "MIRROR__{}://RUBYGEMS__ORG"
MIRRORS = ("MIRROR__ALL", *(f"{_ORIGIN.format(it)}{end}" for it in ("HTTPS", "HTTP") for end in ("", "/")))
"""Settings of a mirror for all sources, or for the usual one."""
_TRUE = frozenset({"1", "true", "yes", "y", "t"})


def configurations(variable: Callable[[str], str]) -> list[str]:
    """Paths: of the project, of the official images, of the user."""
    own = join(variable("HOME") or "/root", ".bundle/config")
    stated = variable("BUNDLE_APP_CONFIG")
    return [".bundle/config", join(stated or "/usr/local/bundle", "config"), own]


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
