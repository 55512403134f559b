"""``freshlayer check``."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import click

from freshlayer.cli.dockerfiles import question_of, shared, source_of
from freshlayer.cli.options import Options, ours, rooms_of
from freshlayer.errors import BuilderError

if TYPE_CHECKING:
    from freshlayer.builders import Builder
    from freshlayer.context import Source
    from freshlayer.model import Report
    from freshlayer.reading import Question

_STALE = 1


@click.command("check", short_help="which instructions are stale, and why; builds nothing")
@shared
@click.option(
    "--explain", metavar="LINE", type=click.IntRange(1), help="tell the whole story of one instruction"
)
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
    explain: int | None,
) -> int:
    """Ask every origin and say which instructions the next build will run again, and why.

    Exit code 0: nothing is stale; 1: something is (never built counts); 2: trouble.
    """
    from freshlayer import pipeline, report
    from freshlayer.cli.written import write_report

    builder = _builder(options)
    question = question_of(target, build_args, platform, network)
    question = pipeline.built_by(builder, question) if builder else question
    reports = []
    for context in contexts:
        found = _checked(options, source_of(context, file, builder), question)
        reports.append(found)
        if not as_json and not options.quiet:
            _show(found, explain)
    document = report.together([report.of_check(found) for found in reports])
    write_report(options.report, document)
    if as_json:
        click.echo(json.dumps(document, indent=1))
    return _STALE if any(found.stale for found in reports) else 0


def _checked(options: Options, source: Source, question: Question) -> Report:
    from freshlayer import pipeline
    from freshlayer.cli.located import located

    with rooms_of(options, source) as rooms, located(source):
        return pipeline.check(source, question, rooms)


def _show(found: Report, explain: int | None) -> None:
    from freshlayer import report
    from freshlayer.report.terminal import show

    show(report.story_lines(found, explain) if explain else report.check_lines(found), sys.stdout)


def _builder(options: Options) -> Builder | None:
    """Whose cache is meant. Without any builder here, the one that built last is."""
    from freshlayer.builders import detect

    try:
        return detect(options.builder or "", os.environ, options.docker or ())
    except BuilderError:
        if options.builder:
            raise
        return None
