"""Which stages a build of a target runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from freshlayer.dockerfile.model import Dockerfile, Stage
from freshlayer.errors import DockerfileError

Expand = Callable[[Stage], str]
"""The base of a stage, expanded."""


def reachable(dockerfile: Dockerfile, target: str, base: Expand, *, every_earlier: bool) -> tuple[Stage, ...]:
    """The stages that are built for a target (empty: the last stage), in the order of the file.

    The classic builder also builds every stage that is before the target (measured), hence
    ``every_earlier``. Raises DockerfileError where no stage has the target's name.
    """
    last = dockerfile.stage_named(target) if target else dockerfile.stages[-1]
    if last is None:
        raise DockerfileError(f"there is no stage {target!r}, which --target names")
    if every_earlier or not last.number:
        return dockerfile.stages[: last.number + 1]
    wanted, waiting = {last.number}, [last]
    while waiting:
        for stage in _needed(dockerfile, waiting.pop(), base):
            if stage.number not in wanted:
                wanted.add(stage.number)
                waiting.append(stage)
    return tuple(stage for stage in dockerfile.stages if stage.number in wanted)


def _needed(dockerfile: Dockerfile, stage: Stage, base: Expand) -> Iterator[Stage]:
    parent = parent_stage(dockerfile, stage, base)
    if parent:
        yield parent
    for name in sources(stage):
        source = dockerfile.stage_named(name)
        if source and source.number < stage.number:
            yield source


def parent_stage(dockerfile: Dockerfile, stage: Stage, base: Expand) -> Stage | None:
    """The earlier stage that a FROM continues; None where it starts from an image."""
    # In most files no stage has a name.
    name = base(stage) if dockerfile.named else ""
    return dockerfile.stage_before(stage.number, name) if name else None


def sources(stage: Stage) -> Iterator[str]:
    """What COPY --from and RUN --mount=from of a stage name: stages, numbers or images, as written."""
    for instruction in stage.instructions:
        if instruction.flags:
            yield from sources_of(instruction.name, instruction.flags)


def sources_of(name: str, flags: tuple[str, ...]) -> Iterator[str]:
    """The same for one instruction."""
    for flag in flags:
        key, _, value = flag.partition("=")
        if name in {"COPY", "ADD"} and key == "--from":
            yield value
        elif name == "RUN" and key == "--mount":
            fields = dict(item.partition("=")[::2] for item in value.split(","))
            if fields.get("from"):
                yield fields["from"]
