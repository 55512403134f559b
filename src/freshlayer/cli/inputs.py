"""``freshlayer inputs``."""

from __future__ import annotations

import json
import sys

import click
from msgspec.structs import replace

from freshlayer.cli.dockerfiles import request_of, shared, source_of
from freshlayer.cli.options import Options, ours


@click.command("inputs", short_help="what a Dockerfile reads from elsewhere; no network")
@shared
@click.option("--all", "all_stages", is_flag=True, help="stages that the target does not reach, too")
@ours
def command(
    options: Options,
    contexts: tuple[str, ...],
    file: str | None,
    target: str,
    build_args: tuple[str, ...],
    platform: str,
    network: str | None,
    as_json: bool,
    all_stages: bool,
) -> int:
    """List what a Dockerfile reads from elsewhere, and what can't be watched, with the reason.

    Asks nobody and changes nothing.
    """
    from freshlayer import report
    from freshlayer.cli.errors import located
    from freshlayer.report.terminal import show
    from freshlayer.workflows import check as workflow

    request = replace(request_of(target, build_args, platform, network), all_stages=all_stages)
    documents = []
    for context in contexts:
        source = source_of(context, file)
        with located(source):
            found = workflow.inputs(source, request)
        if as_json:
            documents.append(report.of_inputs(found))
        elif not options.quiet:
            show(report.input_lines(found), sys.stdout)
    if as_json:
        click.echo(json.dumps(report.together(documents), indent=1))
    return 0
