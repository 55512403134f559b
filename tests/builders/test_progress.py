"""Displays of real builders, read. Each file of ``displays`` is what a builder wrote, byte for byte."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from freshlayer.builders import progress
from freshlayer.builders.base import Reader
from freshlayer.builders.command_line.build import BuildCommand
from freshlayer.builders.progress.lines import Lines
from freshlayer.builders.progress.plain import Plain
from freshlayer.model.progress_event import Counting, ProgressEvent

DISPLAYS = Path(__file__).with_name("displays")
ALL = sorted(path.name for path in DISPLAYS.iterdir())
INSTRUCTIONS = {
    *(("s1", number, 5) for number in range(1, 6)),
    *(("stage-1", 1, 1), ("stage-1", 2, 1)),
    *(("stage-2", number, 5) for number in range(2, 6)),
}


def reader_of(name: str) -> Reader:
    """Who reads the display of this name."""
    form = "rawjson" if "rawjson" in name else ""
    command = BuildCommand((), ".", progress=form)
    match name.partition("-")[0]:
        case "classic":
            reader: Reader | None = progress.classic(command)
        case "buildah" | "podman":
            reader = progress.buildah(command)
        case _:
            reader = progress.buildkit(command, {})
    assert reader is not None
    return reader


def read(name: str, *, cut: int = 0) -> tuple[ProgressEvent, ...]:
    """What a display tells, given in pieces of random lengths where ``cut`` is a seed."""
    reader, data, chance = reader_of(name), (DISPLAYS / name).read_bytes(), random.Random(cut)
    while data:
        size = chance.randrange(1, 200) if cut else len(data)
        reader.feed(data[:size], 0)
        data = data[size:]
    return reader.ended(0)


def places(told: tuple[ProgressEvent, ...]) -> set[tuple[str, int, int]]:
    return {(item.stage, item.number, item.total) for item in told}


@pytest.mark.parametrize(
    "name", ["buildkit-20.10.txt", "buildx-0.13-terminal.txt", "buildx-0.13-rawjson.txt"]
)
def test_a_cold_build_ran_everything(name: str) -> None:
    told = [item for item in read(name) if item.number > 1 or item.stage == "stage-1"]
    assert places(tuple(told)) == INSTRUCTIONS - {("s1", 1, 5)}
    assert not any(item.cached for item in told)
    slow = next(item for item in told if (item.stage, item.number) == ("s1", 5))
    assert slow.seconds is not None
    assert 1.0 <= slow.seconds < 3


@pytest.mark.parametrize("name", ["buildkit-20.10-cached.txt"])
def test_a_cached_build_ran_nothing(name: str) -> None:
    told = [item for item in read(name) if item.number > 1 or item.stage == "stage-1"]
    assert places(tuple(told)) == INSTRUCTIONS - {("s1", 1, 5)}
    assert all(item.cached and item.seconds is None for item in told)


@pytest.mark.parametrize("name", ["buildx-0.29-terminal-cached.txt", "buildx-0.29-rawjson-cached.txt"])
def test_a_trigger_is_counted_by_a_newer_builder(name: str) -> None:
    told = {(item.stage, item.number, item.total): item.cached for item in read(name)}
    assert told["stage-1", 1, 2]
    assert told["stage-1", 2, 2]
    assert sum(told.values()) == 10


def test_what_failed_is_not_told_as_done() -> None:
    assert places(read("buildkit-20.10-failed.txt")) == {("", 1, 4), ("", 2, 4)}


def test_platforms_are_told_apart() -> None:
    told = read("buildx-0.29-platforms.txt")
    assert {(item.platform, item.number) for item in told} == {
        (platform, number) for platform in ("linux/amd64", "linux/arm64") for number in range(1, 5)
    }


@pytest.mark.parametrize(
    ("name", "cached"), [("classic-20.10.txt", False), ("classic-20.10-cached.txt", True)]
)
def test_the_classic_builder_counts_all_instructions_of_the_file(name: str, *, cached: bool) -> None:
    told = {item.number: item for item in read(name)}
    assert set(told) == set(range(2, 27))
    # FROM is neither, and a stage whose base has a trigger begins with it.
    assert {number for number, item in told.items() if item.cached != cached} - {18} == (
        {2, 20} if cached else set()
    )
    assert {(item.counting, item.total) for item in told.values()} == {(Counting.FILE, 26)}


@pytest.mark.parametrize(("name", "cached"), [("buildah-1.39.txt", False), ("buildah-1.39-cached.txt", True)])
def test_buildah_builds_a_stage_while_a_copy_waits_for_it(name: str, *, cached: bool) -> None:
    told = read(name)
    assert places(told) == {
        *(("0", number, 16) for number in range(2, 17)),
        ("1", 2, 2),
        *(("2", number, 7) for number in range(2, 8)),
    }
    assert {item.cached for item in told} == {cached}
    assert {item.counting for item in told} == {Counting.STAGE}


def test_a_file_of_one_stage_names_none() -> None:
    told = read("podman-4.3-cached.txt")
    assert places(told) == {("", number, 4) for number in range(2, 5)}
    assert all(item.cached for item in told)


@pytest.mark.parametrize("name", ALL)
def test_it_does_not_matter_where_a_display_is_cut(name: str) -> None:
    assert read(name)
    assert read(name, cut=1) == read(name)


@pytest.mark.parametrize("name", ALL)
def test_no_bytes_break_a_reader(name: str) -> None:
    chance = random.Random(name)
    data = bytearray((DISPLAYS / name).read_bytes())
    for _ in range(200):
        data[chance.randrange(len(data))] = chance.randrange(256)
    reader = reader_of(name)
    reader.feed(bytes(data) + b"\x1b[" * 1000 + b"x" * 5_000_000 + b"\n", 0)
    reader.ended(0)


def test_an_instruction_that_prints_a_display_of_its_own_is_not_believed() -> None:
    reader = reader_of("classic")
    reader.feed(
        b"Step 1/3 : FROM base\n ---> 2f632df895cf\n"
        b"Step 2/3 : RUN echo\n ---> Running in 509eb62ed762\n"
        b" ---> Using cache\nStep 3/9 : RUN\nStep 9/9 : RUN\nRemoving intermediate container 509eb62ed762\n"
        b" ---> 907200482a5d\n",
        0,
    )
    assert [(item.number, item.cached) for item in reader.ended(0)] == [(1, False), (2, False)]
    reader = reader_of("buildah")
    reader.feed(
        b"STEP 1/2: FROM base\nSTEP 2/2: RUN echo\nsaid\n--> Using cache 25d76dcbbaac\n--> 25d76dcbbaa\n", 0
    )
    assert [(item.number, item.cached) for item in reader.ended(0)] == [(2, False)]


def test_the_times_of_a_text_without_any_are_those_of_the_clock() -> None:
    reader = reader_of("classic")
    reader.feed(b"Step 1/2 : FROM base\n ---> 2f632df895cf\nStep 2/2 : RUN sleep\n", 10)
    reader.feed(b" ---> Running in 509eb62ed762\n", 11)
    reader.feed(b" ---> 907200482a5d\n", 14.5)
    assert [item.seconds for item in reader.ended(20)] == [0, 4.5]


def test_quiet_builds_tell_nothing() -> None:
    quiet = BuildCommand((), ".", quiet=True)
    assert progress.buildkit(quiet, {}) is None
    assert progress.classic(quiet) is None
    assert progress.buildah(quiet) is None
    assert progress.buildkit(BuildCommand((), "."), {"BUILDKIT_PROGRESS": "quiet"}) is None
    assert progress.buildah(BuildCommand(("--jobs=2", "."), ".")) is None


def told_of(reader: Reader | None, text: str) -> list[tuple[int, bool]]:
    assert reader is not None
    reader.feed(text.encode(), 0)
    return [(item.number, item.cached) for item in reader.ended(0)]


def test_a_vertex_keeps_its_first_name_and_a_failure_ends_the_display() -> None:
    assert told_of(
        reader_of("buildkit"),
        "#5 [2/4] RUN one\n#5 [3/4] RUN other\n#5 DONE 0.1s\n"
        "#6 [3/4] RUN two\n#6 ERROR: failed\n------\n > [3/4] RUN two:\n#6 DONE 0.1s\n------\n",
    ) == [(2, False)]


def test_of_a_drawn_display_only_the_end_counts() -> None:
    begun = "[+] Building 0.1s (2/4)\n => [2/4] RUN one   0.1s\n => CACHED [3/4] RUN two   0.0s\n"
    whole = "[+] Building 0.2s (4/4) FINISHED\n => CACHED [2/4] RUN one   0.0s\n"
    assert told_of(reader_of("buildx"), begun) == []
    assert told_of(reader_of("buildx"), begun + whole) == [(2, True)]
    assert told_of(reader_of("buildx"), f"{whole} => [2/4] RUN one   0.1s\n => [3/4] RUN two   0.1s\n") == [
        (3, False)
    ]


def test_a_vertex_that_has_not_ended_or_that_failed_is_not_told() -> None:
    def vertex(number: int, **more: object) -> dict[str, object]:
        return {"digest": str(number), "name": f"[{number}/4] RUN", "started": "2026-11-24T08:21:48Z", **more}

    end = "2026-11-24T08:21:49.5Z"
    vertices = [
        vertex(1),
        vertex(2, completed=end, error="failed"),
        vertex(3, completed=end),
        vertex(4, completed=end, cached=True),
    ]
    lines = ["no JSON", "{", json.dumps({"vertexes": vertices}), '{"vertexes": [7]}', "{]}"]
    reader = reader_of("rawjson")
    assert told_of(reader, "\n".join(lines)) == [(3, False), (4, True)]
    assert [item.seconds for item in reader.ended(0)] == [1.5, None]


def test_a_copy_is_not_charged_for_the_stage_that_it_waited_for() -> None:
    reader = reader_of("buildah")
    for now, text in [
        (1, "[2/2] STEP 1/2: FROM base"),
        (2, "[2/2] STEP 2/2: COPY --from=0 / /"),
        (3, "[1/2] STEP 1/2: FROM base"),
        (4, "[1/2] STEP 2/2: RUN"),
        (14, "--> 25d76dcbbaac"),
        (16, "--> 35d76dcbbaac"),
    ]:
        reader.feed(f"{text}\n".encode(), now)
    assert [(item.stage, item.number, item.seconds) for item in reader.ended(20)] == [
        ("0", 2, 10),
        ("1", 2, 2),
    ]


class Longest:
    """Keeps the length of the longest line."""

    def __init__(self) -> None:
        self.length = 0

    def line(self, text: str, now: float) -> None:  # noqa: ARG002
        self.length = max(self.length, len(text))

    def ended(self, now: float) -> tuple[ProgressEvent, ...]:  # noqa: ARG002
        return ()


def test_no_more_than_the_start_of_a_line_is_kept() -> None:
    longest = Longest()
    lines = Lines(longest, 1, longest=1000)
    for _ in range(100):
        lines.feed(b"x" * 999, 0)
    lines.feed(b"\nshort\n" + b"x" * 500, 0)
    assert longest.length == 1000
    lines.ended(0)
    assert longest.length == 1000


def test_numbers_of_one_digit_are_padded_where_there_are_ten_instructions() -> None:
    told = read("buildkit-20.10-padded.txt")
    assert places(told) >= {("long", number, 12) for number in range(2, 13)}


ADDS = sorted(name for name in ALL if "-add" in name)


@pytest.mark.parametrize("name", ADDS)
def test_an_add_of_urls_is_one_instruction(name: str) -> None:
    """Newer builders show a vertex for each URL and one for the copy, all by one name."""
    told = [item for item in read(name) if item.number > 1]
    cached = "cached" in name
    assert sorted((item.stage, item.number, item.total) for item in told) == [
        *(("s1", number, 3) for number in (2, 3)),
        *(("stage-1", number, 6) for number in range(2, 7)),
    ]
    # WORKDIR runs nothing, so that BuildKit of Docker 26 takes it from the cache in spite of --no-cache.
    assert {item.cached for item in told if (item.stage, item.number) != ("stage-1", 2)} == {cached}


def test_the_vertices_of_an_add_that_ran_are_counted_together() -> None:
    (add,) = [item for item in read("buildx-0.13-add-rawjson.txt") if (item.stage, item.number) == ("s1", 2)]
    assert add.seconds is not None
    assert add.seconds > 0


def test_a_command_with_a_fraction_and_a_bracket_is_no_label() -> None:
    lines = Lines(Plain(), 2)
    lines.feed(b"#5 [2/3] RUN echo 3/4]\n#5 DONE 0.5s\n#6 [s1 3/3] COPY a b\n#6 CACHED\n", 0)
    found = [(it.stage, it.number, it.total, it.instruction, it.cached, it.seconds) for it in lines.ended(0)]
    assert found == [("", 2, 3, "RUN", False, 0.5), ("s1", 3, 3, "COPY", True, None)]
