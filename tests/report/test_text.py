"""What a person reads."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from freshlayer.context import Source
from freshlayer.discover.analysis import BuildRequest
from freshlayer.model.build import Built, InstructionState, InstructionVerdict, StepOutcome
from freshlayer.model.inputs import NotWatched
from freshlayer.model.reasons import Reason
from freshlayer.model.report import Past, Report
from freshlayer.report.groups import input_lines
from freshlayer.report.text import build_lines, check_lines
from freshlayer.workflows.inputs import inputs

TEXT = (
    "FROM base\nCOPY --from=example.com/tools:1 /a /a\nRUN skopeo copy docker://example.com/app:1 dir:/app\n"
)


def test_images_that_the_builder_resolves_are_told_apart_from_those_that_a_command_reads() -> None:
    source = Source(TEXT.encode(), "Dockerfile", "Dockerfile", ".", None)
    told = [line for _, line in input_lines(inputs(source, BuildRequest(("linux/amd64",))))]
    own = " (pinned in the build)"
    assert told == [
        "watched:",
        f"  Dockerfile:1: FROM reads docker-image://docker.io/library/base:latest{own}",
        f"  Dockerfile:2: COPY --from reads docker-image://example.com/tools:1{own}",
        "  Dockerfile:3: RUN (skopeo) reads docker-image://example.com/app:1",
        "Dockerfile: 1 of 1 RUN that reaches the network is covered",
    ]


def test_inputs_are_in_the_order_of_lines_each_once() -> None:
    text = (
        "FROM base AS a\nRUN luarocks install x\nRUN curl https://example.org/1 && wget https://example.org/1\n"
        "FROM base\nRUN curl https://example.org/2 && luarocks install y\n"
        "RUN curl https://example.org/1\nCOPY --from=a / /\n"
    )
    source = Source(text.encode(), "Dockerfile", "Dockerfile", ".", None)
    told = [line for _, line in input_lines(inputs(source, BuildRequest(("linux/amd64",))))]
    assert told[0] == "watched:"
    assert [line.split(":")[1] for line in told[1:6]] == ["1", "3", "4", "5", "6"]
    assert told[6].startswith("not watched: ")
    assert [line.split(":")[1] for line in told[7:9]] == ["2", "5"]
    assert told[9:] == ["Dockerfile: 2 of 4 RUNs that reach the network are covered"]


COMMIT = "0123456789abcdef0123456789abcdef01234567"
GROUPS = f"""FROM scratch
ADD --checksum=sha256:{"0" * 64} https://example.org/pinned /
RUN git clone https://example.org/x.git && git -C x checkout {COMMIT}
RUN curl https://example.org/a && luarocks install curl
# freshlayer: ignore
RUN curl https://example.org/ignored
RUN luarocks install y
RUN curl https://example.org/$V
RUN --mount=type=cache,target=/c test -f /c/a || curl -o /c/a https://example.org/kept
RUN echo nothing
"""


def test_inputs_are_grouped_by_what_is_known_of_them() -> None:
    source = Source(GROUPS.encode(), "Dockerfile", "Dockerfile", ".", None)
    told = [line for _, line in input_lines(inputs(source, BuildRequest(("linux/amd64",))))]
    heads = [line.partition(":")[0] for line in told if not line.startswith(("  ", "Dockerfile"))]
    assert heads == ["watched", "locked", *["not watched"] * 3, "warnings"]
    locked = told[told.index("locked:") + 1 :][:2]
    assert locked[0].startswith("  Dockerfile:2: ADD: https://example.org/pinned: its checksum is pinned")
    assert locked[1].endswith(f"x.git#{COMMIT} (names its own bytes)")
    packages = next(n for n, line in enumerate(told) if line.startswith("not watched: packages by name"))
    assert [line.split(":")[1] for line in told[packages + 1 : packages + 3]] == ["4", "7"]
    assert told[-1] == "Dockerfile: 3 of 6 RUNs that reach the network are covered"


def instruction(
    line: int, state: InstructionState, *, own: bool = False, sources: tuple[str, ...] = ()
) -> InstructionVerdict:
    pairs = (("https://example.org/", "etag:1"),) if own else ()
    return InstructionVerdict(
        line, line, "0", "RUN", state, Reason("never-built", detail="why"), pairs=pairs, sources=sources
    )


BY_NAME = Reason("packages-by-name")


def checked(*items: InstructionVerdict, missed: int = 0, every: bool = False) -> list[str]:
    not_watched = tuple(NotWatched(1, "RUN", f"apk add {n}", BY_NAME) for n in range(missed))
    report = Report("Dockerfile", "", "linux/amd64", (), items, not_watched)
    return [line for _, line in check_lines(report, every=every)]


STALE, FRESH, UNKNOWN = InstructionState.STALE, InstructionState.FRESH, InstructionState.UNKNOWN


@pytest.mark.parametrize(
    ("items", "lines"),
    [
        ([instruction(1, STALE, own=True), instruction(2, STALE)], ["1", "and 1 instruction after it"]),
        (
            [instruction(1, STALE, own=True), *(instruction(line, STALE) for line in range(2, 7))],
            ["1", "and 5 instructions after it"],
        ),
        (
            [instruction(1, STALE, own=True), instruction(2, STALE), instruction(3, STALE, own=True)],
            ["1", "and 1 instruction after it", "3"],
        ),
        ([instruction(1, FRESH, own=True), instruction(2, FRESH)], ["1"]),
        (
            [instruction(1, UNKNOWN, sources=("a",)), instruction(2, UNKNOWN)],
            ["1", "and 1 instruction after it"],
        ),
    ],
)
def test_what_only_follows_is_counted(items: list[InstructionVerdict], lines: list[str]) -> None:
    told = [line.strip() for line in checked(*items)[1:]]
    assert [line.split()[0].rpartition(":")[2] if ":" in line else line for line in told] == lines


def test_with_every_line_what_follows_is_listed() -> None:
    told = checked(instruction(1, STALE, own=True), instruction(2, STALE), every=True)
    assert told[1:] == ["  Dockerfile:1 RUN stale: why", "  Dockerfile:2 RUN stale: why"]


def test_the_summary_counts_what_is_not_watched() -> None:
    assert checked(instruction(1, FRESH, own=True), missed=2)[0] == (
        "Dockerfile: 0 of 1 watched instruction is stale; 2 not watched"
    )


def test_what_is_not_watched_is_listed_in_full_where_it_is_new() -> None:
    """By its digest, which another line does not change."""
    a, b = NotWatched(1, "RUN", "apk add a", BY_NAME), NotWatched(2, "RUN", "apk add b", BY_NAME)
    report = Report("Dockerfile", "", "linux/amd64", (), (instruction(1, FRESH, own=True),), (a, b))
    both = [f"  Dockerfile:{item.line} not watched: {item.text}: {item.reason}" for item in (a, b)]

    def told(known: set[str], *, every: bool = False) -> list[str]:
        past = Past(not_watched=frozenset(known))
        return [line for _, line in check_lines(replace(report, past=past), every=every) if "apk" in line]

    assert told(set()) == told({a.digest}) == both
    assert told({replace(a, line=7).digest, b.digest}) == told({a.digest, b.digest, "gone"}) == []
    assert told({a.digest, b.digest}, every=True) == both


def test_a_build_that_failed_has_one_line() -> None:
    source = Source(TEXT.encode(), "Dockerfile", "Dockerfile", ".", None)
    report = replace(inputs(source, BuildRequest(("linux/amd64",))), exit_code=7)
    assert list(build_lines(report)) == [
        ("red", "Dockerfile: the builder ended with 7; this build was not recorded")
    ]
    (line,) = build_lines(replace(report, moved=("https://example.org/a was 1, now 2",)))
    assert line[1].endswith("not recorded; changed while the builder ran: https://example.org/a was 1, now 2")


def test_instructions_of_which_nothing_is_known_are_counted() -> None:
    ran, cached = StepOutcome(cached=False, seconds=1.0, again=True), StepOutcome(cached=True)
    items = [
        replace(instruction(2, FRESH), outcome=ran),
        instruction(3, FRESH),
        replace(instruction(4, FRESH), outcome=cached),
        replace(instruction(1, FRESH), instruction="FROM"),
    ]
    report = Report("Dockerfile", "", "linux/amd64", (), tuple(items), ())
    *_, last = [line for _, line in build_lines(report)]
    assert last == "  rebuilt 1 of 2 layers in 1.0 s; 1 unknown"


def test_the_last_line_of_a_build_sums_it_up() -> None:
    host = "https://example.org/a"
    old = tuple((f"{host}/{name}", "etag:1") for name in ("data.csv", "same", "x\x1b.gz", "z"))
    new = tuple((reference, "etag:1" if reference.endswith("same") else "etag:2") for reference, _ in old)
    ran = StepOutcome(cached=False, seconds=2.1, again=True)
    item = replace(instruction(2, STALE), digest="d", pairs=new, changed=True, outcome=ran)
    cached = replace(instruction(3, FRESH), outcome=StepOutcome(cached=True, saved=220.0))
    missed = (NotWatched(3, "RUN", "apk add x", BY_NAME),)
    past = Past(built={("0", "d"): Built(old, "k")})
    report = Report("Dockerfile", "", "linux/amd64", (), (item, cached), missed, past=past)
    *_, last = [line for _, line in build_lines(report)]
    assert last.startswith("  rebuilt 1 of 2 layers (data.csv, ")
    assert last.endswith(" and 1 more changed) in 2.1 s, saved about 3 min 40 s")
    first = replace(report, past=Past(), instructions=(replace(item, outcome=replace(ran, again=False)),))
    assert [line for _, line in build_lines(first)][-1] == "  built 1 of 1 layer in 2.1 s"
    nothing = replace(report, instructions=(cached,))
    assert [line for _, line in build_lines(nothing)][-1] == "  rebuilt 0 of 1 layer, saved about 3 min 40 s"
    unknown = replace(report, instructions=(replace(cached, outcome=None),))
    assert not any(line.strip().startswith("rebuilt") for _, line in build_lines(unknown))
