"""``freshlayer check``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from freshlayer.cli import declared
from freshlayer.cli.dockerfiles import NAMES, Selection, request_of, shared, source_of
from freshlayer.cli.exit_codes import DONE, STALE, TROUBLE
from freshlayer.cli.fail_on import fail_on, fails
from freshlayer.cli.options import Options, ours
from freshlayer.cli.session import session_of
from freshlayer.errors import BuilderError, OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshlayer.builders.base import Builder
    from freshlayer.context import Source
    from freshlayer.discover.analysis import BuildRequest
    from freshlayer.model.report import Report


@declared.command(
    "check",
    short_help="which instructions are stale, and why; builds nothing",
    epilog="\b\nExamples:"
    "\n  freshlayer check"
    "\n  freshlayer check web/Dockerfile"
    "\n  freshlayer check --recursive --format markdown ."
    "\n  freshlayer check --explain 12",
)
@shared
@declared.option("--recursive", is_flag=True, help="every Dockerfile below CONTEXT that git does not ignore")
@declared.option(
    "--explain", metavar="LINE", type=declared.integer(1), help="print all that is known of one instruction"
)
@fail_on
@ours("check")
def command(
    options: Options,
    contexts: tuple[str, ...],
    selection: Selection,
    recursive: bool,
    explain: int | None,
    failing: frozenset[str],
) -> int:
    """Probe every origin, and print which instructions have other remote inputs than at their last build.

    Only remote inputs are compared, with those of the last build by the same builder on the same engine.
    Local changes leave an instruction fresh: edited instructions are named, files and build args are not.

    Exit code 1: something that --fail-on names was found, without it a stale instruction (never built
    counts); 0: nothing of it; 2: trouble.
    """
    from freshlayer.cli.output import Output
    from freshlayer.report.formats.base import ReportKind, Style
    from freshlayer.workflows.check import built_by

    if recursive and selection.file:
        raise OptionError(f"-f {selection.file}: --recursive looks for Dockerfiles by their names")
    builder = builder_in_use(options)
    request = request_of(selection)
    request = built_by(builder, builder.engine(), request) if builder else request
    names = builder.dockerfiles if builder else NAMES
    image_of = builder.image_of if builder else None
    if not recursive and len(contexts) == 1:
        source = source_of(contexts[0], selection.file, names)
        found, is_known = _checked(options, source, request, image_of, builder)
        Output(options, Style(ReportKind.CHECK, explain=explain)).write([("", found)])
        if not is_known:
            return TROUBLE
        return STALE if fails(found, failing) else DONE
    from freshlayer.builders.image_store import Engine
    from freshlayer.cli.check_many import Findings, Search, check_several

    search = Search(contexts, selection.file, names, request, recursive)
    engine = Engine(builder) if builder else None
    return check_several(options, search, Findings(explain, failing), image_of, engine)


def _checked(
    options: Options,
    source: Source,
    request: BuildRequest,
    image_of: Callable[[str], str] | None,
    builder: Builder | None,
) -> tuple[Report, bool]:
    """The report, and whether the state could be used for it."""
    from freshlayer.builders.image_store import Engine
    from freshlayer.cli.errors import located
    from freshlayer.cli.state_place import is_lost
    from freshlayer.workflows.check import check_one
    from freshlayer.workflows.record import as_built
    from freshlayer.workflows.target import Target

    engine = Engine(builder) if builder else None
    with session_of(options, source, image_of, engine, warm=True) as session, located(source):
        report = check_one(Target.of(source, as_built(source, request, session)), session)
        return report, not is_lost(options, session.store)


def builder_in_use(options: Options) -> Builder | None:
    """Whose cache is meant. Without any builder here, the one that built last is."""
    from freshlayer.builders.detect import detect

    try:
        return detect(options.builder or "", os.environ, options.docker or ())
    except BuilderError:
        if options.builder:
            raise
        return None
