"""The interpreters of Windows, by their names; what they run is in ``windows``."""

from __future__ import annotations

import re
from functools import lru_cache

from freshlayer.shell import Call

POWERSHELLS = frozenset({"powershell", "pwsh", "pwsh-preview"})
WINDOWS_SHELLS = frozenset({*POWERSHELLS, "cmd"})
"""Names of interpreters, in small letters and without ``.exe``."""


@lru_cache(maxsize=512)
def interpreter_of(word: str) -> str:
    """The name of a program on Windows: without directory and ending, in small letters."""
    return re.sub(r"\.(?:exe|cmd|bat|com)\Z", "", word.replace("\\", "/").rpartition("/")[2].lower())


def is_of_windows(name: str) -> bool:
    """Whether a program is one of these interpreters, or has a path of Windows."""
    return interpreter_of(name) in WINDOWS_SHELLS or "\\" in name


def name_of(call: Call) -> str:
    """The program; of one whose directory is not known, its last part. Empty where it is not known."""
    first = call.words[0] if call.words else ()
    last = first[-1] if first else ""
    if not isinstance(last, str):
        return ""
    return last if len(first) == 1 or re.search(r"[\\/]", last) else ""
