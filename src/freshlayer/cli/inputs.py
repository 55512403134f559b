"""``freshlayer inputs``."""

from __future__ import annotations

import json
import sys

import click

from freshlayer.cli.dockerfiles import question_of, shared, source_of
from freshlayer.cli.options import Options, ours


@click.command("inputs", short_help="what a Dockerfile reads from elsewhere; no network")
@shared
@ours
def command(
    options: Options,
    contexts: tuple[str, ...],
    file: str | None,
    target: str,
    build_args: tuple[str, ...],
    platform: str,
    as_json: bool,
) -> int:
    """List what a Dockerfile reads from elsewhere, and what can't be watched, with the reason.

    Asks nobody and changes nothing.
    """
    from freshlayer import pipeline, report
    from freshlayer.cli.located import located
    from freshlayer.report.terminal import show

    documents = []
    for context in contexts:
        source = source_of(context, file)
        with located(source):
            found = pipeline.inputs(source, question_of(target, build_args, platform))
        if as_json:
            documents.append(report.of_inputs(found))
        elif not options.quiet:
            show(report.input_lines(found), sys.stdout)
    if as_json:
        click.echo(json.dumps(report.together(documents), indent=1))
    return 0
