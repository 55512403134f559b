"""What a builder reported, matched to the instructions of the Dockerfile by stage and number. Pure.

Where the numbers do not fit, nothing is claimed: a base image's triggers, a name that two stages have.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from freshlayer.dockerfile.model import Dockerfile, Instruction, Stage
from freshlayer.model.build import InstructionVerdict
from freshlayer.model.progress_event import Counting, ProgressEvent

COUNTED = frozenset({"RUN", "COPY", "ADD", "WORKDIR"})
"""The instructions that every builder does something for; the others only describe the image."""

Slots = Mapping[int, Instruction]
"""Number in a display → the instruction."""


def match_progress(
    happened: Iterable[ProgressEvent], dockerfile: Dockerfile, built: Collection[int], keyed: Collection[int]
) -> dict[int, ProgressEvent]:
    """Line of an instruction → what became of it; over several platforms it ran if it ran for any.

    ``built``: the first lines of the instructions that were to be built; ``keyed``: those above which an ARG
    may stand in the derived Dockerfile.
    """
    stages = tuple(stage for stage in dockerfile.stages if stage.start.line in built)
    groups: dict[tuple[Counting, str, str], list[ProgressEvent]] = defaultdict(list)
    for item in happened:
        groups[item.counting, item.stage, item.platform].append(item)
    found: dict[int, ProgressEvent] = {}
    for (counting, stage, _), items in groups.items():
        for line, item in _fitting(items, _slots(dockerfile, stages, counting, stage, items, keyed)):
            found[line] = _together(found.get(line), item)
    return found


def of_target(happened: Iterable[ProgressEvent], name: str, *, alone: bool) -> tuple[ProgressEvent, ...]:
    """The events of one target, whose display begins with its name; where it is ``alone`` it may not.

    A plain build has no name. What targets share is shown once, by the name of any of them.
    """
    if not name:
        return tuple(happened)
    found: list[ProgressEvent] = []
    for item in happened:
        first, _, rest = item.stage.partition(" ")
        if first == name:
            found.append(replace(item, stage=rest))
        elif alone:
            found.append(item)
    return tuple(_without_shared_images(found))


def _without_shared_images(items: list[ProgressEvent]) -> Iterator[ProgressEvent]:
    """An image that targets start from is shown once, with the name of one and the numbers of another."""
    totals: dict[tuple[str, str], set[int]] = defaultdict(set)
    for item in items:
        if item.number > 1:
            totals[item.stage, item.platform].add(item.total)
    for item in items:
        others = totals[item.stage, item.platform]
        if item.number > 1 or not others or item.total in others:
            yield item


def is_whole(instructions: Iterable[InstructionVerdict]) -> bool:
    """Whether the outcome is known of each: without, a reason may be the wrong one.

    Of several targets, what they share is reported for one.
    """
    return all(item.outcome is not None for item in instructions if item.instruction in COUNTED)


def _fitting(items: list[ProgressEvent], slots: Slots) -> Iterator[tuple[int, ProgressEvent]]:
    """Nothing of a stage where one of its numbers is out of place; nothing of a number that comes twice."""
    numbers = Counter(item.number for item in items)
    totals = {item.total for item in items}
    if len(totals) > 1 or max(numbers) > max(totals):
        return
    for item in items:
        instruction = slots.get(item.number)
        if instruction is not None and instruction.name in COUNTED and numbers[item.number] == 1:
            yield instruction.line, item


def _together(one: ProgressEvent | None, other: ProgressEvent) -> ProgressEvent:
    if one is None:
        return other
    return one if other.cached or (one.seconds or 0) > (other.seconds or 0) else other


def _slots(
    dockerfile: Dockerfile,
    stages: tuple[Stage, ...],
    counting: Counting,
    name: str,
    items: Sequence[ProgressEvent],
    keyed: Collection[int],
) -> Slots:
    """What the numbers of a stage stand for; nothing where the total is not as many as there are."""
    total = items[0].total
    if counting is Counting.FILE:
        every = [*dockerfile.arguments, *(i for stage in stages for i in _whole(stage))]
        return _numbered(every, total, keyed)
    stage = _named(dockerfile, stages, counting, name)
    if stage is None:
        return {}
    if counting is Counting.STAGE:
        return _numbered(_whole(stage), total, keyed)
    return _vertices(stage, total, _first(items) if _is_image(dockerfile, stage) else 0)


def _whole(stage: Stage) -> list[Instruction]:
    return [stage.start, *stage.instructions]


def _numbered(instructions: list[Instruction], total: int, keyed: Collection[int]) -> Slots:
    """Every instruction has a number, and so has each ARG that was inserted above one, if any was."""
    ours = len([instruction for instruction in instructions if instruction.line in keyed])
    if total not in {len(instructions), len(instructions) + ours}:
        return {}
    inserted = total > len(instructions)
    slots: dict[int, Instruction] = {}
    number = 0
    for instruction in instructions:
        number += 2 if inserted and instruction.line in keyed else 1
        slots[number] = instruction
    return slots


def _is_image(dockerfile: Dockerfile, stage: Stage) -> bool:
    """Whether its FROM certainly does not continue a stage."""
    return "$" not in stage.base and dockerfile.stage_named(stage.base) is None


def _first(items: Iterable[ProgressEvent]) -> int:
    """The number of the first instruction behind FROM; 0 where that is not known."""
    return 1 if any(item.number == 1 and item.instruction in COUNTED for item in items) else 0


def _vertices(stage: Stage, total: int, first: int) -> Slots:
    """BuildKit's rule: RUN, COPY, ADD and WORKDIR count, and so does a FROM that names an image.

    A FROM that continues a stage, or ``scratch``, does not (``dockerfile2llb/convert.go``), so that the total
    shows which it is. A trigger of the stage that is continued takes its place since BuildKit 0.12. A build
    context in place of an image is in the total, and has no number. ``first``: as of ``_first``.
    """
    counted = [instruction for instruction in stage.instructions if instruction.name in COUNTED]
    offset = total - len(counted)
    return dict(enumerate(counted, first or 1 + offset)) if offset in {0, 1} else {}


def _named(dockerfile: Dockerfile, stages: tuple[Stage, ...], counting: Counting, name: str) -> Stage | None:
    """The one stage that a display means by a name; None where it may be another."""
    if not name:
        return stages[0] if len(dockerfile.stages) == 1 and stages else None
    if counting is Counting.STAGE:
        found = [stage for stage in stages if str(stage.number) == name]
    else:
        found = [s for s in dockerfile.stages if name.lower() == (s.name or f"stage-{s.number}")]
    return found[0] if len(found) == 1 else None
