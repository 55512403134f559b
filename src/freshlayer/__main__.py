"""``freshlayer`` and ``python -m freshlayer``: start quickly, and end at once."""

from __future__ import annotations

import gc
import os
import sys

try:
    _here = os.getcwd()
except OSError:
    _here = ""
# 'python -m freshlayer' puts the working directory first, where a json.py would be imported for Python's own.
if not sys.flags.safe_path and sys.path[0] == _here:
    del sys.path[0]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

# A start makes many objects, all of which stay: to look for garbage among them takes 7 ms of it.
gc.set_threshold(50_000)


def run() -> NoReturn:
    """The command line, from the first import to the exit code."""
    from freshlayer.cli.leave import leave  # noqa: PLC0415 - after the line above
    from freshlayer.cli.start import main  # noqa: PLC0415 - the same

    leave(main())


if __name__ == "__main__":
    run()
