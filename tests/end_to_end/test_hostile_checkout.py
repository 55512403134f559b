"""A build in a hostile checkout, with real builders: nothing that the checkout names runs on the host."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.table import Builders
from testing.command import Freshlayer
from testing.hostile_checkout import HostileCheckout
from testing.misbehaving import MisbehavingOrigin


@pytest.fixture
def origin() -> Iterator[MisbehavingOrigin]:
    """It wants a credential for everything."""
    with MisbehavingOrigin("401") as started:
        yield started


@pytest.fixture
def checkout(project: Path, tmp_path: Path, origin: MisbehavingOrigin) -> HostileCheckout:
    made = HostileCheckout.made(project, tmp_path / "marker")
    archive = f"{origin.url}group/project/-/archive/main/project-main.tar.gz"
    lines = [f"RUN git clone {origin.url}r.git || true", f"RUN wget {archive} || true"]
    for folder in (project, project / "nested"):
        (folder / "Dockerfile").write_text("\n".join([f"FROM {BASE}", *lines, ""]))
    assert made.control(f"{origin.url}r.git")
    return made


def was_asked(origin: MisbehavingOrigin) -> bool:
    return any("info/refs" in request.path for request in origin.requests())


def test_a_build_runs_nothing_of_the_checkout(
    freshlayer: Freshlayer, checkout: HostileCheckout, origin: MisbehavingOrigin
) -> None:
    for folder in (checkout.directory, checkout.directory / "nested"):
        told = replace(freshlayer, directory=folder).build(".")
        assert told.code == 0, told.err
        assert not checkout.marker.exists(), folder
    assert was_asked(origin)


@pytest.mark.parametrize("tool", ["compose", "bake"])
def test_a_composition_runs_nothing_of_the_checkout(
    tool: str, builders: Builders, checkout: HostileCheckout, origin: MisbehavingOrigin, tmp_path: Path
) -> None:
    builder = builders["sid-buildx"]
    service = {"context": ".", "network": "host"}
    model = {"services": {"a": {"build": service}}} if tool == "compose" else {"target": {"default": service}}
    name = "compose.json" if tool == "compose" else "docker-bake.json"
    (checkout.directory / name).write_text(json.dumps(model))
    words = ("compose", "-f", name, "build") if tool == "compose" else ("bake", "--allow=network.host")
    told = Freshlayer.of(builder, tmp_path / "state.sqlite3", checkout.directory)(*words)
    assert told.code == 0, told.err
    assert (was_asked(origin), checkout.marker.exists()) == (True, False)
