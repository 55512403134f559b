"""By what an instruction is found again."""

from __future__ import annotations

import pytest

from freshlayer.decisions.marks import Mark, marks
from freshlayer.dockerfile.parse import parse
from freshlayer.dockerfile.reach import parent_stage

TEXT = """\
ARG V=1
FROM base AS one
RUN curl https://example.org/a
FROM one AS two
COPY --from=one /a /b
RUN --mount=type=bind,from=one,target=/m x
FROM base
ARG V
COPY --from=two /a /a
RUN last
"""


def marked(text: str, **build_args: str) -> list[Mark]:
    dockerfile = parse(text)
    parents = {s.number: parent_stage(dockerfile, s, lambda stage: stage.base) for s in dockerfile.stages}
    return list(marks(dockerfile, dockerfile.stages, parents, build_args).values())


def chains(text: str, **build_args: str) -> list[str]:
    return [mark.chain for mark in marked(text, **build_args)]


@pytest.mark.parametrize(
    "other",
    [
        TEXT.replace("one", "other").replace("two", "more"),
        TEXT.replace("--from=one", "--from=0").replace("from=one,", "from=0,"),
        TEXT.replace("AS one", "as ONE"),
        "# a comment\n\n" + TEXT,
    ],
    ids=["renamed", "by number", "upper case", "comment"],
)
def test_equal_builds_have_equal_chains(other: str) -> None:
    assert other != TEXT
    assert chains(other) == chains(TEXT)
    assert [mark.digest for mark in marked(other)] == [mark.digest for mark in marked(TEXT)]


@pytest.mark.parametrize(
    ("old", "new", "others"),
    [
        ("RUN last", "RUN last!", [8]),
        ("example.org/a", "example.org/b", [1, 2, 3, 4, 7, 8]),
        ("FROM base\n", "FROM base:2\n", [5, 6, 7, 8]),
        ("COPY --from=two /a /a", "COPY --from=one /a /a", [7, 8]),
        ("ARG V=1", "ARG V=2", list(range(9))),
    ],
)
def test_what_follows_an_edit_has_another_chain(old: str, new: str, others: list[int]) -> None:
    before, now = chains(TEXT), chains(TEXT.replace(old, new))
    assert [place for place, (a, b) in enumerate(zip(before, now, strict=True)) if a != b] == others


def test_a_build_arg_is_in_the_chain_of_what_follows_its_declaration() -> None:
    text = TEXT.removeprefix("ARG V=1\n")
    before, now = chains(text, V="1", W="1"), chains(text, V="2", W="2")
    assert [place for place, (a, b) in enumerate(zip(before, now, strict=True)) if a != b] == [6, 7, 8]
