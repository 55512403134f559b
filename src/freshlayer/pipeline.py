"""The story.

options → parse Dockerfile → discover inputs → recall state → probe → judge → plan → inject → run the builder
→ look again → record → report
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from freshlayer import dockerfile as reading
from freshlayer import plan as planning
from freshlayer.asking import Rooms, answers, ask, observe, recall
from freshlayer.builders import BuildCommand, Builder, DerivedFile, Ended, Job, client_proxies, run
from freshlayer.builders.composed import Composition, Model
from freshlayer.context import ClassicContext, Source, ignore_file, read_rules
from freshlayer.errors import UnknownInputError
from freshlayer.fates import explained
from freshlayer.freshness import judge
from freshlayer.happened import is_whole, matched, of_target
from freshlayer.identities_file import expected, keep_identities
from freshlayer.inject import Mechanism, inject, mechanism_under
from freshlayer.last_builds import keys_before, past_of
from freshlayer.marks import marks as marks_of
from freshlayer.model import Change, InstructionVerdict, Recorded, Report, State, Verdict
from freshlayer.probe import PROTOCOLS
from freshlayer.pulling import left_to_us, pull_moved
from freshlayer.reading import Question, Read, read
from freshlayer.recording import kept, remember, scope_of
from freshlayer.reference import Reference
from freshlayer.settings import OnUnknown
from freshlayer.since_built import since_built
from freshlayer.tags import images_of, warn_of_other_images
from freshlayer.unasked import stop_on_unknown, warn_of_unasked

if TYPE_CHECKING:
    from freshlayer.many import Batch

Explain = Callable[..., tuple[InstructionVerdict, ...]]
"""``fates.explained``, told what the builder was told of its cache."""

_PLANNED_AT_ONCE = 100
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm/v7", "i686": "386"}


class Target(Struct, frozen=True):
    """A Dockerfile, what is asked about it, and what was read of it."""

    source: Source
    question: Question
    read: Read

    @classmethod
    def of(cls, source: Source, question: Question) -> Target:
        """Read it. Raises DockerfileError."""
        return cls(source, question, read(source.text, question))


def default_platform() -> str:
    """The platform of this machine, as builders write it."""
    name = os.uname().machine
    return f"linux/{_ARCHITECTURES.get(name, name)}"


def platforms_of(given: Sequence[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """The platforms of a build: as given, else DOCKER_DEFAULT_PLATFORM, else this machine's."""
    host = default_platform()
    named = given or [name for name in [environ.get("DOCKER_DEFAULT_PLATFORM", "")] if name]
    return tuple(dict.fromkeys(reading.normalised(name, host) for name in named)) or (host,)


def inputs(source: Source, question: Question) -> Report:
    """What a Dockerfile reads from elsewhere; no network, no state."""
    target = Target.of(source, question)
    found = target.read
    instructions = planning.plan(found.dockerfile, found.stages, found.parents, planning.Known({}, {}))
    return _report(target, found, instructions)


def check(source: Source, question: Question, rooms: Rooms) -> Report:
    """Which instructions are stale, and why; the observations are kept, nothing is built."""
    (report,) = _look([Target.of(source, question)], rooms, builds=False)
    warn_of_other_images(scope_of(source, question), report.dockerfile, rooms)
    rooms.store.record(kept(report.verdicts), rooms.now)
    return report


def check_each(batch: Batch, question: Question, rooms: Rooms) -> Iterator[Report | UnknownInputError]:
    """``check`` of many Dockerfiles: each is told, in order, as soon as all that it reads is known.

    What they share is asked once; when all are told, the observations are kept.
    """
    recorded = recall(list(batch.ttls), rooms)
    verdicts: dict[Reference, Verdict] = {}
    with closing(answers(batch.ttls, recorded, rooms, question.platforms)) as observations:
        for number, leaf in enumerate(batch.leaves()):
            missing = {item.reference for item in leaf.read.discovery.inputs} - verdicts.keys()
            # Whoever is idle for long takes what is on its way for late.
            for seen in islice(observations, None if missing else int(number % _PLANNED_AT_ONCE == 0)):
                verdicts[seen.reference] = judge(recorded.get(seen.reference), seen)
                missing.discard(seen.reference)
                if not missing:
                    break
            target = Target(leaf.source, question, leaf.read)
            try:
                yield _planned(target, leaf.read, verdicts, recorded, rooms, builds=False)
                warn_of_other_images(scope_of(leaf.source, question), leaf.source.shown, rooms)
            except UnknownInputError as error:
                yield error
    rooms.store.record(kept(verdicts), rooms.now)


def render(source: Source, question: Question, rooms: Rooms) -> Report:
    """``check`` for a builder that is not run from here: warnings are told, and the identities written."""
    report = check(source, question, rooms)
    warn_of_unasked(report, rooms)
    keep_identities([(source, report)], rooms)
    return report


def derived(source: Source, report: Report, mechanism: Mechanism) -> bytes:
    """The Dockerfile with the keys of a report, and nothing else changed."""
    keys = {item.line: item.key for item in report.instructions if item.key}
    return inject(source.text, keys, mechanism).text.encode("utf-8", "surrogateescape")


def built_by(builder: Builder, question: Question) -> Question:
    """The question, as it is meant where this builder builds."""
    return replace(
        question,
        builder=builder.name,
        engine=builder.engine(),
        every_earlier=builder.builds_every_earlier_stage,
        inherits=builder.inherits_arguments,
        proxies=client_proxies(builder.environment, builder.name),
    )


def build(source: Source, command: BuildCommand, builder: Builder, rooms: Rooms) -> Report:
    """Run the builder on the Dockerfile with its keys, and remember what was built.

    Raises FreshlayerError before the builder starts, and nothing of ours afterwards.
    """
    question = Question(
        platforms=platforms_of(command.platforms, builder.environment),
        host=default_platform(),
        target=command.target,
        build_args=command.build_args,
        network=command.network or "default",
    )
    question = replace(built_by(builder, question), engine=builder.engine(command.builder))
    target = Target.of(source, question)
    (before,) = _look([target], rooms)
    before = _given(target, before, rooms)
    warn_of_unasked(before, rooms)
    if not command.pull:
        pull_moved(target.read.images, builder, question.host, rooms, named=command.builder)
    job = _job(source, command, before, builder)
    ended = builder.build(job) if job else _as_typed(command, builder)
    if ended.trouble and rooms.verbose:
        rooms.warn(f"the builder's display could not be read ({ended.trouble})")
    report = replace(before, builder=builder.name, exit_code=ended.exit_code)
    explain = partial(explained, no_cache=command.no_cache, no_cache_stages=command.no_cache_stages)
    report = _with_fates(target, report, ended, rooms, explain)
    return _afterwards([target], [report], ended, rooms, images_of(command, builder, ended))[0]


def build_together(
    targets: Mapping[str, Target], tool: Composition, model: Model, rooms: Rooms
) -> dict[str, Report]:
    """``build`` for all targets of one command: name → report. What they share is asked once."""
    looked = _look(list(targets.values()), rooms)
    before = [_given(target, it, rooms) for target, it in zip(targets.values(), looked, strict=True)]
    files: dict[str, DerivedFile] = {}
    for (name, target), report in zip(targets.items(), before, strict=True):
        warn_of_unasked(report, rooms)
        if any(item.key for item in report.instructions):
            files[name] = _derived_file(target.source, report, mechanism_under(_syntax_of(target.source)))
    images = {name: target.read.images for name, target in targets.items()}
    pull_moved(left_to_us(images, tool, model), tool, default_platform(), rooms, named=tool.named)
    ended = tool.build(model, files)
    reports: list[Report] = []
    for (name, target), look in zip(targets.items(), before, strict=True):
        report = replace(look, builder=tool.builder, exit_code=ended.exit_code)
        mine = replace(ended, happened=of_target(ended.happened, name, alone=len(model.targets) == 1))
        told = _with_fates(target, report, mine, rooms, partial(explained, no_cache=tool.no_cache))
        reports.append(told if is_whole(told.instructions) else report)
    return dict(zip(targets, _afterwards(list(targets.values()), reports, ended, rooms), strict=True))


def _given(target: Target, report: Report, rooms: Rooms) -> Report:
    """With whose build had the keys that are new here, before the builder gets them."""
    given = keys_before(scope_of(target.source, target.question), report.instructions, rooms)
    return replace(report, past=replace(report.past, given=given))


def _as_typed(command: BuildCommand, builder: Builder) -> Ended:
    return run([*builder.argv, *command.words], builder.environment, reader=builder.reader(command))


def _with_fates(target: Target, report: Report, ended: Ended, rooms: Rooms, explain: Explain) -> Report:
    """With what became of each instruction; a build that failed left some of them half done."""
    if ended.exit_code:
        return report
    built = {item.line for item in report.instructions}
    keyed = {item.line for item in report.instructions if item.key}
    try:
        happened = matched(ended.happened, target.read.dockerfile, built, keyed)
        instructions = explain(report.instructions, happened, report.past)
    except Exception as error:  # noqa: BLE001 - the build is done, and a fault of ours must not cost it
        rooms.warn(f"an error of freshlayer itself ({type(error).__name__}: {error}); what ran is not told")
        return report
    return replace(report, instructions=instructions)


def _afterwards(
    targets: Sequence[Target],
    reports: Sequence[Report],
    ended: Ended,
    rooms: Rooms,
    images: Mapping[str, str] | None = None,
) -> list[Report]:
    """Look again, and record. The build is done: no fault of ours may cost the user its outcome."""
    told = list(reports)
    if ended.interrupted:
        rooms.warn("interrupted; nothing was recorded")
        return told
    try:
        moved = _look_again(reports, _platforms(targets), rooms)
        told = [replace(it, moved=tuple(_of(it, moved).values())) for it in reports]
        recorded = [
            (target.source, report)
            for target, report in zip(targets, told, strict=True)
            if remember(target.source, target.question, report, _of(report, moved), rooms, images)
        ]
        keep_identities(recorded, rooms)
    except KeyboardInterrupt:
        rooms.warn("interrupted while looking again; nothing was recorded")
    except Exception as error:  # noqa: BLE001 - see above
        rooms.warn(f"an error of freshlayer itself ({type(error).__name__}: {error}); nothing was recorded")
    return told


def _of(report: Report, moved: Mapping[Reference, str]) -> dict[Reference, str]:
    return {reference: clause for reference, clause in moved.items() if reference in report.verdicts}


def _look(targets: Sequence[Target], rooms: Rooms, *, builds: bool = True) -> list[Report]:
    """Read, recall, probe, judge, plan. A reference is asked once, however many targets read it.

    ``builds``: whether a builder runs here. Where none does, the identities file stands in for its records.
    """
    reads = [it.read.asking(frozenset(PROTOCOLS)) for it in targets]
    references = list(dict.fromkeys(item.reference for one in reads for item in one.discovery.inputs))
    recorded = recall(references, rooms)
    observed = observe(reads, recorded, rooms, _platforms(targets))
    verdicts = {reference: judge(recorded.get(reference), observed[reference]) for reference in references}
    return [
        _planned(target, found, verdicts, recorded, rooms, builds=builds)
        for target, found in zip(targets, reads, strict=True)
    ]


def _planned(
    target: Target,
    found: Read,
    every: Mapping[Reference, Verdict],
    recorded: Mapping[Reference, Recorded],
    rooms: Rooms,
    *,
    builds: bool,
) -> Report:
    source, question = target.source, target.question
    verdicts = {item.reference: every[item.reference] for item in found.discovery.inputs}
    stop_on_unknown(source, found, verdicts, rooms.policy)
    scope = scope_of(source, question)
    marks = marks_of(found.dockerfile, found.stages, found.parents, question.build_args)
    past = past_of(scope, marks, found.discovery.by_instruction, recorded, rooms)
    known = planning.Known(
        by_instruction=found.discovery.by_instruction,
        verdicts=verdicts,
        built=past.built,
        taints=rooms.store.taints(verdicts),
        nonce=os.urandom(16).hex() if rooms.policy.on_unknown is OnUnknown.REBUILD else "",
        build_args=question.build_args,
        expected=None if builds else expected(source, verdicts, recorded, rooms),
        unbuilt=past.unbuilt,
        edited=past.edited,
        marks=marks,
    )
    instructions = planning.plan(found.dockerfile, found.stages, found.parents, known)
    from_file = known.expected.verdicts if known.expected else {}
    told = since_built(verdicts, recorded, instructions, past.built, from_file)
    return replace(_report(target, found, instructions, told), past=past)


def _platforms(targets: Sequence[Target]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(platform for it in targets for platform in it.question.platforms))


def _report(
    target: Target,
    found: Read,
    instructions: tuple[InstructionVerdict, ...],
    verdicts: Mapping[Reference, Verdict] | None = None,
) -> Report:
    question = target.question
    return Report(
        dockerfile=target.source.shown,
        target=question.target,
        platform=question.platform,
        inputs=found.discovery.inputs,
        instructions=instructions,
        not_watched=found.discovery.not_watched,
        advice=found.advice,
        verdicts=verdicts or {},
        builder=question.builder,
    )


def _job(source: Source, command: BuildCommand, report: Report, builder: Builder) -> Job | None:
    """The build with its keys; None where there is no key to put in, and nothing else to change."""
    if source.path is not None and not any(item.key for item in report.instructions):
        return None
    file = _derived_file(source, report, builder.mechanism(_syntax_of(source)))
    return Job(command, file, partial(ClassicContext.of, source.context, dockerfile=source.path))


def _derived_file(source: Source, report: Report, mechanism: Mechanism) -> DerivedFile:
    """Raises ContextError where the ignore file of this Dockerfile can't be used."""
    ignore = ignore_file(source.path) if source.path else None
    return DerivedFile(
        content=derived(source, report, mechanism),
        name=source.path.name if source.path else "Dockerfile",
        ignore=ignore if ignore and read_rules(ignore) is not None else None,
        inline=source.path is None,
    )


def _syntax_of(source: Source) -> str:
    return reading.syntax_image(source.text)


def _look_again(before: Sequence[Report], platforms: tuple[str, ...], rooms: Rooms) -> dict[Reference, str]:
    """References that moved while the builder ran, each with how (design rule 9).

    The inputs of instructions that ran, or may have, are asked: a build that failed left layers as well.
    """
    verdicts = {reference: verdict for report in before for reference, verdict in _reread(report)}
    recorded = kept(verdicts)
    moved: dict[Reference, str] = {}
    for reference, observation in ask(list(recorded), recorded, rooms, platforms).items():
        verdict = judge(recorded[reference], observation)
        if verdict.change is Change.CHANGED:
            moved[reference] = f"{reference} {verdict.reason}"
    return moved


def _reread(report: Report) -> Iterator[tuple[Reference, Verdict]]:
    """The inputs of keyed instructions, but for those that were cached; of a failed build, of stale ones."""
    keyed = [item for item in report.instructions if item.key and not (item.fate and item.fate.cached)]
    ran = {item.line for item in keyed if not report.exit_code or item.state is State.STALE}
    for item in report.inputs:
        if any(place.line in ran for place in item.places):
            yield item.reference, report.verdicts[item.reference]
