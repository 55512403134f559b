"""What BuildKit states that a build received is kept: from ``--metadata-file`` to lock file and statement."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tomllib
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.base import Builder
from testing.builders.table import Builders
from testing.command import Freshlayer
from testing.origins import ServeOrigin
from testing.stores.ask import ask

PLAYBACK = """#!{python}
import json, os, subprocess, sys
words = sys.argv[1:]
code = subprocess.call(["{docker}", *words])
if code == 0 and "--metadata-file" in words and os.path.exists("{materials}"):
    path = words[words.index("--metadata-file") + 1]
    document = json.load(open(path))
    stated = json.load(open("{materials}"))
    for name, found in list(document.items()):
        if name.startswith("buildx.build.provenance"):
            listed = found.get("buildDefinition", {{}}).setdefault("resolvedDependencies", [])
            (listed if "buildDefinition" in found else found["materials"]).extend(stated)
    json.dump(document, open(path, "w"))
sys.exit(code)
"""
"""docker, which adds what a newer BuildKit's network proxy states of a RUN that ran."""


@pytest.fixture
def builder(builders: Builders) -> Builder:
    return builders["sid-buildx"]


@pytest.fixture
def freshlayer(builder: Builder, project: Path, tmp_path: Path) -> Freshlayer:
    (project / ".git").mkdir()
    return Freshlayer.of(builder, tmp_path / "state.sqlite3", project)


def sha256s(project: Path) -> dict[str, str]:
    """Reference → the digest of its body in the lock file; empty where there is none."""
    document = tomllib.loads((project / "freshlayer.lock").read_text())
    return {it["reference"]: it.get("sha256", "") for it in document["input"]}


def digest_of(url: str) -> str:
    return hashlib.sha256(ask("GET", url).body).hexdigest()


@pytest.mark.parametrize(
    "words",
    [("build", "--network=host", "."), ("bake", "--allow=network.host")],
    ids=["build", "bake"],
)
def test_what_an_add_received_is_locked_without_a_download(
    freshlayer: Freshlayer,
    origin: ServeOrigin,
    other: ServeOrigin,
    project: Path,
    tmp_path: Path,
    words: tuple[str, ...],
) -> None:
    """BuildKit as it is here states it of an ADD. Another identity has another digest."""
    lines = [f"# freshlayer: ignore\nFROM {BASE}", f"ADD {origin.url}a /a", f"RUN wget -q -O /b {other.url}b"]
    (project / "Dockerfile").write_text("\n".join([*lines, ""]))
    bake = {"target": {"default": {"context": ".", "network": "host"}}}
    (project / "docker-bake.json").write_text(json.dumps(bake))
    stated = str(tmp_path / "stated.json")
    for _ in range(2):
        told = freshlayer(words[0], "--metadata-file", stated, *words[1:])
        assert told.code == 0, told.err
    assert freshlayer("lock", "--no-download", "--network=host", ".").code == 0
    assert sha256s(project) == {f"{origin.url}a": digest_of(f"{origin.url}a"), f"{other.url}b": ""}
    origin.set_tag('"v2"')
    assert freshlayer("update", "--no-download").code == 0
    assert set(sha256s(project).values()) == {""}


def test_what_a_run_received_outlives_a_cached_build(
    freshlayer: Freshlayer, builder: Builder, other: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    """Playback: BuildKit 0.31 or newer, with its network proxy, can't be installed here.

    So the build is real, and a program in front of docker adds to the metadata file what such a BuildKit
    adds: the materials of a RUN that ran, and none of one that is cached.
    """
    (project / "Dockerfile").write_text(
        f"# freshlayer: ignore\nFROM {BASE}\nRUN wget -q -O /b {other.url}b\n"
    )
    url, materials = f"{other.url}b", tmp_path / "materials.json"
    materials.write_text(json.dumps([{"uri": url, "digest": {"sha256": digest_of(url)}}]))
    path = freshlayer.environment["PATH"]
    front = tmp_path / "front" / "docker"
    front.parent.mkdir()
    front.write_text(
        PLAYBACK.format(python=sys.executable, docker=shutil.which("docker", path=path), materials=materials)
    )
    front.chmod(0o755)
    freshlayer = freshlayer.but(PATH=f"{front.parent}{os.pathsep}{path}")
    for _ in range(2):
        stated = str(tmp_path / "stated.json")
        told = freshlayer.build("--metadata-file", stated, "--tag", "received:2", ".")
        assert told.code == 0, told.err
        materials.unlink(missing_ok=True)
    assert freshlayer("lock", "--no-download", "--network=host", ".").code == 0
    assert sha256s(project) == {url: digest_of(url)}
    statement = tmp_path / "statement.json"
    image = tmp_path / "image.tar"
    builder.run("image", "save", "--output", str(image), "received:2")
    told = freshlayer("attest", str(image), "-o", str(statement))
    assert told.code == 0, told.err
    (described,) = json.loads(statement.read_text())["predicate"]["inputs"]
    assert (described["uri"], described["digest"]) == (url, {"sha256": digest_of(url)})
