"""Text to standard output and error, as click writes it."""

from __future__ import annotations

import sys


def echo(text: str, *, err: bool = False, nl: bool = True) -> None:
    """``click.echo``; of plain text to a stream that has every character, without click."""
    stream = sys.stderr if err else sys.stdout
    if getattr(stream, "encoding", "") != "utf-8" or "\x1b" in text:
        from freshlayer.lean_libraries import load_lean

        load_lean("click")
        import click

        click.echo(text, err=err, nl=nl)
        return
    stream.write(f"{text}\n" if nl else text)
    stream.flush()
