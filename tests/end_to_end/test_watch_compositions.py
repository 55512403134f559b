"""Compose and bake files as projects of a service: each target is an image of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from freshlayer.context.composition_names import refuse_outside
from freshlayer.errors import ContextError
from testing.base_image import BASE
from testing.builders.base import Builder
from testing.builders.table import Builders
from testing.command import Ended, Freshlayer
from testing.origins import ServeOrigin
from testing.servers.git_http import GitHttp
from testing.upstream import Upstream


@pytest.fixture
def builder(builders: Builders) -> Builder:
    return builders["sid-buildx"]


def stale(told: Ended) -> dict[str, bool]:
    """Whether each image has a stale instruction, by its name."""
    parts = json.loads(told.out)["dockerfiles"]
    return {
        it["dockerfile"]: any(one["state"] == "stale" for one in it["instructions"] if one["line"] > 2)
        for it in parts
    }


def write_services(project: Path, services: dict[str, Any], name: str) -> Path:
    for service in services.values():
        service["build"]["network"] = "host"
    path = project / name
    path.write_text(json.dumps({"name": "project", "services": services}))
    return path


def test_services_are_judged_with_their_build_args_those_of_included_files_too(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    (project / "web").mkdir()
    (project / "web/Dockerfile").write_text(
        f"FROM {BASE}\nARG NAME\nRUN wget -qO f {origin.url}$NAME || true\n"
    )
    web = {"build": {"context": "web", "args": {"NAME": "a"}}}
    build = {"extends": {"service": "web", "file": "compose.yaml"}, "build": {"args": {"NAME": "b"}}}
    write_services(project, {"more": build}, "more.yaml")
    compose = write_services(project, {"web": web}, "compose.yaml")
    compose.write_text(json.dumps({**json.loads(compose.read_text()), "include": ["more.yaml"]}))
    told = freshlayer("watch", "--once", "--json", str(project))
    assert told.err == ""
    assert list(stale(told)) == [f"{compose}#more", f"{compose}#web"]
    requested = {request.path for request in origin.requests()}
    assert {"/a", "/b"} <= requested


def test_the_targets_of_bake_have_records_of_their_own_builds(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    (project / "Dockerfile").write_text(
        f"FROM {BASE}\nARG NAME=none\nRUN wget -qO f {origin.url}$NAME || true\n"
    )
    bake = project / "docker-bake.hcl"
    bake.write_text(
        'group "default" { targets = ["a", "b"] }\n'
        + "".join(
            f'target "{name}" {{\n context = "."\n network = "host"\n args = {{ NAME = "{name}" }}\n}}\n'
            for name in "ab"
        )
    )
    assert freshlayer("bake", "--allow=network.host").code == 0
    told = freshlayer("watch", "--once", "--json", str(project))
    assert (told.code, told.err, stale(told)) == (0, "", {f"{bake}#a": False, f"{bake}#b": False})
    bake.write_text(bake.read_text() + 'variable "BROKEN" { default = file("/etc/hostname") }\n')
    told = freshlayer("watch", "--once", str(project))
    assert told.code == 2
    assert f"{project / 'Dockerfile'}" in told.out


def test_no_file_leads_out_of_the_directory_and_no_variable_of_the_service_into_a_build(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "Dockerfile").write_text("FROM scratch\n")
    (project / "Dockerfile").write_text(f"FROM {BASE}\nARG NAME\nRUN wget -qO f {origin.url}x$NAME\n")
    (project / "link.Dockerfile").symlink_to(outside / "Dockerfile")
    services = {
        "out": {"build": {"context": str(outside)}},
        "up": {"build": {"context": ".", "dockerfile": "../outside/Dockerfile"}},
        "link": {"build": {"context": ".", "dockerfile": "link.Dockerfile"}},
        "in": {"build": {"context": ".", "args": {"NAME": "${SECRET_OF_SERVICE}"}}},
    }
    compose = write_services(project, services, "compose.yaml")
    told = freshlayer.but(SECRET_OF_SERVICE="hunter2")("watch", "--once", "--json", str(project))
    assert list(stale(told)) == [f"{compose}#in"]
    assert told.err.count("is outside of") == 3
    assert "hunter2" not in told.out + told.err
    assert {request.path for request in origin.requests()} == {"/x"}


@pytest.mark.parametrize(
    "named",
    [
        "include: [{path: more.yaml, env_file: OUTSIDE}]",
        "include: [OUTSIDE]",
        "include: ['${P}']",
        "x: &x\n  env_file: [{path: OUTSIDE, required: false}]",
        "services: {in: {extends: {file: OUTSIDE, service: in}}}",
        "services: {in: {label_file: ../outside/secret.env}}",
        "include: [link.yaml]",
        "services: {in: {env_file: /dev/zero}}",
        "",
    ],
)
def test_compose_reads_no_file_outside_of_the_directory(named: str, tmp_path: Path) -> None:
    project, outside = tmp_path / "project", tmp_path / "outside"
    project.mkdir()
    outside.mkdir()
    (outside / "secret.env").write_text("NAME=hunter2\n")
    (project / "more.yaml").write_text("services: {}\n")
    (project / "link.yaml").symlink_to(outside / "secret.env")
    compose = project / "compose.yaml"
    compose.write_text(named.replace("OUTSIDE", str(outside / "secret.env")) + "\n")
    if not named:
        (project / ".env").symlink_to(outside / "secret.env")
    with pytest.raises(ContextError, match=r"is outside of|is not the path of a file"):
        refuse_outside([compose], project)


def test_compose_reads_the_files_of_its_directory(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / ".env").write_text("A=1\n")
    (tmp_path / "sub" / "more.yaml").write_text("services: {b: {env_file: ../.env}}\n")
    (tmp_path / "compose.yaml").write_text(
        "include: [sub/more.yaml, {path: [sub/more.yaml], project_directory: sub}]\n"
        "services:\n  a: &a {extends: b, env_file: [.env, {path: none.env, required: false}]}\n"
        "  c: {<<: *a, extends: {service: b, file: sub/more.yaml}}\n"
    )
    refuse_outside([tmp_path / "compose.yaml"], tmp_path)


def test_compose_reads_of_a_clone_what_a_build_needs_alone(
    freshlayer: Freshlayer, origin: ServeOrigin, tmp_path: Path
) -> None:
    upstream = Upstream(tmp_path / "upstream")
    upstream.commit("web/Dockerfile", f"FROM {BASE}\nARG NAME\nADD {origin.url}$NAME /\n")
    upstream.commit(
        "compose.yaml",
        "x-service: &service\n  env_file: /dev/zero\n  restart: always\n"
        "services:\n  a: {<<: *service, build: {context: web, args: {NAME: 1.10}}}\n"
        "  b: {extends: {service: a}, build: {args: {NAME: '1.10'}}}\n",
    )
    upstream.push("main")
    with GitHttp(upstream.served) as server:
        url = f"{server.url}app.git"
        config = tmp_path / "watch.toml"
        config.write_text(f'[[projects]]\ngit = "{url}"\n[repositories]\nallow_hosts = ["127.0.0.1"]\n')
        own = freshlayer.but(XDG_STATE_HOME=str(tmp_path / "data"))
        told = own("watch", "--once", "--json", "--config", str(config))
    assert list(stale(told))[1:] == [f"{url}@main:compose.yaml#a", f"{url}@main:compose.yaml#b"]
    assert {request.path for request in origin.requests()} == {"/1.1", "/1.10"}
