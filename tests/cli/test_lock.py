"""``lock``, ``update``, ``verify`` and ``--locked`` as they are typed."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from testing.command import Ended, Freshlayer
from testing.origins import ServeOrigin

SCHEMAS = Path(__file__).parents[2] / "docs" / "schema"


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_text("utf-8")))


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[ServeOrigin]:
    with ServeOrigin(tmp_path, '"v1"') as started:
        yield started


@pytest.fixture
def freshlayer(tmp_path: Path, project: Path) -> Freshlayer:
    """On a machine without a builder, in a directory that is the root of a repository."""
    (project / ".git").mkdir()
    return Freshlayer({**os.environ, "PATH": str(tmp_path)}, tmp_path / "state.sqlite3", project)


def write(project: Path, *lines: str, name: str = "Dockerfile") -> None:
    path = project / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(["FROM scratch AS base", *lines, ""]))


@pytest.fixture
def locked(freshlayer: Freshlayer, origin: ServeOrigin, project: Path) -> Freshlayer:
    write(project, f"RUN curl {origin.url}a", "RUN luarocks install say", f"RUN curl {origin.url}b")
    told = freshlayer("lock", ".")
    assert told.code == 0, told.err
    return freshlayer


def text(project: Path) -> str:
    return (project / "freshlayer.lock").read_text()


def changes(told: Ended) -> list[tuple[str, str]]:
    document: Any = json.loads(told.out)
    validator("lock-report").validate(document)
    return [(it["kind"], it["subject"].rpartition("/")[2]) for it in document["changes"]]


@pytest.mark.usefixtures("locked")
def test_lock_writes_what_there_is(origin: ServeOrigin, project: Path) -> None:
    document = tomllib.loads(text(project))
    validator("lock").validate(document)
    assert [(it["reference"], it["identity"], it["used-by"]) for it in document["input"]] == [
        (f"{origin.url}a", "etag:v1", ["Dockerfile base RUN"]),
        (f"{origin.url}b", "etag:v1", ["Dockerfile base RUN"]),
    ]
    assert [(it["reason"], it["text"]) for it in document["unwatched"]] == [
        ("packages-by-name", "luarocks install say")
    ]


def test_lock_twice_gives_the_same_bytes_on_any_machine(
    locked: Freshlayer, project: Path, tmp_path: Path
) -> None:
    before = text(project)
    assert locked("lock", ".").code == 0
    assert text(project) == before
    (project / "freshlayer.lock").unlink()
    assert locked.but(state=tmp_path / "other.sqlite3")("lock", ".").code == 0
    assert text(project) == before


def test_lock_keeps_what_is_locked(locked: Freshlayer, origin: ServeOrigin, project: Path) -> None:
    before = text(project)
    origin.set_tag('"v2"')
    assert locked("lock", ".").code == 0
    assert text(project) == before
    write(project, f"RUN curl {origin.url}a", f"RUN curl {origin.url}c")
    told = locked("lock", "--json", ".")
    assert changes(told) == [("removed", "b"), ("added", "c")]
    assert ["etag:v1" in text(project), "etag:v2" in text(project)] == [True, True]


def test_what_moved_is_named_and_not_built(locked: Freshlayer, origin: ServeOrigin) -> None:
    assert locked("verify").code == 0
    assert locked("--locked", "render", ".").code == 0
    origin.set_tag('"v2"')
    told = locked("verify", "--json")
    assert (told.code, changes(told)) == (1, [("changed", "a"), ("changed", "b")])
    assert locked("verify", "--offline").code == 0
    told = locked("--locked", "render", ".")
    assert (told.code, told.out) == (2, "")
    assert f'{origin.url}a: etag "v1" → etag "v2"' in told.err


def test_a_message_of_locked_ends_with_what_to_do(locked: Freshlayer, project: Path) -> None:
    lock = project / "freshlayer.lock"
    lock.write_text(lock.read_text().replace("\n[[input]]", "\n<<<<<<< HEAD\n[[input]]", 1))
    told = locked("--locked", "render", ".")
    assert told.code != 0
    assert "freshlayer: --locked: " in told.err
    assert "freshlayer.lock:" in told.err.partition("--locked: ")[2]
    assert "a merge conflict" in told.err
    lock.unlink()
    told = locked("--locked", "render", ".")
    assert told.err.strip().endswith("freshlayer.lock: there is no lock file (run freshlayer lock)")


def test_update_moves_the_lock_forward(locked: Freshlayer, origin: ServeOrigin, project: Path) -> None:
    origin.set_tag('"v2"')
    told = locked("update", "--dry-run", "--exit-code", "--format", "markdown")
    assert told.code == 1
    assert f'| `{origin.url}a` | `etag "v1"` | `etag "v2"` |' in told.out
    assert "etag:v2" not in text(project)
    assert locked("update", "b", "--exit-code").code == 1
    assert changes(locked("update", "--json")) == [("changed", "a")]
    assert locked("update", "--exit-code").code == 0
    assert locked("verify").code == 0
    assert locked("--locked", "render", ".").code == 0


def test_the_key_is_that_of_the_lock(locked: Freshlayer) -> None:
    plain = locked("render", ".").out
    assert "id=fl-" in plain
    assert locked("--locked", "render", ".").out == plain


def test_what_is_frozen_is_passed_by(locked: Freshlayer, origin: ServeOrigin, project: Path) -> None:
    path = project / "freshlayer.lock"
    path.write_text(path.read_text().replace('strength = "strong"', 'strength = "strong"\nfrozen = true', 1))
    origin.set_tag('"v2"')
    told = locked("update", "--json")
    assert changes(told) == [("changed", "b"), ("frozen", "a")]
    assert changes(locked("verify", "--json")) == [("frozen", "a")]
    assert locked("verify").code == 1
    assert locked("update", "--exit-code").code == 0


def test_a_name_that_means_nothing_is_an_error(locked: Freshlayer) -> None:
    told = locked("update", "jq")
    assert (told.code, "jq: the lock file has no such input" in told.err) == (2, True)


def test_an_origin_that_gives_no_answer_is_not_as_locked(
    locked: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    before = text(project)
    origin.down()
    told = locked("verify", "--json")
    assert (told.code, changes(told)) == (2, [("unknown", "a"), ("unknown", "b")])
    told = locked("update")
    assert (told.code, "(nothing was written)" in told.err) == (2, True)
    assert locked("lock", ".").code == 0
    assert text(project) == before
    assert locked("verify", "--offline").code == 0
    told = locked("--locked", "render", ".")
    assert (told.code, "can't be compared" in told.err) == (2, True)


def test_what_was_never_observed_is_not_covered(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    write(project, f"RUN curl {origin.url}a")
    origin.down()
    told = freshlayer("lock", ".")
    assert (told.code, "1 not covered" in told.out) == (0, True)
    assert 'reason = "connection-refused"' in text(project)
    assert freshlayer("verify").code == 0
    assert freshlayer("verify", "--strict").code == 1
    told = freshlayer("--locked", "render", ".")
    assert (told.code, "is not covered: connection-refused" in told.err) == (2, True)


def test_a_dockerfile_that_reads_more_is_named(
    locked: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    with (project / "Dockerfile").open("a") as file:
        file.write(f"RUN curl {origin.url}new\nRUN luarocks install lua-cjson\n")
    told = locked("verify", "--offline", "--json")
    assert told.code == 1
    assert changes(told) == [("added", "new"), ("added", "luarocks install lua-cjson")]
    told = locked("--locked", "render", ".")
    assert (told.code, f"{origin.url}new is not in the lock file" in told.err) == (2, True)


def test_a_setting_insists_for_builds_alone(locked: Freshlayer, origin: ServeOrigin, project: Path) -> None:
    (project / "freshlayer.toml").write_text("locked = true\n")
    origin.set_tag('"v2"')
    assert locked("render", ".").code == 2
    assert locked("check", ".").code == 1
    assert locked("update").code == 0
    assert locked("render", ".").code == 0
    (project / "freshlayer.lock").unlink()
    told = locked("render", ".")
    assert (told.code, "--locked: " in told.err) == (2, True)
    assert locked("lock", ".").code == 0


def test_a_build_fails_before_the_builder_starts(locked: Freshlayer) -> None:
    """There is none here: it would be an error of its own, with another text."""
    told = locked("--locked", "build", ".")
    assert told.code == 125
    assert "no builder was found" in told.err


def test_a_file_that_can_not_be_read_is_an_error_with_its_line(locked: Freshlayer, project: Path) -> None:
    path = project / "freshlayer.lock"
    path.write_text(path.read_text().replace('"etag:v1"', "1", 1))
    before = path.read_text()
    for words in (
        ["verify"],
        ["verify", "--offline"],
        ["update"],
        ["lock", "."],
        ["--locked", "render", "."],
    ):
        told = locked(*words)
        assert told.code == 2, words
        assert f"{path}:10: [[input]]: expected `str`, got `int`" in told.err
    assert path.read_text() == before


def test_several_dockerfiles_share_the_file_of_their_repository(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    write(project, f"RUN curl {origin.url}both", name="one/Dockerfile")
    write(project, f"RUN curl {origin.url}both", f"RUN curl {origin.url}two", name="two/Dockerfile")
    assert freshlayer("lock", "one").code == 0
    assert freshlayer("lock", "--recursive", ".").code == 0
    document = tomllib.loads(text(project))
    assert [it["path"] for it in document["dockerfile"]] == ["one/Dockerfile", "two/Dockerfile"]
    assert [it["used-by"] for it in document["input"]] == [
        ["one/Dockerfile base RUN", "two/Dockerfile base RUN"],
        ["two/Dockerfile base RUN"],
    ]
    assert freshlayer("verify").code == 0
    (project / "two" / "Dockerfile").unlink()
    assert freshlayer("lock", "one").code == 0
    assert "two" not in text(project)


def test_a_lock_file_names_no_dockerfile_outside(
    freshlayer: Freshlayer, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("hunter2\n")
    (project / "freshlayer.lock").write_text('version = 1\n\n[[dockerfile]]\npath = "../secret"\n')
    told = freshlayer("verify", "--offline")
    assert (told.code, "is not below the lock file" in told.err) == (2, True)
    assert "hunter2" not in told.err + told.out
    (project / "link").symlink_to(tmp_path / "secret")
    (project / "freshlayer.lock").write_text('version = 1\n\n[[dockerfile]]\npath = "link"\n')
    told = freshlayer("verify", "--offline")
    assert (told.code, "hunter2" in told.err + told.out) == (2, False)


def test_options_are_kept_in_the_file(freshlayer: Freshlayer, origin: ServeOrigin, project: Path) -> None:
    write(project, "ARG V=1", f"RUN curl {origin.url}$V-$TARGETARCH")
    lines = ["ARG TARGETARCH", "ARG V=1", f"RUN curl {origin.url}$V-$TARGETARCH"]
    write(project, *lines)
    platforms = "linux/amd64,linux/arm64"
    assert freshlayer("lock", "--platform", platforms, "--build-arg", "V=2", ".").code == 0
    before = text(project)
    assert [it["reference"].rpartition("/")[2] for it in tomllib.loads(before)["input"]] == [
        "2-amd64",
        "2-arm64",
    ]
    for words in (["verify"], ["verify", "--offline"], ["lock", "."], ["update"]):
        assert freshlayer(*words).code == 0, words
    assert text(project) == before


def test_without_a_lock_file_verify_says_how_to_get_one(freshlayer: Freshlayer, project: Path) -> None:
    write(project)
    for words in (["verify"], ["verify", "--offline"], ["update"]):
        told = freshlayer(*words)
        assert (told.code, "there is no lock file (freshlayer lock writes one)" in told.err) == (2, True)


@pytest.mark.parametrize(
    "given", ["NPM_TOKEN=a", "X=ghp_" + "a1B2" * 9, "PROXY=http://user:hunter2@proxy.example.org"]
)
def test_a_build_arg_that_is_a_secret_is_not_written(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, given: str
) -> None:
    write(project, f"RUN curl {origin.url}a")
    name, _, value = given.partition("=")
    told = freshlayer("lock", "--build-arg", given, ".")
    assert told.code == 2
    assert f"--build-arg {name}: looks like a secret" in told.err
    assert value not in told.err or value == "a"
    assert not (project / "freshlayer.lock").exists()
    assert freshlayer("lock", "--build-arg", "VERSION=3f2a9c1", ".").code == 0


def test_a_setting_of_the_repository_names_another_place(
    locked: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    (project / "freshlayer.lock").unlink()
    (project / "web" / "docker").mkdir(parents=True)
    (project / "web" / "docker" / "Dockerfile").write_text(f"FROM scratch AS base\nRUN curl {origin.url}a\n")
    (project / "freshlayer.toml").write_text('lock_file = "ci/app.lock"\n')
    assert locked("lock", "-f", "web/docker/Dockerfile", "web").code == 0
    (dockerfile,) = tomllib.loads((project / "ci" / "app.lock").read_text())["dockerfile"]
    assert (dockerfile["path"], dockerfile["context"]) == ("../web/docker/Dockerfile", "../web")
    for words in (["verify"], ["verify", "--offline"], ["update"], ["export", "--format", "hermeto"]):
        assert locked(*words).code == 0, words
    assert locked("--locked", "render", "-f", "web/docker/Dockerfile", "web").code == 0
    assert not (project / "freshlayer.lock").exists()


@pytest.mark.parametrize("name", ["/tmp/a.lock", "../a.lock", "a/../../b.lock", "a.toml", ".git/a.lock"])
def test_a_checkout_chooses_no_place_outside_of_itself(
    freshlayer: Freshlayer, project: Path, name: str
) -> None:
    write(project)
    (project / "freshlayer.toml").write_text(f'lock_file = "{name}"\n')
    told = freshlayer("lock", ".")
    assert (
        told.code,
        f"freshlayer.toml: lock_file: {name}: not a path below the repository" in told.err,
    ) == (2, True)


def test_a_place_behind_a_link_is_not_used(freshlayer: Freshlayer, project: Path, tmp_path: Path) -> None:
    write(project)
    (tmp_path / "elsewhere").mkdir()
    (project / "ci").symlink_to(tmp_path / "elsewhere")
    (project / "freshlayer.toml").write_text('lock_file = "ci/a.lock"\n')
    told = freshlayer("lock", ".")
    assert (told.code, "lock_file: ci/a.lock: a link leads out of the repository (" in told.err) == (2, True)
    told = freshlayer("--locked", "render", ".")
    assert (told.code, "a link leads out of the repository (" in told.err) == (2, True)
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize("target", ["../outside.lock", ".git/outside.lock"])
@pytest.mark.parametrize("name", ["freshlayer.lock", "a.lock"])
def test_a_lock_file_that_is_a_link_out_of_the_repository_is_not_used(
    freshlayer: Freshlayer, project: Path, name: str, target: str
) -> None:
    write(project)
    outside = project / target
    (project / name).symlink_to(target)
    if name == "a.lock":
        (project / "freshlayer.toml").write_text('lock_file = "a.lock"\n')
    for words in (["lock", "."], ["update"], ["verify"], ["export"]):
        told = freshlayer(*words)
        assert (told.code, f"{name}: a link leads out of the repository (" in told.err) == (2, True), words
    assert not outside.exists()
    assert freshlayer("--identities", name, "lock", ".").code == 0
    assert outside.exists()


def test_a_lock_file_that_is_a_link_within_the_repository_is_used(
    freshlayer: Freshlayer, project: Path
) -> None:
    write(project)
    (project / "ci").mkdir()
    (project / "freshlayer.lock").symlink_to("ci/real.lock")
    assert freshlayer("lock", ".").code == 0
    assert (project / "ci" / "real.lock").exists()
