"""Generators that need index files, advanced together: what all of them need next is requested at once."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TypeVar

from freshlayer.model.packages import IndexAnswers, IndexFile

Name = TypeVar("Name")
Found = TypeVar("Found")
Steps = Generator[tuple[IndexFile, ...], IndexAnswers, Found]


def in_step(steps: Mapping[Name, Steps[Found]]) -> Steps[dict[Name, Found]]:
    """What each of them returns, by its name."""
    found: dict[Name, Found] = {}
    wanted: dict[Name, tuple[IndexFile, ...]] = {}
    for name, one in steps.items():
        try:
            wanted[name] = next(one)
        except StopIteration as ended:
            found[name] = ended.value
    while wanted:
        answers = yield tuple(dict.fromkeys(file for files in wanted.values() for file in files))
        for name in tuple(wanted):
            try:
                wanted[name] = steps[name].send({file: answers[file] for file in wanted[name]})
            except StopIteration as ended:
                del wanted[name]
                found[name] = ended.value
    return found
