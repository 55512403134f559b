"""Commands whose words belong to another program."""

from __future__ import annotations

import click


class Verbatim(click.Command):
    """Parses nothing: the words go on as they are, ``--`` and ``--help`` included."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.params["words"] = list(args)
        return []
