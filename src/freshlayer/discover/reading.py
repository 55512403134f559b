"""Dockerfile text + a request → the instructions that would run and what they read. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from freshlayer.discover.analysis import Analysis, BuildRequest, Learned
from freshlayer.discover.directives import MARK, Directives, read_directives
from freshlayer.discover.discovery import Conditions, Discovery
from freshlayer.discover.files.trees import ContextTree
from freshlayer.discover.image_uses import ImageUses, frontend_use
from freshlayer.discover.instructions import discover
from freshlayer.discover.package_chains import Packages, package_chains
from freshlayer.discover.stage_bases import StageBases, all_wanted
from freshlayer.dockerfile.model import Dockerfile, Instruction, Stage
from freshlayer.dockerfile.parse import parse
from freshlayer.dockerfile.reach import parent_stage, reachable
from freshlayer.dockerfile.scope import Environment
from freshlayer.dockerfile.scope import environments as environments_of
from freshlayer.model.base_image import Bases
from freshlayer.model.context_files import ReadContext
from freshlayer.model.downloaded_scripts import ScriptTexts
from freshlayer.model.inputs import SYNTAX, NotWatched, Place, RemoteInput
from freshlayer.model.packages import PackageChain, PackageCommand
from freshlayer.model.reasons import Reason
from freshlayer.reference import Reference

_CONTEXT_NOT_READ = Reason("script-not-in-context", detail="freshlayer does not read this build context")
_IGNORED = Reason("ignored-by-comment")
_IMMUTABLE = Reason("immutable-by-comment")


def analyse(
    text: str,
    request: BuildRequest,
    read: ReadContext | None = None,
    scripts: ScriptTexts | None = None,
    bases: Bases | None = None,
) -> Analysis:
    """Read a Dockerfile, and the scripts of the build context that it executes.

    ``read`` is called for each file of the context where the analysis depends on it: once, and without it
    nothing is known of the context. ``scripts``: what is known of those that it downloads; ``bases``: of the
    images that it starts from. Raises DockerfileError for what the builder would refuse to parse, for a
    target that does not exist, and for a ``# freshlayer:`` comment that is not a directive; and what ``read``
    raises.
    """
    dockerfile = parse(text)
    directives = _directives(text, dockerfile) if MARK in text else {}
    learned = Learned(scripts or {}, bases or {})
    context = ContextTree(read, _CONTEXT_NOT_READ)
    first, *others = [
        _read_for(dockerfile, request, platform, directives, context, learned)
        for platform in request.platforms
    ]
    found = _with_frontend(_together(first, others) if others else first, text, request)
    if not directives:
        return found
    return replace(found, discovery=_honouring(found, directives))


def _directives(text: str, dockerfile: Dockerfile) -> dict[int, Directives]:
    every = (*dockerfile.arguments, *_instructions(dockerfile))
    return read_directives(text, [(i.line, i.end_line, i.name) for i in every])


def _instructions(dockerfile: Dockerfile) -> list[Instruction]:
    return [i for stage in dockerfile.stages for i in (stage.start, *stage.instructions)]


def _together(first: Analysis, others: Sequence[Analysis]) -> Analysis:
    """The analyses for several platforms as one."""
    chains = [chain for analysis in (first, *others) for chain in analysis.package_chains]
    chains = [chain for place, chain in enumerate(chains) if chain not in chains[:place]]
    return replace(
        first,
        discovery=_union([first.discovery, *(other.discovery for other in others)]),
        package_chains=tuple(chains),
        image_uses=tuple(dict.fromkeys(use for it in (first, *others) for use in it.image_uses)),
        names_of_base=first.names_of_base.union(*(it.names_of_base for it in others)),
    )


def _read_for(
    dockerfile: Dockerfile,
    request: BuildRequest,
    platform: str,
    directives: Mapping[int, Directives],
    context: ContextTree,
    learned: Learned,
) -> Analysis:
    images = StageBases(learned.bases, platform, request.contexts, dockerfile.escape)
    environments = _environments(dockerfile, request, platform, images)
    names = {it.number: images.name(it, environments[it.start.number]) for it in dockerfile.stages}

    def base(stage: Stage) -> str:
        return names[stage.number]

    stages = reachable(dockerfile, request.target, base, every_earlier=request.every_earlier)
    stages = dockerfile.stages if request.all_stages else stages
    parents = {stage.number: parent_stage(dockerfile, stage, base) for stage in stages}
    conditions = Conditions(
        platform,
        loopback=request.network in {None, "host"},
        watched={line: item.watch for line, item in directives.items() if item.watch},
        contexts=request.contexts,
        scripts=learned.scripts,
    )
    discovery = discover(dockerfile, stages, environments, conditions, context, images)
    chains: tuple[PackageChain, ...] = ()
    if discovery.packages:
        outer = {it.number: environments[it.start.number] for it in stages}
        image = {it.number: images.key(it, outer[it.number]) for it in stages}
        triggers = {it.number: images.triggers(it, parents[it.number], outer[it.number]) for it in stages}
        chains = package_chains(stages, parents, discovery.packages, image, triggers)
        for chain in chains:
            images.want(chain.base, packages=True)
        discovery = replace(discovery, bases=images.wanted)
    uses = ImageUses(dockerfile, environments, images, platform).of(stages, parents)
    unset = frozenset(next(iter(environments.values())).work.not_here)
    return Analysis(dockerfile, stages, parents, discovery, directives, chains, tuple(uses), unset)


def _with_frontend(found: Analysis, text: str, request: BuildRequest) -> Analysis:
    """With the image of ``# syntax=`` as an input, which no instruction reads."""
    platform = request.host or request.platforms[0]
    use = frontend_use(text, request.builder, request.build_args, platform)
    if use is None:
        return found
    frontend = RemoteInput(use.reference, (Place(use.line, SYNTAX, "", SYNTAX),))
    others = [item for item in found.discovery.inputs if item.reference != use.reference]
    same = [p for item in found.discovery.inputs if item.reference == use.reference for p in item.places]
    inputs = (replace(frontend, places=(*frontend.places, *same)), *others)
    discovery = replace(found.discovery, inputs=inputs)
    return replace(found, discovery=discovery, image_uses=(use, *found.image_uses))


def _environments(
    dockerfile: Dockerfile, request: BuildRequest, platform: str, images: StageBases
) -> dict[int, Environment]:
    return environments_of(
        dockerfile,
        {**request.proxies, **request.build_args},
        platform,
        host=request.host,
        classic=request.every_earlier,
        inherits=request.inherits,
        config=images.config,
    )


def _union(found: list[Discovery]) -> Discovery:
    """One Dockerfile for several platforms has keys over the union of their inputs (rule 3)."""
    by_instruction: dict[int, dict[Reference, None]] = {}
    merged: dict[Reference, dict[Place, None]] = {}
    for discovery in found:
        for number, references in discovery.by_instruction.items():
            by_instruction.setdefault(number, {}).update(dict.fromkeys(references))
        for item in discovery.inputs:
            merged.setdefault(item.reference, {}).update(dict.fromkeys(item.places))
    return Discovery(
        {number: tuple(references) for number, references in by_instruction.items()},
        tuple(RemoteInput(reference, tuple(places)) for reference, places in merged.items()),
        tuple(dict.fromkeys(item for discovery in found for item in discovery.not_watched)),
        tuple(dict.fromkeys(item for discovery in found for item in discovery.scripts)),
        packages=_commands(discovery.packages for discovery in found),
        bases=all_wanted(item for discovery in found for item in discovery.bases),
        unlocked=tuple(dict.fromkeys(item for discovery in found for item in discovery.unlocked)),
    )


def _commands(found: Iterable[Packages]) -> dict[int, tuple[PackageCommand, ...]]:
    """The commands of an instruction on every platform."""
    merged: dict[int, list[PackageCommand]] = {}
    for packages in found:
        for number, commands in packages.items():
            kept = merged.setdefault(number, [])
            kept += [command for command in commands if command not in kept]
    return {number: tuple(commands) for number, commands in merged.items()}


def _honouring(found: Analysis, directives: Mapping[int, Directives]) -> Discovery:
    """Move what a comment excludes to the list of what is not watched."""
    discovery = found.discovery
    silenced = {line: _IGNORED for line, item in directives.items() if item.ignore}
    silenced |= {line: _IMMUTABLE for line, item in directives.items() if item.immutable}
    if not silenced:
        return discovery
    inputs: list[RemoteInput] = []
    excluded: list[NotWatched] = []
    for item in discovery.inputs:
        hidden = [place for place in item.places if place.line in silenced]
        if not hidden:
            inputs.append(item)
            continue
        if len(hidden) < len(item.places):
            places = tuple([place for place in item.places if place.line not in silenced])
            inputs.append(RemoteInput(item.reference, places))
        for place in hidden:
            reason, text = silenced[place.line], str(item.reference)
            line, name = place.line, place.instruction
            excluded.append(NotWatched(line, name, text, reason, accepted=True, script=place.script))
    lines = {instruction.number: instruction.line for instruction in _instructions(found.dockerfile)}
    # Triggers are on the line of their FROM, and in no stage of the file.
    lines |= {run.number: run.line for chain in found.package_chains for run in chain.runs}
    kept = {n: read for n, read in discovery.by_instruction.items() if lines[n] not in silenced}
    others = tuple(item for item in discovery.not_watched if item.line not in silenced)
    scripts = tuple(set(discovery.scripts) & {item.reference for item in inputs})
    return replace(
        discovery,
        by_instruction=kept,
        inputs=tuple(inputs),
        not_watched=(*others, *excluded),
        scripts=tuple(sorted(scripts)),
        packages={n: commands for n, commands in discovery.packages.items() if lines[n] not in silenced},
    )
