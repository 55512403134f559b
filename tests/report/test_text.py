"""The lines that a user reads after a build."""

from __future__ import annotations

import pytest

from freshlayer.model import Fate, InstructionVerdict, Report, State
from freshlayer.report import build_lines, of_check
from freshlayer.report.text import duration


def run(line: int, fate: Fate | None, *, changed: bool = False) -> InstructionVerdict:
    return InstructionVerdict(line, line, "0", "RUN", State.FRESH, "reason", changed=changed, fate=fate)


def report(*instructions: InstructionVerdict) -> Report:
    return Report("Dockerfile", "", "linux/amd64", (), instructions, (), builder="buildkit", exit_code=0)


def told(*instructions: InstructionVerdict) -> list[str]:
    """The lines behind the first, without their styles."""
    return [text for _, text in build_lines(report(*instructions), recorded=True)][1:]


RAN = Fate(cached=False, seconds=5.6, because="what it copies has changed")
FIRST = Fate(cached=False, seconds=2.0, because="it was never built here", again=False)
CACHED = Fate(cached=True, saved=110.0)


def test_the_sum_of_what_ran_and_of_what_was_saved() -> None:
    assert told(run(1, RAN), run(2, RAN), run(3, CACHED), run(4, CACHED)) == [
        "  Dockerfile:1 RUN ran again (5.6 s): what it copies has changed",
        "  Dockerfile:2 RUN ran again (5.6 s): what it copies has changed",
        "  2 of 4 instructions ran again (11.2 s); 2 cached, about 3 min 40 s saved",
    ]


def test_a_first_build_runs_nothing_again() -> None:
    assert told(run(1, FIRST)) == ["  1 of 1 instruction ran (2.0 s); 0 cached"]


def test_what_is_not_known_is_not_told() -> None:
    assert told(run(1, None)) == []
    assert told(run(1, Fate(cached=False))) == ["  1 of 1 instruction ran again; 0 cached"]


def test_what_other_lines_tell_already_is_left_out() -> None:
    follows = Fate(cached=False, seconds=1.0, because="line 1 before it ran", follows=True)
    own = Fate(cached=False, seconds=1.0, because="its own input: …")
    assert told(run(1, own, changed=True), run(2, follows)) == [
        "  2 of 2 instructions ran again (2.0 s); 0 cached"
    ]


@pytest.mark.parametrize(
    ("fate", "said"),
    [
        (Fate(cached=True, because="odd", expected=False), "was cached: odd"),
        (Fate(cached=False, seconds=1.0, because="odd", expected=False), "ran again (1.0 s): odd"),
    ],
)
def test_what_should_not_happen_is_told_in_red(fate: Fate, said: str) -> None:
    lines = list(build_lines(report(run(7, fate)), recorded=True))
    assert lines[1] == ("red", f"  Dockerfile:7 RUN {said}")


def test_a_document_holds_only_what_is_known() -> None:
    instructions = of_check(report(run(1, None), run(2, CACHED), run(3, RAN)))["instructions"]
    known = [
        {key: item[key] for key in ("cached", "seconds", "saved", "because") if key in item}
        for item in instructions
    ]
    assert known == [
        {},
        {"cached": True, "saved": 110.0},
        {"cached": False, "seconds": 5.6, "because": "what it copies has changed"},
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (11.24, "11.2 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 0 s"),
        (220, "3 min 40 s"),
        (3599.7, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_how_a_duration_is_written(seconds: float, text: str) -> None:
    assert duration(seconds) == text
