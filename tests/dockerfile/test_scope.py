"""Which value a word has at an instruction: the Dockerfile reference on ARG and ENV, as tables."""

from __future__ import annotations

import pytest
from e2b_dockerfile_utils import ShellLex
from hypothesis import given
from hypothesis import strategies as st

from freshlayer.dockerfile.model import Dockerfile
from freshlayer.dockerfile.parse import parse
from freshlayer.dockerfile.scope import Environment, Unknown, environments
from freshlayer.dockerfile.variables import Names
from freshlayer.model.reasons import Reason

AMD64 = "linux/amd64"


def at_the_end(text: str, build_args: dict[str, str] | None = None, platform: str = AMD64) -> Environment:
    """What an instruction behind the last one would see."""
    dockerfile = parse(f"{text.rstrip()}\nRUN end\n")
    return environments(dockerfile, build_args or {}, platform)[dockerfile.stages[-1].instructions[-1].number]


def base(text: str, build_args: dict[str, str] | None = None, platform: str = AMD64) -> str | Unknown:
    dockerfile: Dockerfile = parse(text)
    stage = dockerfile.stages[-1]
    seen = environments(dockerfile, build_args or {}, platform)[stage.start.number]
    return seen.expand(stage.base, dockerfile.escape)


@pytest.mark.parametrize(
    ("text", "build_args", "wanted"),
    [
        ("ARG V=1\nFROM i:$V", {}, "i:1"),
        ("ARG V=1\nFROM i:${V}", {"V": "2"}, "i:2"),
        ("ARG V\nFROM i:$V", {"V": "2"}, "i:2"),
        ("ARG V\nFROM i:${V:-3}", {}, "i:3"),
        ("ARG A=1\nARG B=$A-x\nFROM i:$B", {}, "i:1-x"),
        ("ARG A=1\nARG B=$A-x\nFROM i:$B", {"A": "2"}, "i:2-x"),
        ("FROM i:$TARGETARCH", {}, "i:amd64"),
        ("FROM i:$BUILDOS", {}, "i:linux"),
        ("FROM i:$TARGETARCH", {"TARGETARCH": "s390x"}, "i:s390x"),
        ("ARG V=1\nFROM a\nARG V=2\nFROM i:$V", {}, "i:1"),
        ("ARG V=a\\ b\nFROM i:${V#a}", {}, "i: b"),
    ],
)
def test_a_from_sees_the_global_args(text: str, build_args: dict[str, str], wanted: str) -> None:
    assert base(text, build_args) == wanted


@pytest.mark.parametrize(
    "text", ["ARG V\nFROM i:$V", "FROM i:$V", "FROM a\nENV V=1\nFROM i:$V", "FROM a\nARG V=1\nFROM i:$V"]
)
def test_a_from_does_not_see_what_is_no_global_arg_with_a_value(text: str) -> None:
    assert isinstance(base(text), Unknown)


STAGE = [
    ("ARG takes its default", "FROM a\nARG V=1", {}, "1"),
    ("a quoted default loses its quotes", 'FROM a\nARG V="x y"', {}, "x y"),
    ("ARG takes the global value", "ARG V=1\nFROM a\nARG V", {}, "1"),
    ("the stage's default beats the global one", "ARG V=1\nFROM a\nARG V=2", {}, "2"),
    ("a build arg beats the default", "FROM a\nARG V=1", {"V": "3"}, "3"),
    ("a build arg beats both defaults", "ARG V=1\nFROM a\nARG V=2", {"V": "3"}, "3"),
    ("a build arg reaches through the global ARG", "ARG V=1\nFROM a\nARG V", {"V": "3"}, "3"),
    ("a build arg fills an ARG without default", "FROM a\nARG V", {"V": "3"}, "3"),
    ("an empty build arg is a value", "FROM a\nARG V=1", {"V": ""}, ""),
    ("an empty default is a value", "FROM a\nARG V=", {}, ""),
    ("ENV", "FROM a\nENV V=1", {}, "1"),
    ("ENV in the old form", "FROM a\nENV V a  b", {}, "a  b"),
    ("a later ARG with a value beats ENV", "FROM a\nENV V=e\nARG V=a", {}, "a"),
    ("a later ARG without a value does not", "FROM a\nENV V=e\nARG V", {}, "e"),
    ("a later ARG with a build arg beats ENV", "FROM a\nENV V=e\nARG V", {"V": "b"}, "b"),
    ("it does so in the stages behind", "FROM a AS one\nENV V=e\nARG V=a\nFROM one", {}, "a"),
    ("ENV beats an ARG that beat an ENV", "FROM a\nENV V=e\nARG V=a\nENV V=f", {}, "f"),
    ("ENV beats an earlier ARG", "FROM a\nARG V=a\nENV V=e", {}, "e"),
    ("ENV beats a build arg", "FROM a\nARG V=a\nENV V=e", {"V": "b"}, "e"),
    ("ENV may carry an ARG on", "FROM a\nARG A=1\nENV V=v$A", {}, "v1"),
    ("ENV sees the values from before the instruction", "FROM a\nENV A=1\nENV A=2 V=$A", {}, "1"),
    ("a later ENV wins", "FROM a\nENV V=1\nENV V=2", {}, "2"),
    ("single quotes keep a dollar", "FROM a\nENV V='$A'", {}, "$A"),
    ("a backslash keeps a dollar", "FROM a\nENV V=\\$A", {}, "$A"),
    ("a stage inherits ENV", "FROM a AS one\nENV V=1\nFROM one", {}, "1"),
    ("a stage inherits ARG", "FROM a AS one\nARG V=1\nFROM one", {}, "1"),
    ("inheritance goes over two stages", "FROM a AS one\nENV V=1\nFROM one AS two\nFROM two", {}, "1"),
    ("a stage's name is not case-sensitive", "FROM a AS One\nENV V=1\nFROM oNE", {}, "1"),
    ("a stage may be named by an ARG", "ARG B=one\nFROM a AS one\nENV V=1\nFROM $B", {}, "1"),
    ("a platform ARG", "FROM a\nARG TARGETARCH\nENV V=$TARGETARCH", {}, "amd64"),
    (
        "a platform ARG may be overridden",
        "FROM a\nARG TARGETARCH\nENV V=$TARGETARCH",
        {"TARGETARCH": "x"},
        "x",
    ),
]


@pytest.mark.parametrize(
    ("text", "build_args", "wanted"), [row[1:] for row in STAGE], ids=[row[0] for row in STAGE]
)
def test_a_name_has_its_value_in_a_stage(text: str, build_args: dict[str, str], wanted: str) -> None:
    assert at_the_end(text, build_args).expand("$V") == wanted


UNKNOWN = [
    ("ARG without a value", "FROM a\nARG V", {}, "V: needs a build argument"),
    ("a global ARG without a value", "ARG V\nFROM a\nARG V", {}, "V: needs a build argument"),
    ("a global ARG that the stage does not declare", "ARG V=1\nFROM a", {}, "base image"),
    ("a build arg that nobody declares", "FROM a", {"V": "1"}, "base image"),
    ("a sibling stage's ENV", "FROM a\nENV V=1\nFROM b", {}, "base image"),
    ("a sibling stage's ARG", "FROM a\nARG V=1\nFROM b", {}, "base image"),
    ("a platform ARG that the stage does not declare", "FROM a\nENV V=$TARGETARCH", {}, "base image"),
    ("nothing comes from scratch", "FROM scratch", {}, "V: is not set"),
    ("an ENV made of an unknown", "FROM a\nENV V=$X/b", {}, "X: needs the environment of the base image"),
    ("an ARG made of an unknown ARG", "FROM a\nARG X\nARG V=$X", {}, "X: needs a build argument"),
]


@pytest.mark.parametrize(
    ("text", "build_args", "reason"), [row[1:] for row in UNKNOWN], ids=[row[0] for row in UNKNOWN]
)
def test_a_name_without_a_value_stays_unknown_with_its_reason(
    text: str, build_args: dict[str, str], reason: str
) -> None:
    value = at_the_end(text, build_args).expand("a$V")
    assert isinstance(value, Unknown)
    assert reason in str(value.reason)


def test_an_arg_is_not_seen_before_its_instruction() -> None:
    dockerfile = parse("FROM a\nRUN one\nARG V=1\nRUN two\n")
    one, _, two = dockerfile.stages[0].instructions
    seen = environments(dockerfile, {}, AMD64)
    assert seen[one.number].lookup("V") is None
    assert seen[two.number].lookup("V") == "1"


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("${V:-d}", "d"),
        ("${V-d}", "d"),
        ("${V:+d}", ""),
        ("${V:-${K}}", "known"),
        ("${V:-$K/x}", "known/x"),
        ("${K:-$V}", "known"),
        ("${K:+x}", "x"),
        ("${K#kn}", "own"),
        ("${K%wn}", "kno"),
        ("${K/now/NOW}", "kNOWn"),
        ("${E:-d}", "d"),
        ("${E-d}", ""),
        ("'$V'", "$V"),
        ("\\$V", "$V"),
        ('"\\$V"', "$V"),
        ("a$K", "aknown"),
        ('"$K"b', "knownb"),
    ],
)
def test_an_expansion_that_needs_no_unknown_value_is_known(word: str, wanted: str) -> None:
    assert at_the_end("FROM a\nARG V\nENV K=known E=").expand(word) == wanted


@pytest.mark.parametrize(
    "word", ["$V", "${V}", "x${V}y", "${V:-$V}", "${V#x}", "${V:?no}", "\\\\$V", '"$V"', "${"]
)
def test_an_expansion_that_needs_an_unknown_value_is_unknown(word: str) -> None:
    assert isinstance(at_the_end("FROM a\nARG V").expand(word), Unknown)


def test_the_escape_character_is_the_files_own() -> None:
    """Under ``# escape=`` a backslash is a letter: ``C:\\$V`` expands, and a backquote keeps the dollar."""
    environment = at_the_end("# escape=`\nFROM a\nARG U\nENV V=1")
    assert environment.expand("C:\\$V", "`") == "C:\\1"
    assert environment.expand("`$U", "`") == "$U"
    assert isinstance(environment.expand("C:\\$U", "`"), Unknown)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TARGETPLATFORM", "linux/arm/v7"),
        ("TARGETOS", "linux"),
        ("TARGETARCH", "arm"),
        ("TARGETVARIANT", "v7"),
        ("BUILDPLATFORM", "linux/arm/v7"),
    ],
)
def test_the_platform_args_come_from_the_platform(name: str, value: str) -> None:
    assert at_the_end(f"FROM a\nARG {name}", platform="linux/arm/v7").expand(f"${name}") == value


def test_a_platform_without_variant_has_an_empty_variant() -> None:
    assert at_the_end("FROM a\nARG TARGETVARIANT").expand("a$TARGETVARIANT") == "a"


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "no_proxy"])
def test_a_predefined_build_arg_needs_no_arg(name: str) -> None:
    assert at_the_end("FROM a", {name: "http://proxy"}).lookup(name) == "http://proxy"


def test_a_value_that_explodes_is_unknown() -> None:
    text = "FROM a\nENV V=" + "x" * 40_000 + "\nENV V=$V$V$V"
    assert isinstance(at_the_end(text).expand("$V"), Unknown)


LIMIT = Unknown(Reason("limit-reached", detail="its pattern takes too long"))


@pytest.mark.parametrize("operator", ["#", "##", "%", "%%"])
def test_a_pattern_that_goes_back_and_back_is_not_tried(operator: str) -> None:
    """``*a*a*a…`` in a regular expression would take longer than anybody waits."""
    text = f"FROM a\nENV V={'a' * 400}\nENV W=${{V{operator}{'*a' * 20}b}}"
    value = at_the_end(text).expand("$W")
    assert value == LIMIT


def test_a_pattern_that_comes_from_a_variable_is_weighed_too() -> None:
    text = f"FROM a\nENV V={'a' * 400}\nENV P={'*a' * 20}b\nENV W=${{V#$P}}"
    assert at_the_end(text).expand("$W") == LIMIT


def test_values_that_grow_line_by_line_end_with_a_reason() -> None:
    lines = "\n".join(f"ENV P=$P:/{'v' * 100}" for _ in range(2_000))
    value = at_the_end(f"FROM a\nENV P=/bin\n{lines}").expand("$P")
    assert isinstance(value, Unknown)
    assert value.reason.code == "limit-reached"


def test_a_value_is_expanded_whatever_its_length_where_no_pattern_is() -> None:
    assert at_the_end("FROM a\nENV V=" + "*" * 5_000).expand("${V:-x}") == "*" * 5_000


_VALUES = {"A": "1", "_B2": "x $A ${A}\\ '", "ab": ""}
_PIECES = [
    "$A",
    "${A}",
    "$_B2",
    "${_B2}",
    "$ab",
    "${ab}",
    "$",
    "{",
    "}",
    "a",
    "B",
    "2",
    "_",
    "-",
    " ",
    "/",
    "é",
    "\t",
    '"',
    '"',
    "'",
    "'",
    "\\",
    '\\"',
    "<",
    "(",
    "!",
    "@",
    "`",
]


@given(st.lists(st.sampled_from(_PIECES), max_size=8).map("".join), st.sampled_from(["\\", "`"]))
def test_names_with_values_are_replaced_as_the_library_does_it(text: str, escape: str) -> None:
    names: Names[str | Unknown] = Names()
    for name, value in _VALUES.items():
        names = names.put(name, value)
    found = Environment(env=names).expand(text, escape)
    try:
        wanted: str | None = ShellLex(escape, env=_VALUES, skip_unset_env=False).process_word(text)
    except ValueError:
        wanted = None
    assert isinstance(found, Unknown) or found == wanted
