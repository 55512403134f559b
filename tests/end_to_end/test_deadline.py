"""Compositions probe all that they build at once, within one deadline."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.command import Freshlayer
from testing.misbehaving import MisbehavingOrigin

REASON = "no answer before the probe of all references ended after 1 s (raise --deadline)"
# Before and after the builder, which takes its time; without the deadline an origin like this takes 20 s.
AT_MOST = 15.0


@pytest.fixture
def slow() -> Iterator[MisbehavingOrigin]:
    with MisbehavingOrigin("never answers") as origin:
        yield origin


def write(project: Path, origin: MisbehavingOrigin) -> None:
    for name in ("one", "other"):
        folder = project / name
        folder.mkdir()
        comments = [f"# freshlayer: watch {origin.url}{name}{number}" for number in range(12)]
        (folder / "Dockerfile").write_text("\n".join([f"FROM {BASE}", *comments, "RUN true", ""]))


@pytest.mark.parametrize("builder", ["sid-buildx"], indirect=True)
def test_compose(freshlayer: Freshlayer, project: Path, slow: MisbehavingOrigin) -> None:
    write(project, slow)
    services = {name: {"build": {"context": name, "network": "host"}} for name in ("one", "other")}
    (project / "compose.yaml").write_text(json.dumps({"name": "project", "services": services}))
    started = time.monotonic()
    told = freshlayer.but("--deadline=1")("compose", "build")
    assert time.monotonic() - started < AT_MOST
    assert told.code == 0, told.err
    assert REASON in told.err


@pytest.mark.parametrize("builder", ["sid-buildx"], indirect=True)
def test_bake(freshlayer: Freshlayer, project: Path, slow: MisbehavingOrigin) -> None:
    write(project, slow)
    targets = {name: {"context": name, "network": "host"} for name in ("one", "other")}
    document = {"group": {"default": {"targets": list(targets)}}, "target": targets}
    (project / "docker-bake.json").write_text(json.dumps(document))
    started = time.monotonic()
    told = freshlayer.but("--deadline=1")("bake", "--allow=network.host")
    assert time.monotonic() - started < AT_MOST
    assert told.code == 0, told.err
    assert REASON in told.err
