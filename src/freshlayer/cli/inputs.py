"""``freshlayer inputs``."""

from __future__ import annotations

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
    all_stages: bool,
) -> int:
    """List what a Dockerfile reads from elsewhere, and what can't be watched, with the reason.

    Requests nothing from the network and changes nothing.
    """
    from freshlayer.cli.errors import located
    from freshlayer.cli.output import Output
    from freshlayer.report.formats.base import ReportKind, Style
    from freshlayer.workflows import check as workflow

    request = replace(request_of(target, build_args, platform, network), all_stages=all_stages)
    reports = []
    for context in contexts:
        source = source_of(context, file)
        with located(source):
            reports.append(("", workflow.inputs(source, request)))
    Output(options, Style(ReportKind.INPUTS, several=len(contexts) > 1)).write(reports)
    return 0
