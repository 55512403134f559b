"""What a builder said finds its instruction, or none."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from freshlayer.decisions.match_progress import is_whole, match_progress, of_target
from freshlayer.dockerfile.parse import parse
from freshlayer.model.build import InstructionState, InstructionVerdict, StepOutcome
from freshlayer.model.progress_event import Counting, ProgressEvent
from freshlayer.model.reasons import Reason

THREE_STAGES = """\
ARG GLOBAL
FROM base AS s1
ARG A
RUN one
LABEL a=b
COPY a b
FROM s1
WORKDIR /
RUN two
FROM scratch
COPY --from=s1 /a /a
ENV a=b
"""


def told(
    counting: Counting, stage: str, numbers: range, total: int, platform: str = ""
) -> list[ProgressEvent]:
    return [
        ProgressEvent(counting, stage, n, total, platform, cached=False, seconds=float(n)) for n in numbers
    ]


def vertices(
    stage: str, total: int, *, numbers: range | None = None, platform: str = ""
) -> list[ProgressEvent]:
    return told(Counting.VERTICES, stage, numbers or range(1, total + 1), total, platform)


def lines(text: str, happened: list[ProgressEvent], *, keyed: tuple[int, ...] = ()) -> dict[int, int]:
    """Line → number in the display."""
    dockerfile = parse(text)
    built = [i.line for stage in dockerfile.stages for i in (stage.start, *stage.instructions)]
    return {line: item.number for line, item in match_progress(happened, dockerfile, built, keyed).items()}


def test_vertices_are_run_copy_add_workdir_and_an_image() -> None:
    assert lines(THREE_STAGES, vertices("s1", 3)) == {4: 2, 6: 3}
    assert lines(THREE_STAGES, vertices("stage-1", 2)) == {8: 1, 9: 2}
    assert lines(THREE_STAGES, vertices("stage-2", 1)) == {11: 1}


def test_a_build_context_in_place_of_an_image_is_counted_and_has_no_number() -> None:
    """BuildKit of Docker 28: ``FROM base`` with ``--build-context base=…`` shows ``[s1 1/3] RUN one``."""
    events = vertices("s1", 3, numbers=range(1, 3))
    named = [replace(it, instruction=name) for it, name in zip(events, ("RUN", "COPY"), strict=True)]
    assert lines(THREE_STAGES, named) == {4: 1, 6: 2}
    assert lines(THREE_STAGES, vertices("s1", 3, numbers=range(1, 3))) == {4: 2}
    # The trigger of a stage that is continued has the number of its FROM.
    triggered = [replace(it, instruction="RUN") for it in vertices("stage-1", 3)]
    assert lines(THREE_STAGES, triggered) == {8: 2, 9: 3}


def test_the_classic_builder_counts_the_whole_file_and_our_own_lines() -> None:
    plain = {4: 4, 6: 6, 8: 8, 9: 9, 11: 11}
    assert lines(THREE_STAGES, told(Counting.FILE, "", range(1, 13), 12)) == plain
    assert lines(THREE_STAGES, told(Counting.FILE, "", range(1, 13), 12), keyed=(4, 9)) == plain
    keyed = {4: 5, 6: 7, 8: 9, 9: 11, 11: 13}
    assert lines(THREE_STAGES, told(Counting.FILE, "", range(1, 15), 14), keyed=(4, 9)) == keyed


def test_buildah_counts_each_stage_and_our_own_lines() -> None:
    assert lines(THREE_STAGES, told(Counting.STAGE, "0", range(1, 6), 5)) == {4: 3, 6: 5}
    assert lines(THREE_STAGES, told(Counting.STAGE, "0", range(1, 7), 6), keyed=(4, 9)) == {4: 4, 6: 6}
    assert lines(THREE_STAGES, told(Counting.STAGE, "1", range(1, 5), 4), keyed=(4, 9)) == {8: 2, 9: 4}


@pytest.mark.parametrize(
    "happened",
    [
        vertices("s1", 4),
        vertices("s1", 2, numbers=range(1, 5)),
        vertices("s1", 1),
        vertices("s2", 3),
        vertices("stage-0", 3),
        vertices("", 3),
        [*vertices("s1", 3), *vertices("s1", 3)],
        [*vertices("s1", 3, numbers=range(1, 2)), *vertices("s1", 2, numbers=range(2, 3))],
        told(Counting.FILE, "", range(1, 12), 11),
        told(Counting.STAGE, "0", range(1, 7), 6),
        told(Counting.STAGE, "7", range(1, 6), 5),
    ],
    ids=str,
)
def test_numbers_that_do_not_fit_are_not_believed(happened: list[ProgressEvent]) -> None:
    assert lines(THREE_STAGES, happened) == {}


def test_a_trigger_that_is_not_in_the_total_spoils_its_stage() -> None:
    """20.10 shows the trigger of the stage that is continued as 1/2, and the last instruction as 3/2."""
    assert lines(THREE_STAGES, vertices("stage-1", 2, numbers=range(1, 4))) == {}


def test_a_trigger_that_is_in_the_total_takes_the_place_of_the_image() -> None:
    assert lines(THREE_STAGES, vertices("stage-1", 3)) == {8: 2, 9: 3}


def test_a_name_that_two_stages_have_means_neither() -> None:
    text = "FROM base AS stage-1\nRUN one\nFROM base\nRUN two\n"
    assert lines(text, vertices("stage-1", 2)) == {}


def test_a_single_stage_is_known_without_its_name() -> None:
    text = "FROM base AS s\nRUN <<E\nRUN no\nE\nRUN one\n"
    assert lines(text, vertices("", 3)) == {2: 2, 5: 3}
    assert lines(text, vertices("S", 3)) == {2: 2, 5: 3}


def test_over_several_platforms_what_ran_for_any_ran() -> None:
    dockerfile = parse("FROM base\nRUN one\n")

    def one(platform: str, seconds: float | None) -> ProgressEvent:
        return ProgressEvent(Counting.VERTICES, "", 2, 2, platform, cached=seconds is None, seconds=seconds)

    cached, short, long = one("linux/arm64", None), one("linux/amd64", 1.0), one("linux/386", 2.0)
    for order in ([cached, short, long], [long, short, cached], [short, cached, long]):
        assert match_progress(order, dockerfile, [1, 2], []) == {2: long}
    assert match_progress([cached, one("linux/386", None)], dockerfile, [1, 2], [])[2].cached


def test_of_several_targets_each_is_told_what_bears_its_name() -> None:
    happened = [*vertices("web stage-0", 2), *vertices("worker", 3), *vertices("workers last", 1)]
    assert of_target(happened, "web", alone=False) == tuple(vertices("stage-0", 2))
    assert of_target(happened, "worker", alone=False) == tuple(vertices("", 3))
    assert of_target(happened, "work", alone=False) == ()


def test_an_image_that_targets_share_spoils_neither() -> None:
    foreign = vertices("web last", 2, numbers=range(1, 2))
    own = vertices("web last", 3, numbers=range(2, 4))
    assert of_target([*foreign, *own], "web", alone=False) == tuple(vertices("last", 3, numbers=range(2, 4)))
    assert of_target(vertices("web last", 1), "web", alone=False) == tuple(vertices("last", 1))


def test_a_target_alone_needs_no_name() -> None:
    assert of_target(vertices("last", 2), "web", alone=True) == tuple(vertices("last", 2))
    assert of_target(vertices("web last", 2), "web", alone=True) == tuple(vertices("last", 2))


def test_a_target_of_which_only_a_part_is_told_is_not_whole() -> None:
    def run(line: int, outcome: StepOutcome | None, name: str = "RUN") -> InstructionVerdict:
        return InstructionVerdict(
            line, line, "0", name, InstructionState.FRESH, Reason("unchanged"), outcome=outcome
        )

    told = run(2, StepOutcome(cached=True))
    assert is_whole([run(1, None, "FROM"), told, run(3, None, "ENV")])
    assert not is_whole([told, run(3, None)])


def test_a_number_that_comes_twice_is_unknown_and_the_rest_of_its_stage_is_not() -> None:
    twice = [*vertices("s1", 3), *vertices("s1", 3, numbers=range(2, 3))]
    assert lines(THREE_STAGES, twice) == {6: 3}
