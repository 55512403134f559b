"""What a cached build of freshlayer's own consists of, in instructions of the processor."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence

from bench.counted import instructions
from bench.traced import traced

_START = """\
import gc
gc.set_threshold(50_000)
from freshlayer.cli.own_modules import find_quickly
from freshlayer.lean_libraries import load_lean
find_quickly()
"""
_LIBRARIES = (
    ("the interpreter", "pass"),
    (
        "`typing`, msgspec, pathlib",
        f"{_START}for name in ('typing', 'msgspec', 'pathlib'): load_lean(name)\n",
    ),
    ("libcurl and SQLite", "load_lean('pycurl')\nimport _sqlite3\n"),
    ("small modules of Python's own", "import bisect, fcntl, math, select, signal, termios, tty, zlib\n"),
)
"""Each with what it loads after the ones before it."""


def profile(argv: Sequence[str], words: Sequence[str], environment: Mapping[str, str]) -> dict[str, float]:
    """Millions by part. ``argv``: the command. ``words``: those of it that are freshlayer's.

    Empty without valgrind.
    """
    if shutil.which("valgrind") is None:
        return {}
    own = sorted({it for it in traced(*words, environment=environment).modules if _is_own(it)})
    load = f"from importlib import import_module\nfor name in {own}: import_module(name)\n"
    parts, code, before = {}, "", 0.0
    for part, more in (*_LIBRARIES, (f"{len(own)} modules of freshlayer", load)):
        code = more if code == "pass" else code + more
        taken = instructions([sys.executable, "-c", code], environment)
        parts[part], before = taken - before, taken
    return {**parts, "the build itself": instructions(argv, environment) - before}


def _is_own(module: str) -> bool:
    return module.startswith("freshlayer.") and not module.startswith("freshlayer.__main__")
