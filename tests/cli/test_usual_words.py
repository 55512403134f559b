"""Words that are read without click have the values that click gives them, or are left to it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshlayer.cli.by_click import as_click, taking
from freshlayer.cli.declared import Command, Parameter
from freshlayer.cli.options import all_of_ours
from freshlayer.cli.passthrough import requests_help
from freshlayer.cli.usual_words import COMMANDS, COMPLETION, UnusualError, reading, split, values_of
from testing.other_user import holds_without_root, public_directory

PARAMETERS: dict[str, tuple[Parameter, ...]] = {
    name: command.parameters
    for name in sorted(COMMANDS)
    if not (command := import_module(f"freshlayer.cli.{name}").command).verbatim
}
OPTIONS = sorted({word for its in PARAMETERS.values() for it in its for word in it.names})
WORDS = [
    *(
        "",
        "-",
        "--",
        ".",
        "a",
        "a=b",
        "--help",
        "-h",
        "--help-all",
        "--nothing",
        "-x",
        "-fa",
        "-f=a",
        "--jso",
    ),
    *(
        "json",
        "text",
        "raw",
        "args",
        "1",
        "0",
        "2.5",
        "nan",
        "-1",
        "1_0",
        " 3",
        "keep",
        "stale",
        "stale,absent",
    ),
    *("/", "/etc/passwd", "no such file", "linux/amd64", "\udcff"),
]
TYPED = st.one_of(
    st.sampled_from([*OPTIONS, *WORDS]),
    st.builds("{}={}".format, st.sampled_from(OPTIONS), st.sampled_from(WORDS)),
)


class Group(click.Group):
    """As the one of freshlayer: its words end at the first that is not an option."""


def by_click(parameters: tuple[Parameter, ...], words: list[str], kind: type[click.Command]) -> Any:
    """The values, and what is left; None where click ends with an error or prints something."""

    @click.command("name", cls=kind, context_settings={"help_option_names": ["-h", "--help"]})
    @taking(parameters)
    def command(**_: Any) -> None: ...

    try:
        context = command.make_context("name", list(words))
    except (click.ClickException, click.exceptions.Exit):
        return None
    return context.params, [*context._protected_args, *context.args]


def test_each_of_them_can_be_read() -> None:
    """A command with a setting that is not known here would always be left to click."""
    required = {"flag": ["-o", "f", "u"], "probe": ["r"]}
    assert [name for name, its in PARAMETERS.items() if not values_of(its, required.get(name, []))] == []


@pytest.mark.parametrize("name", PARAMETERS)
@given(words=st.lists(TYPED, max_size=6))
def test_values_are_those_of_click(name: str, words: list[str]) -> None:
    try:
        found = values_of(PARAMETERS[name], words)
    except UnusualError:
        return
    assert (found, []) == by_click(PARAMETERS[name], words, click.Command)


@given(words=st.lists(TYPED, max_size=6))
def test_values_before_the_command_are_those_of_click(words: list[str]) -> None:
    try:
        found = split(all_of_ours(), words)
    except UnusualError:
        return
    if found[1]:
        assert found == by_click(all_of_ours(), words, Group)


@pytest.mark.parametrize(
    "words",
    [
        ["inputs"],
        ["--state", "s", "inputs", "-f", "a", "--build-arg", "A=1", "--build-arg=B=2", "--json", "b", "c"],
        ["check", "--recursive", "--fail-on", "stale,absent", "--report=x.json", "."],
        ["flag", "https://example.org/a", "-o", "a.flag", "--quiet"],
        ["--connections", "5", "probe", "alpine:3.20"],
        ["render", "-o", "a", "--format", "args"],
        ["build", "."],
        ["--offline", "--state", "s", "build", "--", "-h", "--nothing=1"],
    ],
)
def test_what_is_usual_is_read_without_click(words: list[str]) -> None:
    assert reading(words, {}, ()) is not None


@pytest.mark.parametrize(
    "words",
    [
        *(
            [],
            ["--help"],
            ["inputs", "--help"],
            ["inputs", "-h"],
            ["inputs", "--help-all"],
            ["buildx", "build"],
        ),
        *(
            ["history"],
            ["inputz"],
            ["inputs", "--js"],
            ["inputs", "--offline"],
            ["flag", "u"],
        ),
        *(["build"], ["build", "--help"], ["build", "-t", "a", "-h"], ["build", "help"]),
        *(["--offline=1", "build", "."], ["--", "build", "."], ["build-x", "."]),
        *(["inputs", "--", "a"], ["inputs", "--format", "x"], ["inputs", "-fa"], ["inputs", "--target"]),
        *(["check", "--explain", "0"], ["check", "--fail-on", "x"], ["inputs", "--json=1"]),
    ],
)
def test_what_is_unusual_is_left_to_click(words: list[str]) -> None:
    assert reading(words, {}, ()) is None


def test_completion_is_left_to_click() -> None:
    assert reading(["inputs"], {COMPLETION: "bash_complete"}, ()) is None


def test_a_file_that_cannot_be_read_is_left_to_click() -> None:
    with public_directory() as directory:
        (directory / "a").touch(mode=0)
        words = ["inputs", "-f", str(directory / "a")]
        assert holds_without_root(lambda: reading(words, {}, ()) is None)


@given(words=st.lists(TYPED, max_size=6))
def test_words_of_the_builder_are_as_click_gives_them(words: list[str]) -> None:
    """Options behind ``build`` are not ours, whatever they are named; where help is wanted click runs."""
    command = Command("build", {}, lambda words: words, (), takes_before=False, verbatim=True)
    assert as_click(command).main(words, standalone_mode=False) == words
    assert (reading(["build", *words], {}, ()) is None) == requests_help(words)
