"""``freshlayer diff``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from freshlayer.cli import declared
from freshlayer.cli.echo import echo
from freshlayer.cli.exit_codes import DIFFERENT, DONE
from freshlayer.cli.options import Options, ours

if TYPE_CHECKING:
    from freshlayer.report.difference import ReportDocument

_LARGEST = 64 * 1024 * 1024


@declared.command(
    "diff",
    short_help="what differs between two JSON reports",
    epilog="\b\nExamples:"
    "\n  freshlayer diff yesterday.json today.json"
    "\n  freshlayer check --json | freshlayer diff yesterday.json -",
)
@declared.argument("before", metavar="A", type=declared.FILE)
@declared.argument("after", metavar="B", type=declared.FILE)
@ours("diff", formats=("text", "json", "markdown"))
def command(options: Options, before: str, after: str) -> int:
    """Print what differs between two JSON reports of check, inputs or build.

    Compared are inputs, identities, states of instructions, and what is not watched. - is standard input.
    Instructions that only moved to other lines are the same. Keys, times and texts of reasons are not
    compared.

    Exit code 0: nothing differs; 1: something does; 2: trouble.
    """
    from freshlayer.errors import OptionError
    from freshlayer.report.difference import differences, document, lines
    from freshlayer.report.terminal import show

    if before == after == "-":
        raise OptionError("diff: standard input holds one report (name a file for the other)")
    found = differences(_read(before), _read(after))
    if options.format == "json":
        echo(json.dumps(document(found), indent=1))
    elif options.format == "markdown":
        from freshlayer.report.formats.markdown import write_difference

        write_difference(sys.stdout, found)
    else:
        show(lines(found), sys.stdout)
    return DIFFERENT if found else DONE


def _read(name: str) -> tuple[ReportDocument, ...]:
    from freshlayer.cli.standard_input import standard_input
    from freshlayer.errors import FreshlayerError
    from freshlayer.files.bounded_read import read_file
    from freshlayer.reference import shown
    from freshlayer.report.difference import read

    try:
        if name == "-":
            stream = standard_input()
            content = stream.read(_LARGEST) if stream is not None else b""
        else:
            content = read_file(name, _LARGEST)
        return read(content)
    except OSError as error:
        raise FreshlayerError(f"{shown(name)}: {error.strerror or error}") from None
    except ValueError as error:
        raise FreshlayerError(f"{shown(name)}: {error}") from None
