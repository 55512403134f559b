"""``compose check`` and ``bake check``: ``check`` of all targets of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from freshlayer.builders.image_store import Engine
from freshlayer.cli.by_click import as_click
from freshlayer.cli.exit_codes import DONE, STALE, TROUBLE
from freshlayer.cli.fail_on import fails
from freshlayer.cli.options import Options
from freshlayer.cli.session import session_of
from freshlayer.cli.standard_input import KeptInput, standard_input
from freshlayer.cli.state_place import is_lost
from freshlayer.cli.targets import settings_of, targets_of
from freshlayer.errors import BuilderError, OptionError

if TYPE_CHECKING:
    import click

    from freshlayer.builders.invocation import Invocation, Model
    from freshlayer.cli.declared import Command
    from freshlayer.model.report import Report


class CheckRequest(Struct, frozen=True):
    """What was typed behind ``check``. ``words``: those that name the targets, for the tool.

    ``failing``: the findings for exit code 1.
    """

    options: Options
    words: tuple[str, ...]
    failing: frozenset[str]


def parse(command: Command, words: Sequence[str], context: click.Context) -> CheckRequest:
    """Read the words behind ``check`` as those of a command of ours, which returns a CheckRequest."""
    by_click = as_click(command)
    with by_click.make_context("check", list(words), parent=context) as inner:
        request: CheckRequest = by_click.invoke(inner)
    return request


def check_targets(request: CheckRequest, invocation: Invocation) -> int:
    """Check all targets that the command would build; the exit codes are those of ``check``.

    Raises FreshlayerError where it is not known what would be built.
    """
    from freshlayer.cli.output import Output
    from freshlayer.report.formats.base import ReportKind, Style
    from freshlayer.report.terminal import warn

    options = request.options
    if options.builder not in {None, invocation.name}:
        raise OptionError(f"--builder {options.builder}: {invocation.tool} builds with {invocation.name}")
    if invocation.unclear:
        raise BuilderError(f"{invocation.tool}: {invocation.unclear}")
    model = invocation.model()
    found, is_known = _checked(request, model, invocation)
    reports = [(name, report) for name, report in found if not isinstance(report, Exception)]
    for name, error in found:
        if isinstance(error, Exception):
            warn(f"{name}: {error}")
    Output(options, Style(ReportKind.CHECK, several=True)).write(reports)
    if len(reports) < len(model.targets) or not is_known:
        return TROUBLE
    return STALE if any(fails(report, request.failing) for _, report in reports) else DONE


def _checked(
    request: CheckRequest, model: Model, invocation: Invocation
) -> tuple[Sequence[tuple[str, Report | Exception]], bool]:
    """The reports, and whether the state could be used for them."""
    from freshlayer.workflows.check import check
    from freshlayer.workflows.observe import Due

    stdin = KeptInput(standard_input())
    targets = targets_of(model, invocation, stdin, otherwise="it is not checked")
    settings = settings_of(request.options, targets)
    engine = Engine(invocation, invocation.named)
    with session_of(request.options, settings, invocation.image_of, engine, warm=True) as session:
        found = check(targets.values(), Due.of(targets.values()), session)
        reports = list(zip(targets, found, strict=True))
        return reports, not is_lost(request.options, session.store)
