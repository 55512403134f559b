"""Words for bake, and its models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from freshlayer.builders.base import DerivedFile
from freshlayer.builders.command_line.bake import read
from freshlayer.builders.compositions.bake import _changed, _escaped, _given, _settings, _without, targets_of
from freshlayer.builders.invocation import BuildTarget
from freshlayer.errors import BuilderError


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["app"],
        ["-f", "docker-bake.hcl", "--file=other.json", "--set", "*.args.A=x", "app"],
        ["--push", "--call=build", "--progress", "plain"],
    ],
)
def test_a_build_is_seen_in_every_spelling(words: list[str]) -> None:
    command = read(words)
    assert (command.builds, command.unclear, command.words) == (True, None, tuple(words))


@pytest.mark.parametrize("word", ["--print", "--check", "--call=outline", "--list=targets", "--help", "-h"])
def test_what_builds_nothing_is_not_ours(word: str) -> None:
    assert not read([word, "app"]).builds


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--new", "app"], "freshlayer does not know bake's option --new"),
        (["-f", "-"], "a bake file from standard input is not watched"),
        (["https://example.org/repository.git", "app"], "bake files from other hosts are not watched"),
        (["--", "app"], "the words of bake have a -- that freshlayer does not follow"),
    ],
)
def test_what_is_not_understood_has_its_reason(words: list[str], why: str) -> None:
    assert str(read(words).unclear) == why


def model(**definition: Any) -> dict[str, Any]:
    return {"target": {"app": definition}}


def test_a_target_is_read_as_bake_resolved_it() -> None:
    (target,) = targets_of(
        model(
            context="web",
            dockerfile="Dockerfile",
            args={"A": "a", "UNSET": None},
            target="final",
            platforms=["linux/arm64"],
            network="host",
            contexts={"base": "target:base", "files": "files"},
            output=[{"type": "cacheonly"}],
        )
    )
    assert target == BuildTarget(
        "app",
        context="web",
        dockerfile="Dockerfile",
        target="final",
        args={"A": "a"},
        platforms=("linux/arm64",),
        network="host",
        contexts={"base": "target:base", "files": "files"},
    )


@pytest.mark.parametrize(
    "printed",
    [{"target": []}, {"target": {"app": []}}, model(context=[]), model(args=[]), model(platforms="all")],
)
def test_a_model_that_no_bake_prints_is_refused(printed: dict[str, Any]) -> None:
    with pytest.raises(BuilderError):
        list(targets_of(printed))


def test_the_words_say_nothing_but_where_the_dockerfiles_are() -> None:
    paths = {"m-one": Path("/t/0/Dockerfile"), "m-two": Path("/t/1/D")}
    assert list(_settings(paths)) == [
        *("--set", "m-one.dockerfile=/t/0/Dockerfile"),
        *("--set", "m-two.dockerfile=/t/1/D"),
    ]


def test_the_model_that_is_expected_differs_in_nothing_else() -> None:
    printed = {"target": {"app": {"context": "."}, "inline": {"dockerfile-inline": "FROM x"}}}
    assert _changed(printed, {"app": Path("/d")}, {"inline": "FROM y"}) == {
        "target": {"app": {"context": ".", "dockerfile": "/d"}, "inline": {"dockerfile-inline": "FROM y"}}
    }
    assert printed["target"]["app"] == {"context": "."}


def test_an_inline_dockerfile_is_no_template_of_bakes() -> None:
    assert _escaped("RUN echo ${A} $B %{C}") == "RUN echo $${A} $B %%{C}"


def test_the_names_that_a_target_gets_are_read() -> None:
    (target,) = targets_of({"target": {"app": {"tags": ["app:1", "app:2"]}}})
    assert target.tags == ("app:1", "app:2")


def test_where_the_metadata_go_is_read() -> None:
    assert (
        read(["--metadata-file=one.json", "--metadata-file", "two.json", "app"]).metadata_file == "two.json"
    )
    assert read(["app"]).metadata_file == ""


@pytest.mark.parametrize(
    ("own", "written"),
    [
        (["id=mine,src=./a", "type=env,id=E,env=HOME"], ["id=mine,src=./a", "type=env,id=E,env=HOME"]),
        ([{"id": "mine", "src": "./a"}, {"id": "E", "env": "HOME"}], ["id=mine,src=./a", "id=E,env=HOME"]),
        ([{"id": "mine", "src": "./a,b"}], ['id=mine,"src=./a,b"']),
        ([], []),
    ],
)
def test_secrets_of_the_user_stay_beside_ours(own: list[Any], written: list[str]) -> None:
    printed: dict[str, Any] = {"target": {"a": {"secret": own} if own else {}, "b": {}}}
    secrets = {"fl-pins-0": Path("/t/fl-pins-0")}
    file = DerivedFile(b"FROM a\n", "Dockerfile", None, secrets={"fl-pins-0": b"x"})
    words = list(_given("a", file, printed, secrets))
    assert words[1::2] == [f"a.secrets={it}" for it in (*written, "id=fl-pins-0,src=/t/fl-pins-0")]
    ours: list[Any] = [{"id": "fl-pins-0", "src": "/t/fl-pins-0"}, "id=fl-pins-0,src=/t/fl-pins-0"]
    for one in ours:
        found = {"target": {"a": {"secret": [*own, one]}, "b": {}}}
        assert _without(found, secrets) == printed
