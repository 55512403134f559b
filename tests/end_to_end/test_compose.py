"""``freshlayer compose`` in place of ``docker compose``."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from testing.base_image import BASE
from testing.builders.base import Builder
from testing.builders.docker import DockerBuilder
from testing.builders.table import Builders
from testing.command import Freshlayer
from testing.origins import ServeOrigin, fetched

RELEASES = ("trixie-buildx", "sid-buildx")
NEWEST = ("sid-buildx",)
newest = pytest.mark.parametrize("builder", NEWEST, indirect=True)


@pytest.fixture(params=RELEASES)
def builder(request: pytest.FixtureRequest, builders: Builders) -> Builder:
    started = builders[request.param]
    started.reset()
    return started


def asked(origin: ServeOrigin) -> int:
    """How often freshlayer asked."""
    agents = [r.headers.get("user-agent", "") for r in origin.requests()]
    return len([agent for agent in agents if agent.startswith("freshlayer")])


def write(project: Path, services: dict[str, Any], name: str = "compose.yaml") -> None:
    for service in services.values():
        if "build" in service:
            service["build"].setdefault("network", "host")
            service.setdefault("network_mode", "none")
    (project / name).write_text(json.dumps({"name": "project", "services": services}), encoding="utf-8")


def dockerfile(folder: Path, *lines: str, name: str = "Dockerfile") -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join([f"FROM {BASE}", *lines, ""]), encoding="utf-8")


def stale(report: Path) -> dict[str, list[int]]:
    """The lines that were stale, by service."""
    parts = json.loads(report.read_text(encoding="utf-8"))["dockerfiles"]
    return {
        part["name"]: [item["line"] for item in part["instructions"] if item["state"] == "stale"]
        for part in parts
    }


def test_only_the_service_whose_origin_changed_runs_its_instruction_again(
    freshlayer: Freshlayer, origin: ServeOrigin, other: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    dockerfile(project / "web", f"RUN wget -qO f {origin.url}web", f"RUN wget -qO g {other.url}web")
    dockerfile(project / "worker", f"RUN wget -qO f {other.url}worker")
    write(project, {name: {"build": {"context": name}} for name in ("web", "worker")})
    reporting = freshlayer.but("--report", str(tmp_path / "report"))
    for _ in range(2):
        told = reporting("compose", "build")
        assert told.code == 0, told.err
    assert fetched(origin) == ["/web"]
    assert sorted(fetched(other)) == ["/web", "/worker"]
    assert stale(tmp_path / "report") == {"web": [], "worker": []}
    origin.set_tag('"v2"')
    assert reporting("compose", "build", "worker").code == 0
    assert fetched(origin) == ["/web"]
    told = reporting("compose", "build")
    assert fetched(origin) == ["/web", "/web"]
    assert sorted(fetched(other)) == ["/web", "/web", "/worker"]
    assert stale(tmp_path / "report") == {"web": [2, 3], "worker": []}
    assert "freshlayer: web:   web/Dockerfile:2 RUN stale" in told.err
    assert 'was "v1", now "v2"' in told.err
    assert "freshlayer: web:   rebuilt 2 of 2 layers" in told.err
    assert "freshlayer: worker:   rebuilt 0 of 1 layer" in told.err


def test_what_services_share_is_asked_once(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    for name in ("web", "worker"):
        dockerfile(project / name, f"RUN wget -qO {name} {origin.url}shared")
    write(project, {name: {"build": {"context": name}} for name in ("web", "worker")})
    assert freshlayer("compose", "build", "web").code == 0
    of_one = asked(origin)
    assert of_one
    assert freshlayer.but(state=tmp_path / "empty")("compose", "build").code == 0
    assert len(fetched(origin)) == 2
    assert asked(origin) == 2 * of_one


def test_services_with_the_same_dockerfile_and_other_args_are_told_apart(
    freshlayer: Freshlayer, origin: ServeOrigin, other: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    dockerfile(project, "ARG URL", "RUN wget -qO f $URL")
    write(
        project,
        {
            "web": {"build": {"context": ".", "args": {"URL": origin.url}}},
            "worker": {"build": {"context": ".", "args": {"URL": other.url}}},
        },
    )
    reporting = freshlayer.but("--report", str(tmp_path / "report"))
    assert reporting("compose", "build").code == 0
    assert reporting("compose", "build").code == 0
    assert stale(tmp_path / "report") == {"web": [], "worker": []}
    other.set_tag('"w2"')
    assert reporting("compose", "build").code == 0
    assert stale(tmp_path / "report") == {"web": [], "worker": [3]}
    assert (len(fetched(origin)), len(fetched(other))) == (1, 2)


# compose 2.26 knows no additional context of another service.
@newest
def test_inline_dockerfiles_targets_and_contexts_of_other_services(
    freshlayer: Freshlayer, builder: Builder, origin: ServeOrigin, project: Path
) -> None:
    inline = f"FROM {BASE}\nENV A=a\nRUN wget -qO $$A {origin.url}inline && echo $${{A}} > /b\n"
    dockerfile(project / "web", f"RUN wget -qO f {origin.url}web", "FROM base AS last", "COPY --from=0 f c")
    write(
        project,
        {
            "base": {"image": "base", "build": {"context": ".", "dockerfile_inline": inline}},
            "web": {
                "image": "web",
                "build": {
                    "context": "web",
                    "target": "last",
                    "additional_contexts": {"base": "service:base"},
                },
            },
        },
    )
    for _ in range(2):
        assert freshlayer("compose", "build", "web").code == 0
    assert sorted(fetched(origin)) == ["/inline", "/web"]
    names = {m.name for layer in builder.image("web").layers for m in layer}
    assert {"a", "b", "c"} <= names
    origin.set_tag('"v2"')
    assert freshlayer("compose", "build", "web").code == 0
    assert sorted(fetched(origin)) == ["/inline", "/inline", "/web", "/web"]


def test_the_image_is_the_one_that_compose_builds_without_us(
    freshlayer: Freshlayer, builder: Builder, origin: ServeOrigin, project: Path
) -> None:
    dockerfile(project, f"RUN wget -qO f {origin.url}", "COPY . /c")
    write(project, {"web": {"image": "web", "build": {"context": ".", "labels": {"L": "$$l"}}}})
    builder.run("compose", "build", cwd=project)
    without = builder.image("web")
    builder.reset()
    assert freshlayer("compose", "build").code == 0
    image, identifier = builder.image("web"), builder.image_id("web")
    assert (image.configuration, image.layers) == (without.configuration, without.layers)
    assert freshlayer("compose", "build").code == 0
    assert builder.image_id("web") == identifier


def test_the_files_that_compose_finds_by_itself_all_count(
    freshlayer: Freshlayer, builder: Builder, origin: ServeOrigin, project: Path
) -> None:
    dockerfile(project, f"RUN wget -qO f {origin.url}")
    write(project, {"web": {"image": "first", "build": {"context": "."}}})
    write(project, {"web": {"image": "second"}}, "compose.override.yaml")
    below = project / "below"
    below.mkdir()
    told = replace(freshlayer, directory=below)("compose", "build")
    assert told.code == 0, told.err
    assert "runs as typed" not in told.err
    assert builder.image_id("second")
    assert not builder.image_id("first")
    assert len(fetched(origin)) == 1
    origin.set_tag('"v2"')
    assert freshlayer("compose", "-f", "compose.yaml", "build").code == 0
    assert builder.image_id("first")
    assert len(fetched(origin)) == 2


@pytest.mark.parametrize("where", [".env", "environment"])
@newest
def test_the_files_that_compose_file_lists_count(
    freshlayer: Freshlayer, builder: Builder, origin: ServeOrigin, project: Path, where: str
) -> None:
    dockerfile(project, f"RUN wget -qO f {origin.url}")
    write(project, {"web": {"image": "first", "build": {"context": "."}}}, "one.yaml")
    write(project, {"web": {"image": "second"}}, "two.yaml")
    if where == ".env":
        (project / ".env").write_text("COMPOSE_FILE=one.yaml:two.yaml\n", encoding="utf-8")
    else:
        freshlayer = freshlayer.but(COMPOSE_FILE="one.yaml:two.yaml")
    told = freshlayer("compose", "build")
    assert told.code == 0, told.err
    assert "runs as typed" not in told.err
    assert builder.image_id("second")


@newest
def test_a_service_that_a_profile_hides_is_watched_when_it_is_named(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    dockerfile(project, f"RUN wget -qO f {origin.url}")
    write(project, {"web": {"image": BASE}, "hidden": {"profiles": ["p"], "build": {"context": "."}}})
    for _ in range(2):
        assert freshlayer("compose", "build", "hidden").code == 0
        origin.set_tag('"v2"')
    assert len(fetched(origin)) == 2


@newest
def test_a_tag_that_means_another_image_is_named(
    freshlayer: Freshlayer, builder: Builder, project: Path, origin: ServeOrigin
) -> None:
    dockerfile(project / "web", f"RUN wget -q -O /file {origin.url}")
    write(project, {"web": {"build": {"context": "web"}}})
    assert freshlayer("compose", "build").code == 0
    assert "project-web" not in freshlayer("check", "--network=host", "web").err
    dockerfile(project / "other", "RUN echo another image")
    builder.run("build", "--network=host", "-t", "project-web", "other", cwd=project)
    assert "project-web is the image " in freshlayer("check", "--network=host", "web").err


def test_up_starts_what_was_built_and_knows_nothing_of_us(
    freshlayer: Freshlayer, builder: Builder, origin: ServeOrigin, project: Path
) -> None:
    dockerfile(project, f"RUN wget -qO f {origin.url}")
    write(
        project,
        {
            "db": {"build": {"context": "."}, "command": ["true"]},
            "web": {"build": {"context": "."}, "depends_on": ["db"], "command": ["echo", "is up"]},
        },
    )
    for tag, times in (('"v1"', 1), ('"v1"', 1), ('"v2"', 2)):
        origin.set_tag(tag)
        told = freshlayer("compose", "up", "--build", "web")
        assert told.code == 0, told.err
        assert "is up" in told.out
        assert len(fetched(origin)) == times
    files = '{{index .Config.Labels "com.docker.compose.project.config_files"}}'
    label = builder.run("container", "inspect", "--format", files, "project-web-1").stdout.strip()
    assert label == str(project / "compose.yaml")
    assert freshlayer("compose", "down").code == 0


@newest
def test_nothing_is_left_and_nothing_of_the_users_is_changed(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "temporary").mkdir()
    dockerfile(project, f"RUN wget -qO f {origin.url}", "COPY . /c")
    (project / "Dockerfile.dockerignore").write_text("compose.yaml\n", encoding="utf-8")
    write(project, {"web": {"image": "web", "build": {"context": "."}}})
    before = {path: path.read_bytes() for path in project.iterdir()}
    own = freshlayer.but(TMPDIR=str(tmp_path / "temporary"))
    assert own("compose", "build").code == 0
    dockerfile(project, f"RUN wget -qO f {origin.url} && false")
    told = own("compose", "build")
    plain = freshlayer("compose", "build", "--pull=false")
    assert told.code == plain.code != 0
    assert "this build was not recorded" in told.err
    assert os.listdir(tmp_path / "temporary") == []
    dockerfile(project, f"RUN wget -qO f {origin.url}", "COPY . /c")
    assert {path: path.read_bytes() for path in project.iterdir()} == before


@newest
def test_the_ignore_file_beside_a_dockerfile_counts(
    freshlayer: Freshlayer, builder: Builder, origin: ServeOrigin, project: Path
) -> None:
    dockerfile(project, f"RUN wget -qO f {origin.url}", "COPY . /c", name="Web")
    (project / "Web.dockerignore").write_text("secret\n", encoding="utf-8")
    (project / "secret").touch()
    (project / "open").touch()
    write(project, {"web": {"image": "web", "build": {"context": ".", "dockerfile": "Web"}}})
    assert freshlayer("compose", "build").code == 0
    names = {m.name for layer in builder.image("web").layers for m in layer}
    assert "c/open" in names
    assert "c/secret" not in names


@newest
def test_other_commands_pass_through(freshlayer: Freshlayer, builder: Builder, project: Path) -> None:
    write(project, {"web": {"image": BASE}})
    for words in (["config"], ["config", "--services"], ["version"], ["nonsense"], ["build", "--nonsense"]):
        plain = builder.run("compose", *words, cwd=project, check=False)
        told = freshlayer("compose", *words)
        assert (told.code, told.out) == (plain.returncode, plain.stdout)
        assert told.err.endswith(plain.stderr)


@newest
def test_a_dockerfile_that_we_cannot_read_is_built_as_it_is(
    freshlayer: Freshlayer, origin: ServeOrigin, other: ServeOrigin, project: Path
) -> None:
    dockerfile(project / "web", "# freshlayer: nonsense", f"RUN wget -qO f {origin.url}")
    dockerfile(project / "worker", f"RUN wget -qO f {other.url}")
    write(project, {name: {"build": {"context": name}} for name in ("web", "worker")})
    told = freshlayer("compose", "build")
    assert told.code == 0, told.err
    assert "freshlayer: web: web/Dockerfile:2: " in told.err
    assert "; it is built as it is" in told.err
    other.set_tag('"w2"')
    assert freshlayer("compose", "build").code == 0
    assert (len(fetched(origin)), len(fetched(other))) == (1, 2)


@newest
def test_an_origin_that_fails_breaks_no_build_unless_that_is_wanted(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    dockerfile(project, f"RUN wget -qO f {origin.url}")
    write(project, {name: {"build": {"context": "."}} for name in ("web", "worker")})
    assert freshlayer("compose", "build").code == 0
    origin.down()
    told = freshlayer("compose", "build")
    assert told.code == 0, told.err
    assert told.err.count("the recorded identity is kept") == 1
    assert freshlayer.but("--on-unknown", "fail")("compose", "build").code == 125


@newest
def test_without_buildkit_compose_runs_as_asked(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    dockerfile(project, f"RUN wget -qO f {origin.url}")
    write(project, {"web": {"build": {"context": "."}}})
    told = freshlayer.but(DOCKER_BUILDKIT="0")("compose", "build")
    assert told.code == 0, told.err
    assert "compose builds without BuildKit (DOCKER_BUILDKIT)" in told.err
    assert len(fetched(origin)) == 1


@pytest.mark.parametrize("builder", ["sid-containerd"], indirect=True)
def test_several_platforms_have_keys_over_the_inputs_of_all(
    freshlayer: Freshlayer, origin: ServeOrigin, other: ServeOrigin, project: Path
) -> None:
    (project / "Dockerfile").write_text(
        f"FROM --platform=$BUILDPLATFORM {BASE} AS fetch\nARG TARGETARCH\n"
        f'RUN if [ "$TARGETARCH" = arm64 ]; then wget -qO /f {other.url}; else wget -qO /f {origin.url}; fi\n'
        "FROM scratch\nCOPY --from=fetch /f /f\n",
        encoding="utf-8",
    )
    platforms = ["linux/amd64", "linux/arm64"]
    write(project, {"web": {"build": {"context": ".", "platforms": platforms}}})
    for _ in range(2):
        told = freshlayer("compose", "build")
        assert told.code == 0, told.err
    assert (len(fetched(origin)), len(fetched(other))) == (1, 1)
    other.set_tag('"w2"')
    assert freshlayer("compose", "build").code == 0
    assert (len(fetched(origin)), len(fetched(other))) == (2, 2)


def test_a_docker_without_compose_says_so(builders: Builders, tmp_path: Path, project: Path) -> None:
    plain = builders["buildkit"]
    assert isinstance(plain, DockerBuilder)
    (tmp_path / "config").mkdir()
    freshlayer = Freshlayer.of(plain, tmp_path / "state.sqlite3", project)
    write(project, {"web": {"build": {"context": "."}}})
    told = freshlayer("compose", "build")
    without = plain.run("compose", "build", cwd=project, check=False)
    assert without.returncode != 0
    assert told.code == without.returncode
    assert "this docker lacks the plugin for it (compose v2, buildx); compose v1 is not watched" in told.err


@newest
def test_check_reports_what_is_stale_of_all_services_and_builds_nothing(
    freshlayer: Freshlayer, origin: ServeOrigin, other: ServeOrigin, project: Path
) -> None:
    dockerfile(project / "web", f"RUN wget -qO f {origin.url}web", f"RUN wget -qO g {other.url}web")
    dockerfile(project / "worker", f"RUN wget -qO f {other.url}worker")
    write(project, {name: {"build": {"context": name}} for name in ("web", "worker")})
    assert freshlayer("compose", "check").code == 1
    assert freshlayer("compose", "build").code == 0
    assert freshlayer("compose", "check").code == 0
    origin.set_tag('"v2"')
    found = freshlayer("compose", "check", "--json")
    parts = json.loads(found.out)["dockerfiles"]
    lines = {
        part["name"]: [it["line"] for it in part["instructions"] if it["state"] == "stale"] for part in parts
    }
    assert (found.code, lines) == (1, {"web": [2, 3], "worker": []})
    assert freshlayer("compose", "check", "worker").code == 0
    assert freshlayer("compose", "-f", "none.yaml", "check").code == 2
    assert fetched(origin) == ["/web"]
