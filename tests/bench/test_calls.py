"""What an input costs is the same however many there are, and no more than it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import calls, many
from freshlayer.context.script_files import ContextFiles

MOST = {("inputs", 1): 105, ("inputs", 2): 26, ("check", 1): 232, ("check", 2): 157}
"""Command, and which run of it → calls of functions for each RUN that downloads."""


MOST_A_FILE = 850
"""Calls of functions for each of the hard examples, which are one RUN mostly."""


@pytest.mark.parametrize("runs", [1, 2])
@pytest.mark.parametrize(("command", "words"), [("inputs", ("inputs",)), ("check", ("--offline", "check"))])
def test_an_input_costs_the_same_among_many(
    tmp_path: Path, command: str, words: tuple[str, ...], runs: int
) -> None:
    few, many = calls.each(tmp_path, (50, 250), *words, times=runs)
    assert many < 1.1 * few
    assert many < MOST[command, runs]


def test_a_dockerfile_costs_no_more_than_it_did(tmp_path: Path) -> None:
    read = ContextFiles(tmp_path, None).read
    texts = [path.read_text() for path in sorted(many.HARD_EXAMPLES.glob("*.Dockerfile"))]
    assert sum(calls.of_reading(text, read).total() for text in texts) < MOST_A_FILE * len(texts)


def test_scripts_that_execute_scripts_have_the_dockerfile_followed_once(tmp_path: Path) -> None:
    """What is before a script is not followed again where one of the build context is read."""
    last = 5
    for number in range(last):
        (tmp_path / f"{number}.sh").write_text(f"sh /x/{number + 1}.sh\n")
    (tmp_path / f"{last}.sh").write_text("curl -O https://example.org/last\n")
    runs = "".join(f"RUN wget https://example.org/{number} && true\n" for number in range(40))
    start = f"FROM scratch\nCOPY . /x\n{runs}"
    read = ContextFiles(tmp_path, None).read
    one, all_of_them = (calls.of_reading(f"{start}RUN sh /x/{n}.sh\n", read).total() for n in (last, 0))
    assert all_of_them < 1.3 * one
