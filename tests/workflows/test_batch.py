"""Reading many Dockerfiles: in order, whatever befalls one of them."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, closing

import pytest
from msgspec.structs import replace

from freshlayer.context import Source
from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.errors import ContextError
from freshlayer.model.reasons import Reason
from freshlayer.settings import Policy
from freshlayer.workflows.batch import (
    AnalysedFile,
    Batch,
    Candidate,
    ReadFailure,
    batches,
    packed_leaf,
    read_all,
)

OFFLINE = Policy(offline=True)


def leaf(wanted: Candidate) -> AnalysedFile:
    """A Dockerfile that is its own name; how it is read says what becomes of it."""
    name = wanted.context
    if name == "none":
        raise ContextError("none: there is none")
    if name == "odd":
        raise ZeroDivisionError("odd")
    ttl = "# freshlayer: ttl=1h\n" if name == "patient" else ""
    path = f"x?{name}" if name.startswith("token=") else os.getpid() if name == "process" else "x"
    text = f"FROM scratch\n{ttl}RUN curl https://example.org/{path}\n"
    source = Source(text.encode("utf-8", "surrogateescape"), name, name, ".", None)
    found = analyse(text, BuildRequest(("linux/amd64",)))
    return AnalysedFile(source, found, OFFLINE if name == "offline" else None)


def read_here(*names: str) -> AbstractContextManager[list[Batch]]:
    return batches([Candidate(name) for name in names], leaf, Policy(), print)


def told(*names: str) -> list[tuple[Policy, list[str]]]:
    with read_here(*names) as found:
        return [(batch.policy, [item.source.shown for item in batch.leaves()]) for batch in found]


def test_those_with_the_same_settings_are_one_batch_in_their_order() -> None:
    assert told("b", "offline", "a") == [(Policy(), ["b", "a"]), (OFFLINE, ["offline"])]


def test_the_order_is_kept_by_several_processes() -> None:
    names = [f"{number}" for number in range(200)]
    assert told(*names) == [(Policy(), names)]


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core reads alone")
def test_all_but_the_first_of_many_are_not_read_here() -> None:
    with read_here(*["good"] * 40, *["process"] * 160) as found:
        assert f"https://example.org/{os.getpid()}" not in {reference.text for reference in found[0].ttls}


@pytest.mark.parametrize("others", [0, 100])
def test_what_befalls_one_is_told_and_the_others_are_read(others: int) -> None:
    wanted = [Candidate(name) for name in ("none", "odd", "good", *("good",) * others)]
    first, second, *rest = read_all(wanted, leaf)
    assert first == ReadFailure(Reason("dockerfile-not-read", detail="none: there is none"))
    assert second == ReadFailure(
        Reason("internal-error", "odd", "an error of freshlayer itself (ZeroDivisionError: odd)")
    )
    assert len(rest) == 1 + others
    assert not any(isinstance(one, ReadFailure) for one in rest)


@pytest.mark.parametrize(("names", "ttl"), [(["patient"], 3600), (["patient", "hasty"], 0)])
def test_an_answer_holds_for_the_least_that_is_said(names: list[str], ttl: int) -> None:
    with read_here(*names) as (batch,):
        assert list(batch.ttls.values()) == [ttl]


@pytest.mark.parametrize(
    ("names", "query"),
    [(["plain", "token=1", "token=2"], "?token=1"), (["token=2", "token=1"], "?token=2"), (["plain"], "")],
)
def test_one_reference_with_several_secrets_is_requested_with_the_first(names: list[str], query: str) -> None:
    with read_here(*names) as (batch,):
        assert [reference.address for reference in batch.ttls] == [f"https://example.org/x{query}"]


def test_a_batch_can_be_gone_through_again_and_holds_no_text() -> None:
    with read_here("a", "b") as (batch,):
        assert list(batch.leaves()) == list(batch.leaves())
        assert {item.source.content for item in batch.leaves()} == {b""}


def test_what_processes_are_started_with_does_not_stay_in_the_environment() -> None:
    before = dict(os.environ)
    with read_here(*(f"n{number}" for number in range(100))):
        pass
    assert dict(os.environ) == before


@pytest.mark.parametrize("word", ["plain", "\udce9"])
def test_what_is_sent_to_an_origin_is_in_no_file(word: str) -> None:
    """Whether or not the Dockerfile is UTF-8: it has two forms."""
    text = f"FROM scratch\nRUN echo {word}; curl -H 'Authorization: s3cret' https://u:pa55@example.org/x\n"
    found = analyse(text, BuildRequest(("linux/amd64",)))
    source = Source(text.encode("utf-8", "surrogateescape"), "a", "a", "d", "d/a")
    packed = packed_leaf(AnalysedFile(source, found))
    with closing(Batch(Policy())) as batch:
        batch.add(packed)
        (leaf,) = batch.leaves()
    assert leaf == AnalysedFile(replace(source, content=b""), found)
    assert [it.address for it in packed.ttls] == ["https://u:pa55@example.org/x"]
    (read,) = leaf.analysis.discovery.inputs
    assert (read.reference.address, read.reference.form.secret) == ("", ())
