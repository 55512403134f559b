"""Words for compose, and its models: what is built, and what an override says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from freshlayer.builders.base import DerivedFile
from freshlayer.builders.command_line.compose import read
from freshlayer.builders.compositions.base import document, with_needed, write, written_secrets
from freshlayer.builders.compositions.compose import (
    _changed,
    _changes,
    _escaped,
    _override,
    _without,
    targets_of,
)
from freshlayer.builders.invocation import BuildTarget
from freshlayer.builders.progress import composed
from freshlayer.errors import BuilderError


@pytest.mark.parametrize(
    ("words", "services"),
    [
        (["build"], ()),
        (["build", "web", "db"], ("web", "db")),
        (["-f", "a.yml", "--file=b.yml", "-pname", "build", "--pull", "web"], ("web",)),
        (["--profile", "build", "build", "--build-arg", "A=web", "-m", "1g", "web"], ("web",)),
        (["build", "-q", "--", "web"], ("web",)),
        (["up", "--build"], ()),
        (["up", "-d", "--build", "--scale", "db=2", "web"], ("web",)),
        (["up", "--build=true", "-dt", "5", "web"], ("web",)),
    ],
)
def test_a_build_is_seen_in_every_spelling(words: list[str], services: tuple[str, ...]) -> None:
    command = read(words)
    assert (command.builds, command.services, command.unclear) == (True, services, None)
    assert command.words == tuple(words)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--help"],
        ["--version"],
        ["up"],
        ["up", "--build=false"],
        ["up", "--build", "--no-build"],
        ["up", "--build", "--dry-run"],
        ["--dry-run", "build"],
        ["build", "--print"],
        ["build", "--help"],
        ["down"],
        ["run", "web", "make"],
        ["exec", "web", "build"],
        ["--profile", "build", "ps"],
    ],
)
def test_what_builds_nothing_is_not_ours(words: list[str]) -> None:
    command = read(words)
    assert (command.builds, command.unclear, command.words) == (False, None, tuple(words))


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--new", "build"], "freshlayer does not know compose's option --new"),
        (["build", "--new"], "freshlayer does not know compose's option --new"),
        (["up", "--build", "--new"], "freshlayer does not know compose's option --new"),
        (["-f", "-", "build"], "a model from standard input is not watched"),
        (["run", "--build", "web"], "what compose run builds is not watched"),
        (["create", "--build"], "what compose create builds is not watched"),
    ],
)
def test_what_is_not_understood_has_its_reason(words: list[str], why: str) -> None:
    assert str(read(words).unclear) == why


def test_up_builds_what_it_starts_and_then_starts_it() -> None:
    command = read(["-p", "x", "up", "-d", "--build", "--quiet-build", "--wait", "web"])
    assert command.globals == ("-p", "x")
    assert command.build_words == ("build", "--quiet", "--with-dependencies", "web")
    assert command.then == ("up", "-d", "--quiet-build", "--wait", "web")
    assert command.dependencies


def test_up_without_dependencies_builds_none() -> None:
    command = read(["up", "--no-deps", "--build", "web"])
    assert command.build_words == ("build", "web")
    assert not command.dependencies


def model(**build: Any) -> dict[str, Any]:
    return {"name": "x", "services": {"web": {"build": build}, "db": {"image": "db"}}}


def only(printed: dict[str, Any], **environ: str) -> BuildTarget:
    (target,) = targets_of(printed, environ)
    return target


def test_a_service_is_read_as_compose_resolved_it() -> None:
    target = only(
        model(
            context="/c",
            dockerfile="D",
            target="final",
            args={"A": "a", "UNSET": None},
            platforms=["linux/amd64", "linux/arm64"],
            network="host",
            additional_contexts={"files": "/files", "base": "service:db"},
        )
    )
    assert target == BuildTarget(
        "web",
        context="/c",
        dockerfile="D",
        target="final",
        args={"A": "a"},
        platforms=("linux/amd64", "linux/arm64"),
        network="host",
        needs=("db",),
        tags=("x-web",),
        contexts={"files": "/files", "base": "service:db"},
    )


def test_the_platform_is_the_builds_else_the_services_and_the_environments_before_both() -> None:
    printed = model(context="/c")
    printed["services"]["web"]["platform"] = "linux/arm64"
    assert only(printed).platforms == ("linux/arm64",)
    assert only(printed, DOCKER_DEFAULT_PLATFORM="linux/386").platforms == ("linux/386",)
    printed["services"]["web"]["build"]["platforms"] = ["linux/amd64"]
    assert only(printed).platforms == ("linux/amd64",)


@pytest.mark.parametrize(
    "printed",
    [
        {"services": []},
        {"services": {"web": "image"}},
        {"services": {"web": {"build": "."}}},
        {"services": {f"s{n}": {} for n in range(1001)}},
        model(context=1),
        model(context="/c", args=["A=a"]),
        model(context="/c", args={"A": 1}),
        model(context="/c", platforms="linux/amd64"),
        model(context="/c", platforms=[None, 1]),
    ],
)
def test_a_model_that_no_compose_prints_is_refused(printed: dict[str, Any]) -> None:
    with pytest.raises(BuilderError):
        list(targets_of(printed, {}))


@pytest.mark.parametrize("text", ["", "[]", "nothing", "[" * 100_000])
def test_what_is_no_model_is_refused(text: str) -> None:
    with pytest.raises(BuilderError):
        document(text, {})


def test_the_override_says_nothing_but_where_the_dockerfiles_are(tmp_path: Path) -> None:
    printed = model(context="/c", dockerfile="D", args={"TOKEN": "hush"})
    changes = _changes({"web": DerivedFile(b"FROM x", "D", None)}, tmp_path)
    assert changes == {"web": {"build": {"dockerfile": str(tmp_path / "0" / "D")}}}
    changed = _changed(printed, changes)
    assert only(changed).dockerfile == str(tmp_path / "0" / "D")
    assert only(printed).dockerfile == "D"


def test_an_inline_dockerfile_stays_inline_and_its_dollars_stay_dollars(tmp_path: Path) -> None:
    file = DerivedFile(b"RUN echo $HOME ${A:-$$}", "Dockerfile", None, inline=True)
    changes = _changes({"web": file}, tmp_path)
    assert changes == {"web": {"build": {"dockerfile_inline": "RUN echo $HOME ${A:-$$}"}}}
    escaped = _escaped(changes)["web"]["build"]["dockerfile_inline"]
    assert escaped == "RUN echo $$HOME $${A:-$$$$}"
    assert list(tmp_path.iterdir()) == []


def test_the_ignore_file_of_a_dockerfile_goes_with_it(tmp_path: Path) -> None:
    (tmp_path / "D.dockerignore").write_text("secret\n")
    files = {
        "one": DerivedFile(b"1", "D", tmp_path / "D.dockerignore"),
        "two": DerivedFile(b"2", "D", None),
    }
    (tmp_path / "out").mkdir()
    paths = write(files, tmp_path / "out")
    assert [path.read_bytes() for path in paths.values()] == [b"1", b"2"]
    assert [path.with_name("D.dockerignore").exists() for path in paths.values()] == [True, False]


DRAWN = """\
[+] Building 0.1s (1/4)\r
 => [web 2/2] RUN make  0.1s\r
[+] Building 0/2\r
 - web  Building 0.1s\r
[+] Building 1.2s (4/4) FINISHED  docker:default\r
 => CACHED [web 2/2] RUN make  0.0s\r
 => [worker last 1/1] RUN make  1.1s\r
[+] Building 2/2\r
 ✔ web  Built 0.0s\r
"""


def test_what_compose_counts_is_no_display_of_buildkits() -> None:
    reader = composed("", 1)
    assert reader is not None
    reader.feed(DRAWN.encode(), 0.0)
    told = [(item.stage, item.number, item.cached) for item in reader.ended(0.0)]
    assert told == [("web", 2, True), ("worker last", 1, False)]


def test_what_is_built_for_a_target_is_built_with_it_once() -> None:
    targets = {
        name: BuildTarget(name, ".", needs=needs)
        for name, needs in {"a": ("b", "c"), "b": ("c",), "c": ("a",), "d": ()}.items()
    }
    assert [target.name for target in with_needed(["a", "nobody"], targets)] == ["a", "b", "c"]


def test_secrets_are_given_to_the_services_that_mount_them_and_no_other_is_touched(tmp_path: Path) -> None:
    files = {
        "web": DerivedFile(b"FROM x", "D", None, secrets={"fl-pins-1": b"text"}),
        "api": DerivedFile(b"FROM x", "D", None),
    }
    changes = {"web": {"build": {"dockerfile": "/a"}}, "api": {"build": {"dockerfile": "/b"}}}
    paths = written_secrets(files, tmp_path)
    assert {name: path.read_bytes() for name, path in paths.items()} == {"fl-pins-1": b"text"}
    override = _override(changes, files, paths)
    assert override["services"]["web"]["build"]["secrets"] == [{"source": "fl-pins-1"}]
    assert override["services"]["api"] == changes["api"]
    assert _without(override, paths) == {"services": changes}
    assert _override(changes, {"api": files["api"]}, {}) == {"services": changes}
    own = {"services": {"a": {"build": {"secrets": [{"source": "s"}]}}, "b": {}}, "secrets": {"s": {}}}
    assert _without(own, paths) == own
