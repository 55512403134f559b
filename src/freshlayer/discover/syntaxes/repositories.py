"""Version control: the programs whose commands are read together, because a later one names the revision."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from freshlayer.discover.syntaxes.found import Finding, Words
from freshlayer.discover.syntaxes.git import git

REPOSITORIES: dict[str, Callable[[list[Words]], Iterator[Finding]]] = {"git": git}
"""Program → the syntax that reads the arguments of all its commands in a script, in order."""
