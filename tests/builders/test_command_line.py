"""The words after ``build``: what is needed is read in every spelling, and nothing is lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshlayer.builders.command_line.build import read
from freshlayer.builders.command_line.families import BUILDAH, DOCKER, PODMAN, Family
from testing.builders.table import MEMBERS, Builders


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
    assert (command.file, command.context, command.unclear) == ("D", ".", None)


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


FAMILIES = {"docker": DOCKER, "buildah": BUILDAH, "podman": PODMAN}


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
def test_a_value_is_never_taken_for_the_context(family: Family) -> None:
    for name in family.grammar.valued:
        assert read([f"--{name}", "value", "ctx"], {}, family).context == "ctx", name
        assert read([f"--{name}=value", "ctx"], {}, family).context == "ctx", name


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
def test_a_switch_takes_no_value(family: Family) -> None:
    for name in family.grammar.switches:
        assert read([f"--{name}", "ctx"], {}, family).context == "ctx", name
        assert read([f"--{name}=true", "ctx"], {}, family).context == "ctx", name


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
        ([], "no build context is given"),
        (["a", "b"], "more than one build context is given"),
        (["--new-option", "value", "."], "freshlayer does not know the option --new-option"),
        (["--help"], "--help: the command builds nothing"),
        (["-h"], "--help: the command builds nothing"),
        (["--check", "."], "--check: the command builds nothing"),
        (["--call=outline", "."], "--call: the command builds nothing"),
    ],
)
def test_what_is_not_clear_says_why(words: list[str], why: str) -> None:
    assert str(read(words, {}).unclear) == why


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


@pytest.mark.parametrize(
    ("family", "words", "context", "derived"),
    [
        (BUILDAH, [], ".", ["--file", "/d", "."]),
        (BUILDAH, ["-f", "sub/D"], ".", ["--file", "/d", "."]),
        (PODMAN, ["-f", "sub/D"], "sub", ["--file", "/d", "sub"]),
        (PODMAN, ["-f", "D", "-t", "x"], ".", ["--file", "/d", "-t", "x", "."]),
        (PODMAN, ["-f", "sub/D", "ctx"], "ctx", ["--file", "/d", "ctx"]),
    ],
)
def test_a_context_that_is_left_out_stays_what_it_was(
    family: Family, words: list[str], context: str, derived: list[str]
) -> None:
    command = read(words, {}, family)
    assert (command.context, command.unclear) == (context, None)
    assert command.with_file("/d") == derived


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "no build context is given"),
        (["-f", "a", "-f", "b", "."], "more than one Dockerfile is given"),
        (["-f", "D.in", "."], "D.in: the C preprocessor runs on it first"),
        (["--new-option", "value", "."], "freshlayer does not know the option --new-option"),
    ],
)
def test_what_is_not_clear_to_podman_says_why(words: list[str], why: str) -> None:
    assert str(read(words, {}, PODMAN).unclear) == why


def test_build_args_come_from_a_file_too_and_the_words_win(tmp_path: Path) -> None:
    (tmp_path / "args").write_text("A=file\n# B=comment\nC=c\n\nD\n")
    words = ["--build-arg", "A=word", f"--build-arg-file={tmp_path / 'args'}", "."]
    assert read(words, {"D": "outside"}, BUILDAH).build_args == {"A": "word", "C": "c", "D": "outside"}
    assert read(["--build-arg-file", "/nowhere", "."], {}, BUILDAH).build_args == {}


@pytest.mark.parametrize(
    ("words", "platforms"),
    [
        (["--platform", "linux/amd64", "--platform=linux/arm64,linux/s390x"], ("amd64", "arm64", "s390x")),
        (["--arch", "arm64"], ("arm64",)),
        (["--arch=arm", "--variant", "v7"], ("arm/v7",)),
    ],
)
def test_a_platform_is_named_whole_or_by_its_parts(words: list[str], platforms: tuple[str, ...]) -> None:
    assert read([*words, "."], {}, PODMAN).platforms == tuple(f"linux/{name}" for name in platforms)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--pull=always"], False),
        (["--pull=never"], True),
        (["--pull-never"], True),
        (["--pull-never=false"], False),
        (["--pull"], False),
        (["--pull=newer"], False),
        (["--pull=missing"], False),
        (["--pull=false"], False),
        ([], False),
    ],
)
def test_whether_the_words_forbid_to_pull_is_known(words: list[str], said: bool) -> None:  # noqa: FBT001
    assert read([*words, "."], {}, PODMAN).never_pulls is said


@pytest.mark.slow
@pytest.mark.parametrize("name", MEMBERS)
def test_the_table_knows_every_option_of_a_real_builder(name: str, builders: Builders) -> None:
    builder = builders[name]
    said = builder.run("build", "--help").stdout
    rows = re.findall(r"^\s+(?:-(\w), )?--([a-z][a-z0-9-]+)(?: (\S+|pathname or URL))?  ", said, re.MULTILINE)
    grammar = FAMILIES[builder.command[0]].grammar
    assert len(rows) > 15
    for letter, option, value in rows:
        # A switch that may be told its value shows it as `string[="true"]`.
        takes_one = bool(value) and "[=" not in value
        assert option in (grammar.valued if takes_one else grammar.switches), option
        if letter and takes_one:
            assert grammar.letters[letter] == option


def test_help_of_no_builder_is_taken_for_a_build() -> None:
    assert str(read(["--help"], {}, PODMAN).unclear) == "--help: the command builds nothing"


def test_stages_without_a_cache_are_named_in_one_option_or_in_several() -> None:
    command = read(["--no-cache-filter", "a,b", "--no-cache-filter=c", "."], {})
    assert (command.no_cache, command.no_cache_stages) == (False, ("a", "b", "c"))
