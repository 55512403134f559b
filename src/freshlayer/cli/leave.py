"""How the process ends."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def leave(code: int) -> NoReturn:
    """End without taking the interpreter apart, which takes 20 ms of every build: nothing is left open."""
    for stream in (sys.stdout, sys.stderr):
        try:
            # Neither is there where a service starts us with it closed.
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            # The reader of our output has gone, or there is no room for it.
            code = code or 2
    os._exit(code)
