"""Commands in place of a builder's: ``build``, ``compose`` and ``bake``, all by the same path."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from freshlayer.cli.chosen_settings import policy_of
from freshlayer.cli.options import Before, Options, check_format
from freshlayer.cli.passthrough import misplaced
from freshlayer.cli.session import session_of
from freshlayer.cli.standard_input import KeptInput
from freshlayer.cli.targets import settings_of, targets_of
from freshlayer.errors import FreshlayerError, NotAsLockedError, OptionError, UnknownInputError, internal

if TYPE_CHECKING:
    from freshlayer.builders.invocation import Invocation, Model
    from freshlayer.model.report import Report
    from freshlayer.state import BuildRecord
    from freshlayer.workflows.target import Target


def run(before: Before, invocation: Invocation, stdin: KeptInput) -> int:
    """Build with keys what can be understood, and all the rest as typed; the exit code of the builder."""
    from freshlayer.report.terminal import warn

    with of_build():
        code = _run(before.options, invocation, stdin)
    if code:
        for option in misplaced(before, invocation.unknown_options):
            word = before.command
            warn(
                f"{word}: {option} is an option of freshlayer"
                f" (put it before the word: freshlayer {option} {word})"
            )
    return code


@contextlib.contextmanager
def of_build() -> Iterator[None]:
    """A failure in it ends with the exit code that ``build`` has for failures of freshlayer."""
    try:
        yield
    except FreshlayerError as error:
        error.building = True  # type: ignore[attr-defined]
        raise


def _run(options: Options, invocation: Invocation, stdin: KeptInput) -> int:
    """Ours if we can; else what the user typed, with a warning (rule 5 of ARCHITECTURE.md)."""
    from freshlayer.report.terminal import warn

    tool = invocation.tool
    check_format(options)
    if options.builder not in {None, invocation.name}:
        raise OptionError(f"--builder {options.builder}: {tool} builds with {invocation.name}")
    locked = _is_locked(options)
    if locked and invocation.unclear:
        raise NotAsLockedError(f"--locked: nothing is built: {invocation.unclear}")
    if invocation.unclear:
        warn(f"{invocation.unclear}; {tool} runs as typed")
    if invocation.unclear or not invocation.builds:
        return invocation.as_typed().exit_code
    try:
        reports = _build(options, invocation, stdin)
    except UnknownInputError:
        raise
    except FreshlayerError as error:
        if locked:
            raise NotAsLockedError(f"--locked: nothing is built: {error}") from None
        warn(f"{error}; {tool} runs as typed, and nothing is watched")
        return invocation.as_typed().exit_code
    except Exception as error:  # noqa: BLE001 - a fault of ours must not cost the user a build
        if locked:
            raise NotAsLockedError(f"--locked: nothing is built: {internal(error)}") from None
        warn(f"{internal(error)}; {tool} runs as typed")
        return invocation.as_typed().exit_code
    with _behind_a_build("the report was not written"), contextlib.suppress(BrokenPipeError):
        _print(options, reports)
    code = next((report.exit_code or 0 for report in reports.values()), 0)
    return code or invocation.go_on().exit_code


def _build(options: Options, invocation: Invocation, stdin: KeptInput) -> dict[str, Report]:
    from freshlayer.builders.image_store import Engine
    from freshlayer.workflows.build import build

    model = invocation.model()
    targets = targets_of(model, invocation, stdin)
    settings = settings_of(options, targets)
    if policy_of(options, settings).locked:
        _check_all(targets, model)
    engine = Engine(invocation, invocation.named)
    records: list[BuildRecord] = []
    with session_of(options, settings, engine=engine, for_build=True, warm=True) as session:
        recording = replace(session, recorded=records.append)
        reports = build(targets, model, invocation, recording, _load_what_follows)
        url = options.report_url or session.policy.report_url
    if url:
        with _behind_a_build("the build was not reported"):
            from freshlayer.cli.send_report import report_builds

            report_builds(records, url, session.policy)
    return reports


@contextlib.contextmanager
def _behind_a_build(consequence: str) -> Iterator[None]:
    """A fault of ours costs the user neither the exit code of the build nor another build.

    A module that is loaded here may be gone: another release may be installed by now.
    """
    try:
        yield
    except (FreshlayerError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 - see above
        from freshlayer.report.terminal import warn

        warn(f"{internal(error)}; {consequence}")


def _load_what_follows() -> None:
    """The modules that a build needs when it has ended: they are loaded while the builder runs."""
    from freshlayer.builders import image_ids  # noqa: F401
    from freshlayer.cli import output  # noqa: F401
    from freshlayer.report.formats import text  # noqa: F401
    from freshlayer.state import base, scripts  # noqa: F401
    from freshlayer.workflows import build_event, built  # noqa: F401


def _is_locked(options: Options) -> bool:
    """Whether nothing may be built as typed, as far as this directory's settings have it."""
    if options.locked:
        return True
    with contextlib.suppress(FreshlayerError):
        return policy_of(options, None).locked
    return False


def _check_all(targets: Mapping[str, Target], model: Model) -> None:
    """Raises NotAsLockedError where a target would be built that can't be compared."""
    others = [target.name for target in model.targets if target.name not in targets]
    if others:
        raise NotAsLockedError(f"--locked: nothing is built: {others[0]}: its Dockerfile can't be read")


def _print(options: Options, reports: Mapping[str, Report]) -> None:
    from freshlayer.cli.output import Output
    from freshlayer.report.formats.base import ReportKind, Style

    style = Style(ReportKind.BUILD, several=any(reports))
    Output(options, style).write([*reports.items()])
