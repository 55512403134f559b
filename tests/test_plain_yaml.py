"""The part of YAML that is read: lines of any text take time by their length alone."""

from __future__ import annotations

from contextlib import suppress
from time import process_time

import pytest

from freshlayer.plain_yaml import Node, documents, node


def read(text: str) -> Node:
    (lines,) = documents(iter(text.splitlines()))
    return node(lines)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a  : 1", {"a": "1"}),
        ("a:b: 1", {"a:b": "1"}),
        ("a b:", {"a b": ""}),
        ("-x: 1", {"-x": "1"}),
        ("'a ': 1", {"a ": "1"}),
        ("http://h/x", "http://h/x"),
        ("a: [b, 'c]',\n  it's,\n  \"d [\"]", {"a": ["b", "c]", "it's", "d ["]}),
        ("a: ['b\n  c]', d]", {"a": ["b c]", "d"]}),
        ("a: {b: [c,\n  d]}", {"a": {"b": ["c", "d"]}}),
    ],
)
def test_a_document(text: str, value: Node) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "a" + " " * 60_000 + "x",
        "a: " * 20_000,
        "a" + ":b" * 30_000,
        "'" + "a" * 60_000,
        "a: [\n" + (" " + "b," * 30_000 + "\n") * 60,
        "a: ['\n" + (" " + "b," * 30_000 + "\n") * 60,
        "a: " + "[" * 60_000,
    ],
)
def test_a_line_takes_no_time(text: str) -> None:
    started = process_time()
    with suppress(ValueError):
        read(text)
    assert process_time() - started < 2
