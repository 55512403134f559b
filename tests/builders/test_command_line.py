"""The words after ``build``: what is needed is read in every spelling, and nothing is lost."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshlayer.builders.command_line import _LETTERS, _SWITCHES, _VALUED, read


@pytest.mark.parametrize(
    "words",
    [
        ["-f", "D", "."],
        ["-fD", "."],
        ["-f=D", "."],
        ["--file", "D", "."],
        ["--file=D", "."],
        [".", "-f", "D"],
        ["-f", "other", "--file=D", "."],
        ["-qf", "D", "."],
        ["-qfD", "."],
        ["-t", "-x", "-f", "D", "."],
        ["--build-arg", "--file=E", "-f", "D", "--", "."],
    ],
)
def test_the_dockerfile_is_found_in_every_spelling(words: list[str]) -> None:
    command = read(words, {})
    assert (command.file, command.context, command.unclear) == ("D", ".", "")


@pytest.mark.parametrize(
    ("words", "derived"),
    [
        (["."], ["--file", "/d", "."]),
        (["-t", "x", "."], ["--file", "/d", "-t", "x", "."]),
        (["-f", "D", "-t", "x", "."], ["--file", "/d", "-t", "x", "."]),
        (["-t", "x", "-fD", "."], ["-t", "x", "--file", "/d", "."]),
        ([".", "--file=D"], [".", "--file", "/d"]),
        (["-f", "first", "-f", "last", "."], ["-f", "first", "--file", "/d", "."]),
        (["--unheard-of", "--", "."], ["--file", "/d", "--unheard-of", "--", "."]),
    ],
)
def test_only_the_dockerfile_is_replaced_and_all_else_stays_in_order(
    words: list[str], derived: list[str]
) -> None:
    assert read(words, {}).with_file("/d") == derived


def test_the_context_is_replaced_where_it_stands() -> None:
    command = read(["-t", "ctx", "ctx", "-f", "D", "--no-cache"], {})
    assert command.with_file("N", context="-") == ["-t", "ctx", "-", "--file", "N", "--no-cache"]


def test_switches_before_f_in_one_word_are_not_lost() -> None:
    assert read(["-qf", "D", "."], {}).with_file("/d") == ["-q", "--file", "/d", "."]
    assert read(["-qfD", "."], {}).with_file("/d") == ["-q", "--file", "/d", "."]


@pytest.mark.parametrize("name", sorted(_VALUED))
def test_a_value_is_never_taken_for_the_context(name: str) -> None:
    assert read([f"--{name}", "value", "ctx"], {}).context == "ctx"
    assert read([f"--{name}=value", "ctx"], {}).context == "ctx"


@pytest.mark.parametrize("name", sorted(_SWITCHES))
def test_a_switch_takes_no_value(name: str) -> None:
    assert read([f"--{name}", "ctx"], {}).context == "ctx"
    assert read([f"--{name}=true", "ctx"], {}).context == "ctx"


def test_build_args_come_from_the_words_and_from_the_environment() -> None:
    words = ["--build-arg", "A=1", "--build-arg=B", "--build-arg", "C", "--build-arg", "A=2=3", "."]
    assert read(words, {"B": "from outside"}).build_args == {"A": "2=3", "B": "from outside"}


def test_target_platform_and_network_are_read() -> None:
    command = read(["--target=t", "--platform", "linux/amd64,linux/arm64", "--network=host", "."], {})
    assert (command.target, command.platforms, command.network) == (
        "t",
        ("linux/amd64", "linux/arm64"),
        "host",
    )


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "no context is given"),
        (["a", "b"], "more than one context is given"),
        (["--new-option", "value", "."], "freshlayer does not know the option --new-option"),
        (["--help"], "--help asks for no build"),
        (["-h"], "--help asks for no build"),
        (["--check", "."], "--check asks for no build"),
        (["--call=outline", "."], "--call asks for no build"),
    ],
)
def test_what_is_not_clear_says_why(words: list[str], why: str) -> None:
    assert read(words, {}).unclear == why


@given(
    st.lists(
        st.sampled_from(
            ["-", "--", ".", "-f", "-t", "-q", "--file", "--file=x", "--tag", "x", "-tx", "--zz", "-fx"]
        )
    )
)
def test_no_words_make_it_fail_and_none_is_lost(words: list[str]) -> None:
    command = read(words, {})
    assert list(command.words) == words
    derived = command.with_file("/d")
    assert derived.count("/d") == 1


@pytest.mark.slow
def test_the_table_knows_every_option_of_the_docker_client_that_is_here() -> None:
    docker = next((p for p in ("/usr/bin/docker", shutil.which("docker")) if p and shutil.which(p)), None)
    if docker is None:
        pytest.skip("there is no docker client")
    done = subprocess.run([docker, "build", "--help"], capture_output=True, text=True, check=True)
    rows = re.findall(r"^\s+(?:-(\w), )?--([a-z][a-z0-9-]+)( [a-z]\w*)?  ", done.stdout, re.MULTILINE)
    assert len(rows) > 20
    for letter, name, value in rows:
        assert name in (_VALUED if value else _SWITCHES), name
        if letter and value:
            assert _LETTERS[letter] == name
