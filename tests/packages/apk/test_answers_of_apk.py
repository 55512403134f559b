"""What apk itself answers: to situations, and to worlds from seeds (recorded by ``testing.apk_worlds``)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from testing.apk_worlds import SEEDS, World, cases, made, ours, versions, written

HERE = Path(__file__).parent
CASES = list(cases((HERE / "cases.txt").read_text("utf-8")))
ANSWERS = [line.split("\t") for line in (HERE / "answers.tsv").read_text("utf-8").splitlines()]
"""Kind, seed, what apk-tools 2.14 installs, what 3.0 installs; ``-`` where it refuses."""

OTHER = {
    "wild": {
        # A package that is installed by itself needs a name that nothing may provide: apk leaves it out.
        "155",
        # apk finds no solution, by the order in which it looks at names; there is one.
        "290",
    }
}


@pytest.mark.parametrize(("title", "world", "then"), CASES, ids=[title for title, _, _ in CASES])
def test_a_situation_ends_as_with_apk(title: str, world: World, then: str) -> None:
    assert written(versions(ours(world))) == then, title


def test_there_are_enough_situations() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize("kind", SEEDS)
def test_worlds_end_as_with_one_of_both_versions_of_apk(kind: str) -> None:
    different = {
        seed for of, seed, two, three in ANSWERS if of == kind and _answer(seed, kind) not in {two, three}
    }
    assert different == OTHER.get(kind, set())


@pytest.mark.parametrize(("kind", "at_least"), [("plain", 0.99), ("wild", 0.97)])
def test_worlds_end_as_with_the_newer_apk(kind: str, at_least: float) -> None:
    same = Counter(_answer(seed, kind) == three for of, seed, _, three in ANSWERS if of == kind)
    assert same[True] / same.total() >= at_least


def _answer(seed: str, kind: str) -> str:
    return written(versions(ours(made(int(seed), wild=kind == "wild"))))


def test_the_answers_are_of_many_worlds_and_of_both_outcomes() -> None:
    assert len(ANSWERS) == sum(len(seeds) for seeds in SEEDS.values())
    refused = sum(three == "-" for _, _, _, three in ANSWERS)
    assert 200 < refused < len(ANSWERS) - 300
