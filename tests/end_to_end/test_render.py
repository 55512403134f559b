"""What ``freshlayer render`` writes, built by builders that freshlayer does not run."""

from __future__ import annotations

from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.base import Builder, build
from testing.builders.table import MEMBERS
from testing.command import Freshlayer
from testing.origins import ServeOrigin, by_builds

WITH_MOUNTS = [name for name in MEMBERS if "classic" not in name]


@pytest.fixture
def freshlayer(every_builder: Builder, tmp_path: Path, project: Path) -> Freshlayer:
    every_builder.reset()
    return Freshlayer.of(every_builder, tmp_path / "state.sqlite3", project)


def write(project: Path, one: ServeOrigin, other: ServeOrigin) -> None:
    lines = (f"FROM {BASE}", f"RUN wget -qO a {one.url}one", f"RUN wget -qO b {other.url}other", "")
    (project / "Dockerfile").write_text("\n".join(lines))


def downloads(*origins: ServeOrigin) -> list[str]:
    return [r.path for origin in origins for r in by_builds(origin.requests())]


def rendered(freshlayer: Freshlayer, *words: str) -> str:
    told = freshlayer("render", *words, ".")
    assert told.code == 0, told.err
    return told.out


@pytest.mark.parametrize(
    ("every_builder", "mechanism"),
    [*((name, "arg") for name in MEMBERS), *((name, "mount") for name in WITH_MOUNTS)],
    indirect=["every_builder"],
)
def test_the_plain_builder_runs_exactly_what_is_stale(
    freshlayer: Freshlayer, every_builder: Builder, mechanism: str, project: Path, tmp_path: Path
) -> None:
    with ServeOrigin(tmp_path, '"a"') as one, ServeOrigin(tmp_path, '"b"') as other:
        write(project, one, other)
        for tag in ("b", "b", "c"):
            other.set_tag(f'"{tag}"')
            rendered(freshlayer, "--mechanism", mechanism, "-o", str(tmp_path / "Derived"))
            build(every_builder, project, "--file", str(tmp_path / "Derived"))
        assert downloads(one, other) == ["/one", "/other", "/other"]


def test_a_dockerfile_that_stays_takes_its_keys_as_build_args(
    freshlayer: Freshlayer, every_builder: Builder, project: Path, tmp_path: Path
) -> None:
    with ServeOrigin(tmp_path, '"a"') as one, ServeOrigin(tmp_path, '"b"') as other:
        write(project, one, other)
        template = str(tmp_path / "Template")
        rendered(freshlayer, "--format=template", "-o", template)
        for tag in ("b", "b", "c"):
            other.set_tag(f'"{tag}"')
            arguments = rendered(freshlayer, "--format=args", "-f", template).splitlines()
            assert len(arguments) == 2
            words = [word for argument in arguments for word in ("--build-arg", argument)]
            build(every_builder, project, "--file", template, *words)
        assert downloads(one, other) == ["/one", "/other", "/other"]


@pytest.mark.parametrize("every_builder", ["buildkit", "sid-buildx"], indirect=True)
def test_what_freshlayer_built_is_cached_for_the_plain_builder(
    freshlayer: Freshlayer, every_builder: Builder, project: Path, tmp_path: Path
) -> None:
    with ServeOrigin(tmp_path, '"a"') as one, ServeOrigin(tmp_path, '"b"') as other:
        write(project, one, other)
        assert freshlayer("build", *every_builder.options, ".").code == 0
        rendered(freshlayer, "-o", str(tmp_path / "Derived"))
        build(every_builder, project, "--file", str(tmp_path / "Derived"))
        assert downloads(one, other) == ["/one", "/other"]


@pytest.mark.parametrize("every_builder", ["trixie-buildah", "trixie-podman"], indirect=True)
def test_newer_buildah_and_podman_read_the_build_args_from_a_file(
    freshlayer: Freshlayer, every_builder: Builder, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    (project / "Dockerfile").write_text(f"FROM {BASE}\nARG FRESHLAYER_TOOL\nRUN wget -qO a {origin.url}\n")
    file = tmp_path / "args"
    for tag in ("v1", "v1", "v2"):
        origin.set_tag(f'"{tag}"')
        rendered(freshlayer, "--format=args", "-o", str(file))
        build(every_builder, project, "--build-arg-file", str(file))
    assert downloads(origin) == ["/", "/"]
