"""Ctrl-C while modules are loaded: the program ends at once, and shows no traceback of an import.

The package installs this before it imports anything else, where it is the program and not a library.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as signals
    from types import FrameType
else:
    # What signal itself is made of: the enumerations that it adds take longer to define than --help does.
    import _signal as signals

__all__ = ["INTERRUPTED", "end_quietly_while_loading", "raise_again", "signals"]

INTERRUPTED = 130
"""As a shell reports a program that SIGINT ended."""

_PROGRAM = "freshlayer"


def end_quietly_while_loading() -> None:
    """From now on SIGINT ends the process, until ``raise_again``; unless it is ignored."""
    if _is_the_program() and signals.getsignal(signals.SIGINT) is signals.default_int_handler:
        signals.signal(signals.SIGINT, _end)


def raise_again() -> None:
    """SIGINT is a KeyboardInterrupt again: from now on it is caught."""
    if signals.getsignal(signals.SIGINT) is _end:
        signals.signal(signals.SIGINT, signals.default_int_handler)


def _end(_number: int, _frame: FrameType | None) -> None:
    os._exit(INTERRUPTED)


def _is_the_program() -> bool:
    """``python -m`` sets the first argument to ``-m`` until it has found the module."""
    first = sys.argv[0] if getattr(sys, "argv", None) else ""
    return first == "-m" or os.path.basename(first) == _PROGRAM
