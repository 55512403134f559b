"""Workflows of a build: analyse, probe, decide, inject, run the builder, probe again, record, report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from msgspec.structs import replace

from freshlayer.builders import BuildCommand, Builder, DerivedFile, Ended, Job, run
from freshlayer.builders.compositions.base import Composition, Model
from freshlayer.context import ClassicContext, Source
from freshlayer.decisions.causes import explain_outcomes
from freshlayer.decisions.match_progress import is_whole, match_progress, of_target
from freshlayer.discover.analysis import BuildRequest
from freshlayer.dockerfile.inject import mechanism_under
from freshlayer.model.build import InstructionVerdict
from freshlayer.model.report import Report
from freshlayer.workflows.check import built_by, judge_targets
from freshlayer.workflows.image_tags import images_of, images_of_targets
from freshlayer.workflows.last_builds import keys_before
from freshlayer.workflows.pull_images import left_to_us, pull_moved
from freshlayer.workflows.record import scope_of
from freshlayer.workflows.render import derived_file, syntax_of
from freshlayer.workflows.reprobe import reprobe_and_record
from freshlayer.workflows.session import Session, default_platform, platforms_of
from freshlayer.workflows.target import Target
from freshlayer.workflows.unprobed import warn_of_unasked

Explain = Callable[..., tuple[InstructionVerdict, ...]]
"""``causes.explain_outcomes``, with what the builder was asked to do with its cache."""


def build(source: Source, command: BuildCommand, builder: Builder, session: Session) -> Report:
    """Run the builder on the Dockerfile with its keys, and remember what was built.

    Raises FreshlayerError before the builder starts, and nothing of ours afterwards.
    """
    request = BuildRequest(
        platforms=platforms_of(command.platforms, builder.environment),
        host=default_platform(),
        target=command.target,
        build_args=command.build_args,
        network=command.network or "default",
    )
    request = replace(built_by(builder, request), engine=builder.engine(command.builder))
    target = Target.of(source, request)
    (before,) = judge_targets([target], session)
    before = _given(target, before, session)
    warn_of_unasked(before, session)
    if not command.pull:
        pull_moved(target.analysis.images, builder, request.host, session, named=command.builder)
    job = _job(source, command, before, builder)
    ended = builder.build(job) if job else _as_typed(command, builder)
    if ended.trouble and session.verbose:
        session.warn(f"the builder's display could not be read ({ended.trouble})")
    report = replace(before, builder=builder.name, exit_code=ended.exit_code)
    explain = partial(explain_outcomes, no_cache=command.no_cache, no_cache_stages=command.no_cache_stages)
    report = _with_outcomes(target, report, ended, session, explain)
    return reprobe_and_record([target], [report], ended, session, [images_of(command, builder, ended)])[0]


def build_together(
    targets: Mapping[str, Target], tool: Composition, model: Model, session: Session
) -> dict[str, Report]:
    """``build`` for all targets of one command: name → report. What they share is asked once."""
    looked = judge_targets(list(targets.values()), session)
    before = [_given(target, it, session) for target, it in zip(targets.values(), looked, strict=True)]
    files: dict[str, DerivedFile] = {}
    for (name, target), report in zip(targets.items(), before, strict=True):
        warn_of_unasked(report, session)
        if any(item.key for item in report.instructions):
            files[name] = derived_file(target.source, report, mechanism_under(syntax_of(target.source)))
    images = {name: target.analysis.images for name, target in targets.items()}
    pull_moved(left_to_us(images, tool, model), tool, default_platform(), session, named=tool.named)
    ended = tool.build(model, files)
    reports: list[Report] = []
    for (name, target), look in zip(targets.items(), before, strict=True):
        report = replace(look, builder=tool.builder, exit_code=ended.exit_code)
        mine = replace(ended, happened=of_target(ended.happened, name, alone=len(model.targets) == 1))
        told = _with_outcomes(
            target, report, mine, session, partial(explain_outcomes, no_cache=tool.no_cache)
        )
        reports.append(told if is_whole(told.instructions) else report)
    known = {target.name: target for target in model.targets}
    tags = images_of_targets([known[name] for name in targets], tool, ended)
    return dict(
        zip(targets, reprobe_and_record(list(targets.values()), reports, ended, session, tags), strict=True)
    )


def _given(target: Target, report: Report, session: Session) -> Report:
    """With whose build had the keys that are new here, before the builder gets them."""
    given = keys_before(scope_of(target.source, target.request), report.instructions, session)
    return replace(report, past=replace(report.past, given=given))


def _as_typed(command: BuildCommand, builder: Builder) -> Ended:
    return run([*builder.argv, *command.words], builder.environment, reader=builder.reader(command))


def _with_outcomes(
    target: Target, report: Report, ended: Ended, session: Session, explain: Explain
) -> Report:
    """With what became of each instruction; a build that failed left some of them half done."""
    if ended.exit_code:
        return report
    built = {item.line for item in report.instructions}
    keyed = {item.line for item in report.instructions if item.key}
    try:
        happened = match_progress(ended.happened, target.analysis.dockerfile, built, keyed)
        instructions = explain(report.instructions, happened, report.past)
    except Exception as error:  # noqa: BLE001 - the build is done, and a fault of ours must not cost it
        why = f"{type(error).__name__}: {error}"
        session.warn(f"an error of freshlayer itself ({why}); the build summary is unavailable")
        return report
    return replace(report, instructions=instructions)


def _job(source: Source, command: BuildCommand, report: Report, builder: Builder) -> Job | None:
    """The build with its keys; None where there is no key to put in, and nothing else to change."""
    if source.path is not None and not any(item.key for item in report.instructions):
        return None
    file = derived_file(source, report, builder.mechanism(syntax_of(source)))
    return Job(command, file, partial(ClassicContext.of, source.context, dockerfile=source.path))
