"""On a real builder: an origin changes, the trigger builds, and the image is fresh."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.base import Builder
from testing.builders.table import Builders
from testing.command import Freshlayer
from testing.origins import ServeOrigin, by_builds
from testing.watch_act import watch_act


@pytest.fixture(params=["buildkit"])
def builder(request: pytest.FixtureRequest, builders: Builders) -> Builder:
    return builders[request.param]


def test_a_change_is_built_by_the_trigger_and_then_the_image_is_fresh(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    (project / "Dockerfile").write_text(f"FROM {BASE}\nRUN wget -qO /f {origin.url}a\nRUN echo after\n")
    options = [sys.executable, "-m", "freshlayer", "--state", str(freshlayer.state), *freshlayer.options]
    argv = json.dumps([*options, "build", "--network=host", str(project)])
    config = tmp_path / "watch.toml"
    config.write_text(f'[triggers.build]\ntype = "command"\ncommand = {argv}\n')
    words = ("watch", "--once", "--config", str(config), str(project))
    assert freshlayer.build(str(project)).code == 0
    told = freshlayer(*words)
    assert (told.code, told.err) == (0, "")
    origin.set_tag('"v2"')
    told = freshlayer(*words)
    assert (told.code, "trigger build: delivered" in told.err) == (1, True), told.err
    told = freshlayer(*words)
    assert (told.code, told.err) == (0, "")
    assert len(by_builds(origin.requests())) == 2


def test_the_service_shows_why_an_image_is_stale_and_that_its_trigger_made_it_fresh(
    builder: Builder, tmp_path: Path
) -> None:
    act = watch_act(tmp_path / "act", builder.environment(), builder.command[0])
    assert act.seen == act.expected, act.output
