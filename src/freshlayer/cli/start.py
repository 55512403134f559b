"""The way in: ``--help`` and ``--version`` are answered from files, before anything that parses is loaded."""

from __future__ import annotations

import gc
import os
import sys

from freshlayer import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTHS = (80, 100)
"""Columns of a terminal for which the help is kept, in ``help/``; ``make reference`` writes it."""

_HELP = (["--help"], ["-h"])
_COMPLETION = "_FRESHLAYER_COMPLETE"
_COLLECTED_AT = 50_000
"""New objects after which Python looks for cycles. At its own 700, a large Dockerfile is looked through for
them over and over, a tenth of all work, and holds next to none."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words in _HELP and (text := _kept_help(os.environ)):
        sys.stdout.write(text)
        return 0
    if words == ["--version"] and sys.stdout is not None and _COMPLETION not in os.environ:
        sys.stdout.write(f"freshlayer {__version__}\n")
        return 0
    return run(words)


def run(words: Sequence[str], docker: Sequence[str] = ()) -> int:
    """The same for all other words. ``docker``: the flags of docker's own that the plugin was called with."""
    gc.set_threshold(_COLLECTED_AT)
    from freshlayer.cli.own_modules import find_quickly

    find_quickly()
    from freshlayer.lean_libraries import load_lean

    for library in ("typing", "msgspec", "pathlib"):
        load_lean(library)
    from freshlayer.cli.ended import ended

    return ended(lambda: _run(list(words), tuple(docker)))


def _run(words: list[str], docker: tuple[str, ...]) -> int:
    from freshlayer.cli.reentry import enter
    from freshlayer.cli.usual_words import reading
    from freshlayer.lean_libraries import load_lean

    enter(os.environ)
    usual = reading(words, os.environ, docker)
    if usual is not None:
        return usual()
    load_lean("click")
    from freshlayer.cli.main import by_click

    return by_click(words, docker)


def place_of_help(columns: int) -> str:
    """The file that has the help for a terminal of this width."""
    return os.path.join(os.path.dirname(__file__), "help", f"{columns}.txt")


def _kept_help(environ: Mapping[str, str]) -> str:
    """The help for this terminal; empty where it isn't kept for it."""
    columns = min(_columns(environ), WIDTHS[-1])
    if columns not in WIDTHS or _COMPLETION in environ or getattr(sys.stdout, "encoding", "") != "utf-8":
        return ""
    with open(place_of_help(columns), encoding="utf-8") as file:
        return file.read()


def _columns(environ: Mapping[str, str]) -> int:
    """As ``shutil.get_terminal_size``, which click calls, but without its module."""
    try:
        given = int(environ["COLUMNS"])
    except (KeyError, ValueError):
        given = 0
    if given > 0:
        return given
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or WIDTHS[0]  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        return WIDTHS[0]
