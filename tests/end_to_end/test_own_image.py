"""The Dockerfile of this project builds and runs, on stand-ins for its base images."""

from __future__ import annotations

import http.client
import importlib
import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from freshlayer import __version__
from freshlayer.dockerfile.parse import parse as parse_dockerfile
from testing import python_image
from testing.builders.compose import compose_program
from testing.engine import PrivateEngine
from testing.process import wait_until
from testing.servers.base import free_port

yaml: Any = importlib.import_module("yaml")

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


class Composed:
    """The service of ``docs/deploy/compose.yaml`` in a directory, on an engine without a bridge."""

    def __init__(self, engine: PrivateEngine, directory: Path) -> None:
        self.port = free_port()
        self._argv = [str(compose_program()), "-p", "freshlayer-own", "-f", str(directory / "compose.yaml")]
        self._environment = engine.environment()
        text = (ROOT / "docs/deploy/compose.yaml").read_text("utf-8")
        model = yaml.safe_load(text.replace("8765", str(self.port)).replace("/srv/projects", str(directory)))
        model["services"]["watch"].pop("ports")
        model["services"]["watch"].update(image=TAG, network_mode="host")
        model["services"]["watch"]["healthcheck"]["interval"] = "1s"
        (directory / "compose.yaml").write_text(yaml.safe_dump(model))

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [*self._argv, *words], env=self._environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def state(self) -> dict[str, Any]:
        """Of its container, as compose prints it."""
        printed = self.run("ps", "--all", "--format", "json")
        found: dict[str, Any] = json.loads(printed.splitlines()[0])
        return found

    def status(self, path: str, token: str = "") -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with closing(connection), suppress(OSError):
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
            return connection.getresponse().status
        return 0


@pytest.mark.timeout(300)
def test_the_compose_file_runs_the_service_read_only_and_without_capabilities(
    built: PrivateEngine, project: Path
) -> None:
    (project / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    (project / "watch.toml").write_text(
        f'paths = ["{project}"]\n[api]\ntoken_file = "/run/secrets/api_token"\n'
    )
    (project / "api.token").write_text("token of the test")
    service = Composed(built, project)
    try:
        service.run("up", "--detach")
        wait_until(lambda: service.status("/readyz") == 200, seconds=60, what="ready")
        assert service.status("/api/dockerfiles") == 401
        assert service.status("/api/dockerfiles", "token of the test") == 200
        wait_until(lambda: service.state["Health"] == "healthy", seconds=60, what="healthy")
        service.run("stop")
        assert (service.state["State"], service.state["ExitCode"]) == ("exited", 0)
    finally:
        service.run("down", "--volumes")
