"""Random scripts: every URL that a shell requests is found or reported, and no other is found."""

from __future__ import annotations

import shutil

import pytest

from testing.random_scripts.compare import Case, Difference, cases, differences, failures, minimised
from testing.random_scripts.shells import SHELLS, run
from testing.random_scripts.tree import node, smaller, text_of

HERE = [name for name, (program, *_) in SHELLS.items() if shutil.which(program)]
SEEDS, COUNT = range(20_000, 22_000, 250), 250
"""In parts, which workers share."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not HERE or not shutil.which("dash"), reason="there is no shell (apt-get install dash busybox)"
    ),
]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_shells_request_is_what_is_found(seed: int) -> None:
    found = list(failures(cases(seed, COUNT, HERE)))
    assert [str(failure) for failure in found] == []


@pytest.mark.parametrize("shell", HERE)
def test_the_stubs_note_what_they_are_given(shell: str) -> None:
    script = (
        "curl -O 'a b' \"\"; echo x y | xargs -n1 wget; sh -c 'wget $0' z; wget -i - <<EOF\nu\nEOF\nexit 3"
    )
    other = "wget after"
    assert run([script, other], shell, {}) == [
        [["curl", "-O", "a b", ""], ["wget", "x"], ["wget", "y"], ["wget", "z"], ["wget", "-i", "-", "u"]],
        [["wget", "after"]],
    ]


def test_the_same_seed_is_the_same_script() -> None:
    assert [Case.of(seed, "bash") for seed in range(9)] == [Case.of(seed, "bash") for seed in range(9)]


def test_a_url_that_is_found_and_not_requested_is_a_difference() -> None:
    """Whether the image has a file is not known here."""
    script = (node("[ -e /no/such ] || exit"), node("wget http://h/n1/a"))
    assert differences("dash", [script]) == [Difference(frozenset(), frozenset({"http://h/n1/a"}))]


def test_a_failure_is_made_small() -> None:
    inner = (node("x=1"), node("[ -e /no/such ] || exit"), node("wget http://h/n1/a"))
    script = (node("y=2"), node("if true; then\n", inner, "\nfi"), node("wget http://h/n2/b"))
    (difference,) = differences("dash", [script])
    small = minimised(Case(1, "dash", script), difference)
    assert text_of(small.case.script) in {
        "[ -e /no/such ] || exit\nwget http://h/n1/a",
        "[ -e /no/such ] || exit\nwget http://h/n2/b",
    }


def test_each_smaller_script_has_less_in_it() -> None:
    block = (node("a"), node("if b; then\n", (node("c"), node("d")), "\nfi"))
    assert {text_of(less) for less in smaller(block)} == {
        "if b; then\nc\nd\nfi",
        "a",
        "a\nc\nd",
        "a\nif b; then\nd\nfi",
        "a\nif b; then\nc\nfi",
    }
