"""Which build a record is of: found by what was built, on real builders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.base import Builder
from testing.builders.base import build as plainly
from testing.builders.containers import ContainersBuilder
from testing.builders.table import Builders
from testing.command import Ended, Freshlayer
from testing.origins import ServeOrigin, by_builds


@pytest.fixture(params=["buildkit"])
def builder(request: pytest.FixtureRequest, builders: Builders) -> Builder:
    return builders[request.param]


def write(folder: Path, *lines: str) -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    (folder / "Dockerfile").write_text("\n".join((f"FROM {BASE}", *lines, "")))
    return folder


def wget(origin: ServeOrigin, path: str = "") -> str:
    return f"RUN wget -qO /f {origin.url}{path}"


def check(freshlayer: Freshlayer, folder: Path, *words: str) -> Ended:
    told = freshlayer("check", "--network=host", *words, str(folder))
    assert told.code in {0, 1}, told.err
    return told


def build(freshlayer: Freshlayer, folder: Path, *words: str) -> Ended:
    told = freshlayer.build(*words, str(folder))
    assert told.code == 0, told.err
    return told


def downloads(origin: ServeOrigin) -> int:
    return len(by_builds(origin.requests()))


@pytest.mark.parametrize("builder", ["buildkit", "classic", "podman"], indirect=True)
def test_two_dockerfiles_with_an_equal_run_explain_each_other(
    freshlayer: Freshlayer, origin: ServeOrigin, tmp_path: Path
) -> None:
    one, two = (write(tmp_path / name, wget(origin), f"RUN echo {name}") for name in ("one", "two"))
    report = tmp_path / "report.json"
    for tag in ('"v1"', '"v2"'):
        origin.set_tag(tag)
        build(freshlayer, one)
        told = build(freshlayer.but("--report", str(report)), two)
        assert "unexpected" not in told.err
    assert downloads(origin) == 2
    because = json.loads(report.read_text())["instructions"][1]["because"]["text"]
    assert because == f"{one}/Dockerfile was built with the same inputs"


def test_what_is_not_watched_is_listed_until_a_build_had_it(
    freshlayer: Freshlayer, origin: ServeOrigin, tmp_path: Path
) -> None:
    folder = write(tmp_path / "context", wget(origin), "RUN wget -qO /g $(cat /nowhere) || true")
    listed = "Dockerfile:3 not watched: "
    assert listed in check(freshlayer, folder).out
    build(freshlayer, folder)
    told = check(freshlayer, folder)
    assert (told.code, listed in told.out, "; 1 not watched" in told.out) == (0, False, True)
    assert listed in check(freshlayer, folder, "--verbose").out
    write(folder, "# one line more", wget(origin), "RUN wget -qO /g $(cat /nowhere) || true")
    assert "not watched: " not in check(freshlayer, folder).out
    write(folder, wget(origin), "RUN wget -qO /g $(cat /elsewhere) || true")
    assert listed in check(freshlayer, folder).out


def test_a_build_that_failed_explains_what_is_cached(
    freshlayer: Freshlayer, origin: ServeOrigin, tmp_path: Path
) -> None:
    """It is not recorded, and leaves a layer in the builder's cache."""
    one, two = tmp_path / "one", tmp_path / "two"
    write(one, wget(origin), "RUN true")
    write(two, wget(origin), "RUN true && true")
    for folder in (one, two):
        build(freshlayer, folder)
    origin.set_tag('"v2"')
    write(one, wget(origin), "RUN false")
    assert freshlayer.build(str(one)).code != 0
    told = build(freshlayer, two)
    assert "unexpected" not in told.err
    assert downloads(origin) == 2


def test_podman_and_buildah_on_one_store(builders: Builders, origin: ServeOrigin, tmp_path: Path) -> None:
    podman = builders["podman"]
    assert isinstance(podman, ContainersBuilder)
    builders["buildah"]
    folder = write(tmp_path / "context", wget(origin))
    by_podman = Freshlayer.of(podman, tmp_path / "s", folder)
    by_buildah = Freshlayer(podman.environment(), tmp_path / "s", folder, ("--builder", "buildah"))
    for tag in ('"v1"', '"v2"'):
        origin.set_tag(tag)
        build(by_podman, folder)
        stale = check(by_buildah, folder)
        assert (stale.code, "never built" in stale.out) == (1, False)
        told = build(by_buildah, folder)
        assert "unexpected" not in told.err
        assert check(by_buildah, folder).code == 0
    assert downloads(origin) <= 4


def test_build_args_in_turn_are_two_builds(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    write(project, "ARG V", wget(origin, "$V"))
    for value in "12":
        build(freshlayer, project, "--build-arg", f"V={value}")
    for value in "1212":
        assert check(freshlayer, project, "--build-arg", f"V={value}").code == 0
        build(freshlayer, project, "--build-arg", f"V={value}")
    assert downloads(origin) == 2
    told = check(freshlayer, project, "--build-arg", "V=3")
    assert told.code == 1
    assert f"now reads {origin.url}3" in told.out


def test_a_renamed_stage_is_the_same_stage(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    def named(name: str) -> str:
        return (
            f"FROM {BASE} AS {name}\n{wget(origin)}\nFROM {name} AS more\n{wget(origin, '?more')}\n"
            f"FROM {BASE}\nCOPY --from={name} /f /f\nCOPY --from=more /f /g\n{wget(origin, '?last')}\n"
        )

    (project / "Dockerfile").write_text(named("one"))
    build(freshlayer, project)
    (project / "Dockerfile").write_text(named("other"))
    told = check(freshlayer, project)
    assert (told.code, "edited" in told.out) == (0, False)
    told = build(freshlayer, project)
    assert "rebuilt 0 of 5 layers" in told.err
    assert "unexpected" not in told.err


def test_a_directory_that_was_moved_and_a_second_clone(
    freshlayer: Freshlayer, origin: ServeOrigin, tmp_path: Path
) -> None:
    one = write(tmp_path / "one", wget(origin), 'CMD ["sh"]')
    build(freshlayer, one)
    clone = Path(shutil.copytree(one, tmp_path / "clone"))
    told = check(freshlayer, clone)
    assert told.code == 0
    assert f"no input changed (built by {one}/Dockerfile)" in told.out
    origin.set_tag('"v2"')
    assert check(freshlayer, clone).code == 1
    build(freshlayer, clone)
    assert check(freshlayer, clone).code == 0
    # The image of the first clone is still the old one.
    assert check(freshlayer, one).code == 1
    moved = Path(shutil.move(clone, tmp_path / "moved"))
    assert check(freshlayer, moved).code == 0


def test_a_dockerfile_that_shares_only_its_beginning_was_never_built(
    freshlayer: Freshlayer, origin: ServeOrigin, tmp_path: Path
) -> None:
    one = write(tmp_path / "one", wget(origin), "RUN echo one")
    two = write(tmp_path / "two", wget(origin), "RUN echo two")
    build(freshlayer, one)
    told = check(freshlayer, two)
    assert told.code == 1
    assert f"built from {one}/Dockerfile, not yet from this Dockerfile" in told.out


def test_a_verdict_is_relative_to_the_last_build(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    write(project, wget(origin))
    before = [check(freshlayer, project, "--json").document["inputs"][0]["verdict"] for _ in range(2)]
    assert before == ["first-seen", "first-seen"]
    build(freshlayer, project)
    origin.set_tag('"v2"')
    for _ in range(2):
        told = check(freshlayer, project, "--json").document
        assert told["inputs"][0]["verdict"] == "changed"
        assert told["inputs"][0]["reason"]["text"] == 'was "v1", now "v2"'
        assert told["instructions"][1]["state"] == "stale"
        assert 'changed (probable): was "v1", now "v2"' in check(freshlayer, project, "--explain", "2").out
    origin.set_tag('"v1"')
    for _ in range(2):
        told = check(freshlayer, project, "--json").document
        assert told["inputs"][0]["verdict"] == "unchanged"
        assert told["instructions"][1]["state"] == "fresh"


@pytest.mark.parametrize("builder", ["buildkit", "classic"], indirect=True)
def test_a_key_that_was_taken_away_is_a_reason(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    write(project, wget(origin), "RUN true")
    build(freshlayer, project)
    write(project, "# freshlayer: ignore", wget(origin), "RUN true")
    told = check(freshlayer, project)
    assert told.code == 1
    reason = f"it had a key and has none now: no longer reads {origin.url}"
    assert f"Dockerfile:3 RUN stale: {reason}" in told.out
    told = build(freshlayer, project)
    assert "unexpected" not in told.err
    assert f"stale: {reason}" in told.err
    assert "rebuilt 2 of 2 layers" in told.err
    assert check(freshlayer, project).code == 0
    told = build(freshlayer, project)
    assert "rebuilt 0 of 2 layers" in told.err


def test_an_edited_instruction_is_named(freshlayer: Freshlayer, origin: ServeOrigin, project: Path) -> None:
    write(project, "RUN echo 1", "ENV A=1", "RUN echo 2", wget(origin), "RUN echo 3")
    build(freshlayer, project)
    write(project, "RUN echo 1!", "ENV A=1", "RUN echo 2", wget(origin), "RUN echo 3")
    told = check(freshlayer, project)
    assert told.code == 0
    assert "Dockerfile:2 RUN edited since the last build" in told.out
    edited = [
        it["line"] for it in check(freshlayer, project, "--json").document["instructions"] if it["edited"]
    ]
    assert edited == [2]
    told = build(freshlayer, project)
    assert "rebuilt 4 of 4 layers" in told.err
    assert "Dockerfile:2 RUN ran" in told.err
    assert "it was edited since the last build" in told.err
    write(project, "RUN echo 1!", "ENV A=2", "RUN echo 2", wget(origin), "RUN echo 3")
    assert "Dockerfile:3 ENV edited since the last build" in check(freshlayer, project).out
    told = build(freshlayer, project)
    assert "line 3 before it was edited since the last build" in told.err
    assert "edited since" not in check(freshlayer, project).out


def test_why_an_instruction_was_never_built(
    freshlayer: Freshlayer, builders: Builders, origin: ServeOrigin, tmp_path: Path
) -> None:
    def reason(words: Freshlayer, folder: Path) -> str:
        told = check(words, folder, "--json")
        assert told.code == 1
        return next(
            str(it["reason"]["text"]) for it in told.document["instructions"] if it["instruction"] == "RUN"
        )

    one = write(tmp_path / "one", wget(origin))
    assert reason(freshlayer, one) == "no build is recorded"
    build(freshlayer, one)
    classic = Freshlayer(builders["classic"].environment(), freshlayer.state, tmp_path)
    assert reason(classic, one) == "built by buildkit, not yet by classic"
    assert reason(freshlayer.but(DOCKER_DEFAULT_PLATFORM="linux/386"), one).startswith("built for linux/")
    two = write(tmp_path / "two", "RUN true", wget(origin))
    assert f"built from {one}/Dockerfile" in str(check(freshlayer, two).out)
    new = write(tmp_path / "new", wget(origin, "?new"))
    assert reason(freshlayer, new) == "never built through freshlayer: this Dockerfile is new"
    write(one, wget(origin, "?edited"))
    assert reason(freshlayer, one) == "edited since the last build"


def test_an_engine_that_never_built_it_is_another_engine(
    builders: Builders, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    write(project, wget(origin))
    one = Freshlayer.of(builders["sid-buildx"], tmp_path / "s", project)
    other = Freshlayer.of(builders["sid-containerd"], tmp_path / "s", project)
    build(one, project)
    assert check(one, project).code == 0
    told = check(other, project)
    assert told.code == 1
    assert (
        f"built on {one.environment['DOCKER_HOST']}, not yet on {other.environment['DOCKER_HOST']}"
        in told.out
    )
    build(other, project)
    assert check(other, project).code == check(one, project).code == 0
    assert downloads(origin) == 2


@pytest.mark.parametrize("builder", ["buildkit", "classic", "sid-buildx", "podman", "buildah"], indirect=True)
def test_a_tag_that_means_another_image_is_named(
    freshlayer: Freshlayer, builder: Builder, origin: ServeOrigin, project: Path
) -> None:
    write(project, wget(origin))
    build(freshlayer, project, "-t", "records:1")
    assert check(freshlayer, project).err == ""
    other = write(project.parent / "other", "RUN echo another image")
    plainly(builder, other, "-t", "records:1")
    told = check(freshlayer, project)
    assert told.code == 0
    assert "Dockerfile: records:1 is the image " in told.err
    assert "of the last build" in told.err
    assert check(freshlayer, project, "--offline").err.count("records:1") == 0
    build(freshlayer, project, "-t", "records:1")
    assert "records:1" not in check(freshlayer, project).err
