"""The Dockerfile of this project builds and runs, on stand-ins for its base images."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from freshlayer import __version__
from freshlayer.dockerfile.parse import parse as parse_dockerfile
from testing import python_image
from testing.engine import PrivateEngine

ROOT = Path(__file__).parents[2]
TAG = "freshlayer-own"


def extras() -> list[str]:
    """Those that the Dockerfile installs."""
    (named,) = re.findall(r"/source\[([a-z,]+)\]", (ROOT / "Dockerfile").read_text("utf-8"))
    return str(named).split(",")


@pytest.fixture(scope="module")
def built(engine: PrivateEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateEngine]:
    """An engine with the image TAG."""
    if reason := python_image.missing():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("images")
    python_image.write_python_image(folder / "python.tar", extras())
    python_image.write_docker_image(folder / "docker.tar", engine.docker)
    changes = [word for change in python_image.PYTHON_CONFIGURATION for word in ("--change", change)]
    engine.run("import", *changes, str(folder / "python.tar"), python_image.PYTHON)
    engine.run("import", str(folder / "docker.tar"), python_image.DOCKER)
    try:
        engine.run("build", "--network=none", "-t", TAG, str(ROOT), buildkit=True)
        yield engine
    finally:
        engine.run("image", "rm", "--force", TAG, python_image.PYTHON, python_image.DOCKER, check=False)


def run(engine: PrivateEngine, *words: str) -> str:
    return engine.run("run", "--rm", "--network=none", *words).stdout


def test_the_stand_ins_are_for_all_images_that_it_names() -> None:
    parsed = parse_dockerfile((ROOT / "Dockerfile").read_text("utf-8"))
    named = {stage.base for stage in parsed.stages}
    assert named == {python_image.PYTHON}


@pytest.mark.timeout(300)
def test_the_image_runs_freshlayer(built: PrivateEngine) -> None:
    assert run(built, TAG, "--version") == f"freshlayer {__version__}\n"
    assert "inputs" in run(built, TAG)


def test_it_reads_a_project_that_is_mounted(built: PrivateEngine, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\nRUN curl -O https://example.org/file\n")
    printed = run(built, "-v", f"{project}:/work", TAG, "inputs")
    assert "Dockerfile:2: RUN (curl) reads https://example.org/file" in printed


def test_it_has_the_docker_client_and_what_its_extras_need(built: PrivateEngine) -> None:
    client = subprocess.run([built.docker, "--version"], capture_output=True, text=True, check=True).stdout
    assert run(built, "--entrypoint=docker", TAG, "--version") == client
    run(
        built,
        "--entrypoint=/opt/freshlayer/bin/python",
        TAG,
        "-c",
        "import botocore, psycopg, pycurl, msgspec, uvicorn",
    )
