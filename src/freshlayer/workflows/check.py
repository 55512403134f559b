"""Analyse, recall, probe, judge, plan: which instructions are stale, and why."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING

from msgspec.structs import replace

from freshlayer.builders import Builder, client_proxies
from freshlayer.context import Source
from freshlayer.decisions import plan as planning
from freshlayer.decisions.marks import marks as marks_of
from freshlayer.decisions.since_built import since_built
from freshlayer.decisions.verdict import judge
from freshlayer.discover.analysis import Analysis, BuildRequest
from freshlayer.errors import UnknownInputError
from freshlayer.model.build import InstructionVerdict
from freshlayer.model.observation import Recorded, Verdict
from freshlayer.model.report import Report
from freshlayer.probe import PROTOCOLS
from freshlayer.reference import Reference
from freshlayer.settings import OnUnknown
from freshlayer.workflows.identities import expected
from freshlayer.workflows.image_tags import warn_of_other_images
from freshlayer.workflows.last_builds import past_of
from freshlayer.workflows.observe import answers, observe, recall
from freshlayer.workflows.record import record_verdicts, scope_of
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target
from freshlayer.workflows.unprobed import stop_on_unknown

if TYPE_CHECKING:
    from freshlayer.workflows.batch import Batch


_PLANNED_AT_ONCE = 100


def inputs(source: Source, request: BuildRequest) -> Report:
    """What a Dockerfile reads from elsewhere; no network, no state."""
    target = Target.of(source, request)
    found = target.analysis
    instructions = planning.plan(found.dockerfile, found.stages, found.parents, planning.Known({}, {}))
    return _report_of(target, found, instructions)


def check(source: Source, request: BuildRequest, session: Session) -> Report:
    """Which instructions are stale, and why; the observations are kept, nothing is built."""
    (report,) = judge_targets([Target.of(source, request)], session, builds=False)
    warn_of_other_images(scope_of(source, request), report.dockerfile, session)
    record_verdicts(report.verdicts, session)
    return report


def check_each(batch: Batch, request: BuildRequest, session: Session) -> Iterator[Report | UnknownInputError]:
    """``check`` of many Dockerfiles: each is told, in order, as soon as all that it reads is known.

    What they share is asked once; when all are told, the observations are kept.
    """
    recorded = recall(list(batch.ttls), session)
    verdicts: dict[Reference, Verdict] = {}
    with closing(answers(batch.ttls, recorded, session, request.platforms)) as observations:
        for number, leaf in enumerate(batch.leaves()):
            missing = {item.reference for item in leaf.analysis.discovery.inputs} - verdicts.keys()
            # Whoever is idle for long takes what is on its way for late.
            for seen in islice(observations, None if missing else int(number % _PLANNED_AT_ONCE == 0)):
                verdicts[seen.reference] = judge(recorded.get(seen.reference), seen)
                missing.discard(seen.reference)
                if not missing:
                    break
            target = Target(leaf.source, request, leaf.analysis)
            try:
                yield _planned_target(target, leaf.analysis, verdicts, recorded, session, builds=False)
                warn_of_other_images(scope_of(leaf.source, request), leaf.source.shown, session)
            except UnknownInputError as error:
                yield error
    record_verdicts(verdicts, session)


def built_by(builder: Builder, request: BuildRequest) -> BuildRequest:
    """The request, as it is meant where this builder builds."""
    return replace(
        request,
        builder=builder.name,
        engine=builder.engine(),
        every_earlier=builder.builds_every_earlier_stage,
        inherits=builder.inherits_arguments,
        proxies=client_proxies(builder.environment, builder.name),
    )


def judge_targets(targets: Sequence[Target], session: Session, *, builds: bool = True) -> list[Report]:
    """Read, recall, probe, judge, plan. A reference is asked once, however many targets read it.

    ``builds``: whether a builder runs here. Where none does, the identities file stands in for its records.
    """
    reads = [it.analysis.restricted_to(frozenset(PROTOCOLS)) for it in targets]
    references = list(dict.fromkeys(item.reference for one in reads for item in one.discovery.inputs))
    recorded = recall(references, session)
    observed = observe(reads, recorded, session, platforms_of_targets(targets))
    verdicts = {reference: judge(recorded.get(reference), observed[reference]) for reference in references}
    return [
        _planned_target(target, found, verdicts, recorded, session, builds=builds)
        for target, found in zip(targets, reads, strict=True)
    ]


def _planned_target(
    target: Target,
    found: Analysis,
    every: Mapping[Reference, Verdict],
    recorded: Mapping[Reference, Recorded],
    session: Session,
    *,
    builds: bool,
) -> Report:
    source, request = target.source, target.request
    verdicts = {item.reference: every[item.reference] for item in found.discovery.inputs}
    stop_on_unknown(source, found, verdicts, session.policy)
    scope = scope_of(source, request)
    marks = marks_of(found.dockerfile, found.stages, found.parents, request.build_args)
    past = past_of(scope, marks, found.discovery.by_instruction, recorded, session)
    known = planning.Known(
        by_instruction=found.discovery.by_instruction,
        verdicts=verdicts,
        built=past.built,
        taints=session.store.taints(verdicts),
        nonce=os.urandom(16).hex() if session.policy.on_unknown is OnUnknown.REBUILD else "",
        build_args=request.build_args,
        expected=None if builds else expected(source, verdicts, recorded, session),
        unbuilt=past.unbuilt,
        edited=past.edited,
        marks=marks,
    )
    instructions = planning.plan(found.dockerfile, found.stages, found.parents, known)
    from_file = known.expected.verdicts if known.expected else {}
    told = since_built(verdicts, recorded, instructions, past.built, from_file)
    return replace(_report_of(target, found, instructions, told), past=past)


def platforms_of_targets(targets: Sequence[Target]) -> tuple[str, ...]:
    """The platforms of all targets, each once."""
    return tuple(dict.fromkeys(platform for it in targets for platform in it.request.platforms))


def _report_of(
    target: Target,
    found: Analysis,
    instructions: tuple[InstructionVerdict, ...],
    verdicts: Mapping[Reference, Verdict] | None = None,
) -> Report:
    request = target.request
    return Report(
        dockerfile=target.source.shown,
        target=request.target,
        platform=request.platform,
        inputs=found.discovery.inputs,
        instructions=instructions,
        not_watched=tuple(item for item in found.discovery.not_watched if not item.covered_by),
        covered=tuple(item for item in found.discovery.not_watched if item.covered_by),
        advice=found.advice,
        verdicts=verdicts or {},
        builder=request.builder,
        in_file=target.source.path is not None,
    )
