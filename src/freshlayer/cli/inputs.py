"""``freshlayer inputs``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from freshlayer.cli import declared
from freshlayer.cli.dockerfiles import Selection, request_of, shared, source_of
from freshlayer.cli.exit_codes import DONE, TROUBLE
from freshlayer.cli.options import Options, ours

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshlayer.discover.analysis import Analysis, Learned
    from freshlayer.model.report import Report


@declared.command(
    "inputs",
    short_help="what a Dockerfile reads from elsewhere; no network",
    epilog="\b\nExamples:\n  freshlayer inputs\n  freshlayer inputs --build-arg VERSION=2 --json web",
)
@shared
@declared.option("--all", "all_stages", is_flag=True, help="stages that the target does not reach, too")
@ours("inputs")
def command(
    options: Options,
    contexts: tuple[str, ...],
    selection: Selection,
    all_stages: bool,
) -> int:
    """List what a Dockerfile reads from elsewhere, and what can't be watched, with the reason.

    Requests nothing from the network and changes nothing.
    """
    from freshlayer.cli.chosen_settings import packages_of
    from freshlayer.cli.errors import located
    from freshlayer.cli.output import Output, only_text
    from freshlayer.report.formats.base import ReportKind, Style
    from freshlayer.workflows import inputs as workflow

    request = replace(request_of(selection), all_stages=all_stages)
    recall = partial(_last_learned, options)
    planned = not only_text(options)

    def read(context: str) -> Report:
        source = source_of(context, selection.file)
        with located(source):
            packages = packages_of(options, source)
            return workflow.inputs(source, request, recall, packages, planned=planned)

    if len(contexts) == 1:
        reports, exit_code = [("", read(contexts[0]))], DONE
    else:
        reports, exit_code = _all_readable(contexts, read)
    Output(options, Style(ReportKind.INPUTS, several=len(contexts) > 1)).write(reports)
    return exit_code


def _all_readable(
    contexts: tuple[str, ...], read: Callable[[str], Report]
) -> tuple[list[tuple[str, Report]], int]:
    """The reports, and the exit code: one Dockerfile that can't be read must not cost the others theirs."""
    from freshlayer.report.terminal import warn
    from freshlayer.workflows.batch import Candidate, failure

    reports, exit_code = [], DONE
    for context in contexts:
        try:
            reports.append(("", read(context)))
        except Exception as error:  # noqa: BLE001 - see above
            warn(str(failure(error, Candidate(context)).reason))
            exit_code = TROUBLE
    return reports, exit_code


def _last_learned(options: Options, analysis: Analysis) -> Learned:
    """From the state, if there is one."""
    from freshlayer.discover.analysis import NOTHING_LEARNED

    if not analysis.discovery.scripts and not analysis.bases_wanted:
        return NOTHING_LEARNED
    from contextlib import closing

    from freshlayer.cli.state_place import is_there, state_path

    path = state_path(options)
    if not is_there(path):
        return NOTHING_LEARNED
    from freshlayer.report.terminal import warn
    from freshlayer.state import Keep
    from freshlayer.state.places import store_at
    from freshlayer.workflows.last_learned import last_learned

    with closing(store_at(path, warn, Keep())) as store:
        return last_learned(analysis, store)
