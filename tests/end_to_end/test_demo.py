"""``freshlayer demo`` with real builders: what it prints, and that nothing of it is left."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.base import Builder
from testing.command import FRESHLAYER, Ended, Freshlayer
from testing.engine import PrivateEngine

SECONDS = 20


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    made = tmp_path / "scratch"
    made.mkdir()
    return made


def images(builder: Builder) -> set[str]:
    return set(builder.run("images", "--all", "--quiet", "--no-trunc").stdout.split())


def paragraph(ended: Ended, number: int) -> str:
    """The step with this number."""
    (found,) = re.findall(rf"^{number}\. .*?(?=^\d\. |\n\n|\Z)", ended.out, re.DOTALL | re.MULTILINE)
    return str(found)


def test_the_builder_alone_keeps_the_old_file_and_freshlayer_runs_one_instruction_again(
    builder: Builder, freshlayer: Freshlayer, scratch: Path
) -> None:
    before = images(builder)
    ended = freshlayer.but(TMPDIR=str(scratch))("demo", seconds=60)
    assert ended.code == 0, ended
    assert paragraph(ended, 1).count("downloaded tool.txt and data.csv in") == 2
    assert "downloaded nothing in" in paragraph(ended, 3)
    assert "CACHED: 2 of 2 RUN instructions" in paragraph(ended, 3)
    assert "data.csv in the image: version 1" in paragraph(ended, 3)
    (stale,) = [line for line in paragraph(ended, 4).splitlines() if "stale: " in line]
    assert "/data.csv: was" in stale
    assert "downloaded data.csv in" in paragraph(ended, 5)
    assert "rebuilt 1 of " in paragraph(ended, 5)
    assert "data.csv in the image: version 2" in paragraph(ended, 5)
    assert "The images are removed again" in ended.out
    assert images(builder) == before
    assert list(scratch.iterdir()) == []
    assert not freshlayer.state.exists()


def test_it_fits_on_a_screen_and_takes_less_than_20_seconds(freshlayer: Freshlayer) -> None:
    ended = freshlayer("demo", seconds=SECONDS)
    assert len(ended.out.splitlines()) <= 40
    assert max(map(len, ended.out.splitlines())) <= 120


def wrapped(engine: PrivateEngine, folder: Path, script: str) -> dict[str, str]:
    """The environment of an engine, with a docker in front that changes the words of a build."""
    folder.mkdir()
    program = folder / "docker"
    program.write_text(f'#!/bin/bash\nreal={engine.docker}\n{script}\nexec "$real" "$@"\n')
    program.chmod(0o755)
    found = engine.environment(buildkit=True)
    return {**found, "PATH": os.pathsep.join([str(folder), found["PATH"]])}


def demo(environment: dict[str, str], folder: Path, *words: str) -> Ended:
    return Freshlayer(environment, folder / "state.sqlite3", folder)("demo", *words, seconds=60)


def test_a_builder_that_cannot_reach_the_origin_is_named_and_the_keys_are_shown(
    engine: PrivateEngine, tmp_path: Path
) -> None:
    environment = wrapped(engine, tmp_path / "bin", 'set -- "${@/#--network=host/--network=none}"')
    ended = demo(environment, tmp_path)
    assert ended.code == 0, ended
    assert re.search(
        r"^No build is shown: buildkit can't build the example \(.+\)\.$", ended.out, re.MULTILINE
    )
    assert "Only the RUN that downloads data.csv has another key" in ended.out


def test_an_engine_that_does_not_answer_is_named_and_the_keys_are_shown(
    engine: PrivateEngine, tmp_path: Path
) -> None:
    environment = {**engine.environment(buildkit=True), "DOCKER_HOST": "unix:///no-engine.sock"}
    ended = demo(environment, tmp_path)
    assert ended.code == 0, ended
    # With a capital from the client, without one from BuildKit's part of it.
    assert "annot connect to the Docker daemon" in ended.out
    assert "Only the RUN that downloads data.csv has another key" in ended.out


def test_what_differs_from_the_claim_is_reported_and_fails(engine: PrivateEngine, tmp_path: Path) -> None:
    """A builder that downloads everything each time: the origin's log shows it."""
    environment = wrapped(engine, tmp_path / "bin", '[ "$1" != build ] || set -- "$@" --no-cache')
    ended = demo(environment, tmp_path)
    assert ended.code == 2, ended
    assert "downloaded tool.txt and data.csv in" in paragraph(ended, 3)
    assert "data.csv in the image: version 2" in paragraph(ended, 3)
    assert "This is not what was expected" in ended.out


def test_a_base_image_can_be_named(engine: PrivateEngine, tmp_path: Path) -> None:
    before = engine.image_id(BASE)
    ended = demo(engine.environment(buildkit=True), tmp_path, "--base", BASE)
    assert ended.code == 0, ended
    assert f"FROM {BASE}" in ended.out
    assert "rebuilt 1 of 2 layers" in ended.out
    assert engine.image_id(BASE) == before


def test_an_interrupted_demo_leaves_nothing(engine: PrivateEngine, tmp_path: Path, scratch: Path) -> None:
    environment = wrapped(engine, tmp_path / "bin", "")
    before = sorted(engine.run("images", "--all", "--quiet").stdout.split())
    started = subprocess.Popen(
        [*FRESHLAYER, "demo"], env={**environment, "TMPDIR": str(scratch)}, cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert started.stdout is not None
    for line in started.stdout:
        if "downloaded" in line:
            break
    started.send_signal(signal.SIGINT)
    started.communicate(timeout=30)
    assert started.returncode == 130
    assert sorted(engine.run("images", "--all", "--quiet").stdout.split()) == before
    assert list(scratch.iterdir()) == []
