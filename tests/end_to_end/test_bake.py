"""``freshlayer bake`` in place of ``docker buildx bake``."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from testing.base_image import BASE
from testing.builders.base import Builder
from testing.builders.table import Builders
from testing.command import Ended, Freshlayer
from testing.origins import ServeOrigin, fetched

# buildx 0.13, trixie's, drops `network` from a bake file.
RELEASES = ("sid-buildx", "sid-containerd")
newest = pytest.mark.parametrize("builder", ["sid-buildx"], indirect=True)
MATRIX = """\
target "default" {{
  name = "app-${{lower(letter)}}"
  matrix = {{ letter = ["A", "B"] }}
  network = "host"
  args = {{ URL = letter == "A" ? "{a}" : "{b}" }}
}}
"""


@pytest.fixture(params=RELEASES)
def builder(request: pytest.FixtureRequest, builders: Builders) -> Builder:
    started = builders[request.param]
    started.reset()
    return started


def write(project: Path, targets: dict[str, Any], name: str = "docker-bake.json") -> None:
    for target in targets.values():
        target.setdefault("network", "host")
    groups = {"default": {"targets": list(targets)}}
    (project / name).write_text(json.dumps({"group": groups, "target": targets}), encoding="utf-8")


def dockerfile(folder: Path, *lines: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "Dockerfile").write_text("\n".join([f"FROM {BASE}", *lines, ""]), encoding="utf-8")


def bake(freshlayer: Freshlayer, *words: str) -> Ended:
    told = freshlayer("bake", "--allow=network.host", *words)
    assert told.code == 0, told.err
    assert "runs as typed" not in told.err
    return told


def test_only_the_target_whose_origin_changed_runs_its_instruction_again(
    freshlayer: Freshlayer, builder: Builder, origin: ServeOrigin, other: ServeOrigin, project: Path
) -> None:
    dockerfile(project / "web", f"RUN wget -qO f {origin.url}web", f"RUN wget -qO g {other.url}web")
    dockerfile(project / "worker", f"RUN wget -qO f {other.url}worker")
    write(project, {name: {"context": name, "tags": [name]} for name in ("web", "worker")})
    bake(freshlayer)
    identifiers = [builder.image_id(name) for name in ("web", "worker")]
    assert all(identifiers)
    bake(freshlayer)
    assert [builder.image_id(name) for name in ("web", "worker")] == identifiers
    assert fetched(origin) == ["/web"]
    origin.set_tag('"v2"')
    told = bake(freshlayer, "--progress", "plain")
    assert fetched(origin) == ["/web", "/web"]
    assert sorted(fetched(other)) == ["/web", "/web", "/worker"]
    assert "freshlayer: web:   web/Dockerfile:2 RUN stale" in told.err
    assert "freshlayer: worker: worker/Dockerfile: 0 of 1" in told.err
    assert "freshlayer: web:   rebuilt 2 of 2 layers" in told.err
    assert "freshlayer: worker:   rebuilt 0 of 1 layer" in told.err


@newest
def test_a_matrix_and_overrides_of_the_users_own(
    freshlayer: Freshlayer, origin: ServeOrigin, other: ServeOrigin, project: Path
) -> None:
    dockerfile(project, "ARG URL", "RUN wget -qO f $URL")
    text = MATRIX.format(a=origin.url, b=other.url)
    (project / "docker-bake.hcl").write_text(text, encoding="utf-8")
    for _ in range(2):
        bake(freshlayer, "--set", f"app-b.args.URL={other.url}set")
    assert (fetched(origin), fetched(other)) == (["/"], ["/set"])
    other.set_tag('"w2"')
    bake(freshlayer)
    assert (fetched(origin), fetched(other)) == (["/"], ["/set", "/"])


@newest
def test_inline_dockerfiles_in_files_that_bake_finds_by_itself(
    freshlayer: Freshlayer, builder: Builder, origin: ServeOrigin, project: Path
) -> None:
    inline = f"FROM {BASE}\nRUN A=a && wget -qO $A {origin.url}inline && echo $${{A}} > /b\n"
    dockerfile(project / "web", f"RUN wget -qO f {origin.url}web", "FROM base", "COPY --from=0 f c")
    write(
        project,
        {
            "base": {"dockerfile-inline": inline, "tags": ["first"]},
            "web": {"context": "web", "contexts": {"base": "target:base"}, "tags": ["web"]},
        },
    )
    write(project, {"base": {"tags": ["second"]}}, "docker-bake.override.json")
    for _ in range(2):
        bake(freshlayer, "base", "web")
    assert sorted(fetched(origin)) == ["/inline", "/web"]
    assert builder.image_id("second")
    assert not builder.image_id("first")
    assert {"a", "b", "c"} <= {m.name for layer in builder.image("web").layers for m in layer}
    origin.set_tag('"v2"')
    bake(freshlayer, "-f", "docker-bake.json", "base")
    assert sorted(fetched(origin)) == ["/inline", "/inline", "/web"]
    assert builder.image_id("first")


@newest
def test_nothing_is_left_and_nothing_of_the_users_is_changed(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "temporary").mkdir()
    dockerfile(project, f"RUN wget -qO f {origin.url} && false")
    write(project, {"web": {}, "inline": {"dockerfile-inline": f"FROM {BASE}\nRUN wget {origin.url}\n"}})
    before = {path: path.read_bytes() for path in project.iterdir()}
    told = freshlayer.but(TMPDIR=str(tmp_path / "temporary"))("bake", "--allow=network.host")
    assert told.code == 1
    assert "this build was not recorded" in told.err
    assert os.listdir(tmp_path / "temporary") == []
    assert {path: path.read_bytes() for path in project.iterdir()} == before


@newest
def test_what_bake_may_not_read_it_may_not_read_through_us(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    dockerfile(tmp_path / "outside", f"RUN wget -qO f {origin.url}")
    (project / "Link").symlink_to(tmp_path / "outside" / "Dockerfile")
    outside = str(tmp_path / "outside" / "Dockerfile")
    write(project, {"web": {"context": str(tmp_path / "outside")}, "app": {"dockerfile": outside}})
    write(project, {"web": {"dockerfile": "Link"}}, "linked.json")
    for words in (["web"], ["app"], ["-f", "linked.json"]):
        told = freshlayer("bake", "--allow=network.host", *words)
        assert told.code == 1
        assert "additional privileges requested" in told.err
        assert "bake may not read " in told.err
    for _ in range(2):
        bake(freshlayer, f"--allow=fs.read={tmp_path / 'outside'}")
        origin.set_tag('"v2"')
    assert len(fetched(origin)) == 2


@newest
def test_other_uses_pass_through(freshlayer: Freshlayer, builder: Builder, project: Path) -> None:
    dockerfile(project)
    write(project, {"web": {}})
    for words in (["--print"], ["--list=targets"], ["--nonsense"], ["nonsense"]):
        plain = builder.run("buildx", "bake", *words, cwd=project, check=False)
        told = freshlayer("bake", *words)
        assert (told.code, told.out) == (plain.returncode, plain.stdout)


@pytest.mark.parametrize("builder", ["trixie-buildx"], indirect=True)
def test_a_bake_that_knows_no_entitlements_builds_with_keys(freshlayer: Freshlayer, project: Path) -> None:
    # It has no network here, and what it runs can ask no origin.
    dockerfile(project, "# freshlayer: watch https://example.org/", "RUN --network=none touch f")
    (project / "below").mkdir()
    write(project / "below", {"web": {"context": ".."}})
    below = replace(freshlayer, directory=project / "below")
    told = below.but("--offline")("bake", "--progress=plain")
    assert told.code == 0, told.err
    assert "RUN --mount=type=secret,id=fl-" in told.err


@pytest.mark.parametrize("builder", ["trixie-buildx"], indirect=True)
def test_the_network_that_bake_prints_is_the_one_that_it_builds_with(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    """buildx 0.13 drops the network of a bake file when it prints, and when it builds as well."""
    dockerfile(project, f"RUN wget -q -O /file {origin.url}")
    write(project, {"app": {"network": "host"}})
    told = freshlayer("bake")
    # A private engine has no other network.
    assert told.code != 0
    assert "network bridge not found" in told.err
    assert origin.requests() == []


@newest
def test_check_reports_what_is_stale_of_all_targets_and_builds_nothing(
    freshlayer: Freshlayer, origin: ServeOrigin, other: ServeOrigin, project: Path
) -> None:
    dockerfile(project / "web", f"RUN wget -qO f {origin.url}web")
    dockerfile(project / "worker", f"RUN wget -qO f {other.url}worker")
    write(project, {name: {"context": name} for name in ("web", "worker")})
    bake(freshlayer)
    assert freshlayer("bake", "check").code == 0
    origin.set_tag('"v2"')
    found = freshlayer("--json", "bake", "check", "web", "worker")
    parts = json.loads(found.out)["dockerfiles"]
    lines = {
        part["name"]: [it["line"] for it in part["instructions"] if it["state"] == "stale"] for part in parts
    }
    assert (found.code, lines) == (1, {"web": [2], "worker": []})
    assert freshlayer("bake", "check", "-f", "docker-bake.json", "worker").code == 0
    assert freshlayer("bake", "check", "none").code == 2
    assert fetched(origin) == ["/web"]
