"""Write what ``freshlayer --help`` prints, as click makes it, to the files that are printed."""

from __future__ import annotations

import os

import click

from freshlayer.cli.main import cli
from freshlayer.cli.start import WIDTHS, place_of_help


def main() -> None:
    """A file for each width."""
    for columns in WIDTHS:
        os.environ["COLUMNS"] = str(columns)
        context = click.Context(cli, info_name="freshlayer", **cli.context_settings)
        with open(place_of_help(columns), "w", encoding="utf-8") as file:
            file.write(cli.get_help(context) + "\n")


if __name__ == "__main__":
    main()
