"""Which process something belongs to, written so that a later run sees whether that process is gone.

A process id is used again, and means another process in another namespace and on another machine, so that a
mark has the boot of the kernel, the namespace, the id, and when the process started. Linux alone states them.
"""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")
_BOOT = _PROC / "sys/kernel/random/boot_id"
_STATE, _START = 0, 19
"""Among the fields of ``stat`` that are after the name of the program."""
_ENDED = frozenset({"Z", "X"})
"""States of a process that runs no more, and is only not waited for yet."""
_MOST_DIGITS = 10


def own_mark() -> str:
    """The mark of this process; empty where the kernel does not state it."""
    place, (_, started) = _place(), _stat(os.getpid())
    return f"{place}/{os.getpid()}/{started}" if place and started else ""


def is_gone(mark: str) -> bool:
    """Whether the process of a mark certainly ended; False where that can't be known from here."""
    before, _, started = mark.rpartition("/")
    place, _, process = before.rpartition("/")
    if not place or place != _place() or not _is_id(process):
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    state, since = _stat(int(process))
    return state in _ENDED or since not in {"", started}


def _is_id(text: str) -> bool:
    """The id 0 would mean our own group of processes."""
    return text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS and int(text) > 0


def _place() -> str:
    """Within what process ids mean the same: this boot, this namespace."""
    try:
        return f"{_BOOT.read_text().strip()}/{os.readlink(_PROC / 'self/ns/pid')}"
    except OSError:
        return ""


def _stat(process: int) -> tuple[str, str]:
    """Its state, and when it started, in ticks since the boot; empty where another user may not see it."""
    try:
        # The name of the program is in parentheses, and may have any byte.
        fields = (_PROC / str(process) / "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return "", ""
    texts = [field.decode("ascii", "replace") for field in fields]
    return (texts[_STATE], texts[_START]) if len(texts) > _START else ("", "")
