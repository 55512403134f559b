"""``freshlayer probe``."""

from __future__ import annotations

import json
import sys

import click

from freshlayer.cli.options import Options, ours, rooms_of
from freshlayer.errors import OptionError


@click.command("probe", short_help="what an origin says about a URL")
@click.argument("urls", nargs=-1, required=True, metavar="URL…")
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
@ours
def command(options: Options, urls: tuple[str, ...], as_json: bool) -> int:
    """Show the evidence that each origin gives, hop by hop, and the identity drawn from it.

    Compares with what is recorded, and records nothing.
    """
    from freshlayer import report
    from freshlayer.freshness import judge
    from freshlayer.pipeline import default_platform
    from freshlayer.probe import probe
    from freshlayer.reference import parse
    from freshlayer.report.terminal import show

    if options.offline:
        raise OptionError("probe asks; --offline makes no sense with it")
    references = list(dict.fromkeys(parse(url) for url in urls))
    with rooms_of(options, None) as rooms:
        recorded = rooms.store.recall(references)
        # Nothing recorded is sent: a 304 has no evidence to show.
        here = (default_platform(),)
        seen = probe(references, {}, rooms.limits, rooms.progress, keyring=rooms.keyring, platforms=here)
    results = [(seen[r], judge(recorded.get(r), seen[r])) for r in references]
    if as_json:
        click.echo(json.dumps(report.of_probe(results), indent=1))
    else:
        show(report.probe_lines(results), sys.stdout)
    return 0 if all(verdict.asked for _, verdict in results) else 2
