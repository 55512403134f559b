"""The exit codes of all commands. ``build``, ``compose`` and ``bake`` pass on the builder's own."""

from __future__ import annotations

from freshlayer.interrupts import INTERRUPTED

DONE = 0
"""The command did what it should, and found nothing that it reports by its exit code."""
STALE = 1
"""``check``: something that ``--fail-on`` names was found."""
CHANGED = 1
"""``flag --exit-code``: the file changed."""
DIFFERENT = 1
"""``diff``: the reports differ."""
TROUBLE = 2
"""Wrong words, something that can't be read, an error of freshlayer itself; not for ``build``."""
FAILED = 125
"""``build``: freshlayer failed before the builder started, as docker reports its own failures."""

__all__ = ["CHANGED", "DIFFERENT", "DONE", "FAILED", "INTERRUPTED", "STALE", "TROUBLE"]
