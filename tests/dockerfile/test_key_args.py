"""Keys as build args: what is declared, what is found declared, and the values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshlayer.decisions.key import key_of, values
from freshlayer.dockerfile.key_args import declare, declared
from freshlayer.dockerfile.parse import parse
from freshlayer.model.build import InstructionState, InstructionVerdict
from freshlayer.model.reasons import Reason

TEXT = """\
# syntax=docker/dockerfile:1
FROM a AS one
# freshlayer: watch https://example.org/a
  # and why
RUN one \\
  # a comment within
  two

RUN <<EOF
# none of ours
EOF
RUN after a document
FROM one
ARG V
RUN echo $V
"""
RUNS = (5, 9, 12, 15)

lines = st.sampled_from([
    "FROM x", "RUN a", "RUN a \\\n  b", "# c", "  # freshlayer: ignore", "", "ARG FRESHLAYER_2",
    "ARG A FRESHLAYER_9", "ARG FRESHLAYER_7=x", "ENV a=b", "RUN <<E\n# in\nE",
])  # fmt: skip


def undeclared(text: str) -> str:
    return "".join(line for line in text.splitlines(True) if not line.startswith("ARG FRESHLAYER_"))


def test_an_arg_stands_above_a_run_and_the_comments_that_speak_of_it() -> None:
    text = declare(TEXT, parse(TEXT), RUNS)
    assert undeclared(text) == TEXT
    above = [text.splitlines()[n + 1] for n, line in enumerate(text.splitlines()) if "FRESHLAYER_" in line]
    assert above == [
        "# freshlayer: watch https://example.org/a", "RUN <<EOF", "RUN after a document", "RUN echo $V",
    ]  # fmt: skip
    assert list(declared(parse(text)).values()) == [f"FRESHLAYER_{n}" for n in range(1, 5)]


@given(st.lists(lines, max_size=12), st.data())
def test_every_run_has_its_own_arg_whatever_stands_there(rest: list[str], data: st.DataObject) -> None:
    text = "\n".join(["FROM x", *rest])
    dockerfile = parse(text)
    runs = [i.line for stage in dockerfile.stages for i in stage.instructions if i.name == "RUN"]
    chosen = data.draw(st.sets(st.sampled_from(runs))) if runs else set()
    before = declared(dockerfile)
    derived = declare(text, dockerfile, chosen)
    after = declared(parse(derived))
    assert len(after) == len(before.keys() | chosen)
    added = [name for name in after.values() if name not in before.values()]
    assert len(added) == len(set(added)) == len(chosen - before.keys())
    assert declare(derived, parse(derived), list(after)) == derived
    assert len(derived.splitlines()) == len(text.splitlines()) + len(added)


@pytest.mark.parametrize(
    "above",
    ["ARG FRESHLAYER=default", "ARG OTHER", "ARG FRESHLAYER\nENV a=b", "ARG FRESHLAYER\nFROM y", "RUN x"],
)
def test_what_does_not_stand_directly_above_takes_no_key(above: str) -> None:
    dockerfile = parse(f"FROM x\n{above}\nRUN curl https://example.org/\n")
    assert dockerfile.stages[-1].instructions[-1].line not in declared(dockerfile)


def test_other_args_may_stand_between() -> None:
    assert declared(parse("FROM x\nARG FRESHLAYER_a\nARG V=1 W\nRUN y\n")) == {4: "FRESHLAYER_a"}


def verdict(line: int, *pairs: tuple[str, str], key: str = "key") -> InstructionVerdict:
    return InstructionVerdict(
        line, line, "0", "RUN", InstructionState.STALE, Reason("never-built"), key, pairs
    )


def test_a_name_above_several_runs_stands_for_all_that_they_read() -> None:
    a, b = ("https://example.org/a", "etag:v1"), ("https://example.org/b", "etag:v1")
    found = values({2: "Z", 4: "A", 6: "A"}, [verdict(2, a), verdict(4, b), verdict(6, a), verdict(8, a)])
    assert list(found.items()) == [("A", key_of([a, b])), ("Z", key_of([a]))]
    assert found["Z"] == "2cec7e0e0b327b6e"
    assert values({2: "A"}, [verdict(2, a, key="")]) == {}
