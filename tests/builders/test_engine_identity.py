"""Where a builder keeps its cache, and which image a tag means: read from files, without a program."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from freshlayer.builders import engines, image_ids


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Of a user with a context and two instances of buildx."""
    config = tmp_path / "docker"
    context = config / "contexts" / "meta" / hashlib.sha256(b"there").hexdigest()
    context.mkdir(parents=True)
    endpoints = {"docker": {"Host": "tcp://user:secret@there:2376"}}
    (context / "meta.json").write_text(json.dumps({"Name": "there", "Endpoints": endpoints}))
    instances = config / "buildx" / "instances"
    instances.mkdir(parents=True)
    node = {"Name": "own0", "Endpoint": "unix:///run/one.sock"}
    (instances / "own").write_text(json.dumps({"Driver": "docker-container", "Nodes": [node]}))
    (instances / "plain").write_text(json.dumps({"Driver": "docker", "Nodes": [node]}))
    return {"HOME": str(tmp_path), "DOCKER_CONFIG": str(config)}


def use(environ: dict[str, str], **current: object) -> None:
    (Path(environ["DOCKER_CONFIG"]) / "buildx" / "current").write_text(json.dumps(current))


def test_every_way_to_a_daemon_leads_to_its_endpoint(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "real.sock").touch()
    (tmp_path / "link.sock").symlink_to(tmp_path / "real.sock")
    real = f"unix://{tmp_path}/real.sock"
    assert engines.of_docker({**environ, "DOCKER_HOST": real}) == real
    assert engines.of_docker({**environ, "DOCKER_HOST": f"unix://{tmp_path}/link.sock"}) == real
    assert engines.of_docker({**environ, "DOCKER_CONTEXT": "there"}) == "tcp://there:2376"
    assert engines.of_docker({**environ, "DOCKER_HOST": "tcp://there:2376"}) == "tcp://there:2376"
    assert engines.of_docker(environ).endswith("/docker.sock")


def test_an_instance_of_buildx_has_a_cache_of_its_own(environ: dict[str, str]) -> None:
    environ["DOCKER_HOST"] = "unix:///nowhere/one.sock"
    daemon, own = "unix:///nowhere/one.sock", "buildx:own unix:///run/one.sock"
    assert engines.of_buildx(environ, "", chosen=True) == daemon
    assert engines.of_buildx(environ, "own", chosen=False) == own
    assert engines.of_buildx({**environ, "BUILDX_BUILDER": "own"}, "", chosen=False) == own
    for name in ("plain", "default", "unknown", "../instances/own"):
        assert engines.of_buildx(environ, name, chosen=False) == daemon


@pytest.mark.parametrize(
    ("current", "counts"),
    [
        ({"Key": "unix:///nowhere/one.sock", "Name": "own"}, True),
        ({"Key": "unix:///nowhere/other.sock", "Name": "own"}, False),
        ({"Key": "unix:///nowhere/other.sock", "Name": "own", "Global": True}, True),
        ({"Key": "unix:///nowhere/one.sock", "Name": ""}, False),
    ],
)
def test_the_chosen_instance_counts_for_its_daemon(
    environ: dict[str, str], current: dict[str, object], *, counts: bool
) -> None:
    environ["DOCKER_HOST"] = "unix:///nowhere/one.sock"
    use(environ, **current)
    assert engines.of_buildx(environ, "", chosen=True).startswith("buildx:own") is counts
    assert engines.of_buildx(environ, "", chosen=False) == "unix:///nowhere/one.sock"


def test_buildah_and_podman_are_known_by_their_storage(tmp_path: Path) -> None:
    settings = tmp_path / "storage.conf"
    environ = {"HOME": str(tmp_path), "CONTAINERS_STORAGE_CONF": str(settings)}
    default = engines.of_containers(environ)
    assert default.endswith("containers/storage")
    settings.write_text(f'[storage]\ndriver = "vfs"\ngraphroot = "{tmp_path}/graph"\n')
    assert engines.of_containers(environ) == f"{tmp_path}/graph"
    for broken in ("[storage", "storage = 1\n", "[storage]\ngraphroot = 1\n"):
        settings.write_text(broken)
        assert engines.of_containers(environ) == default
    there = {**environ, "CONTAINER_HOST": "ssh://user:secret@there/run/podman.sock"}
    assert engines.of_containers(there) == "ssh://there/run/podman.sock"


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("app", "localhost/app:latest"),
        ("app:1", "localhost/app:1"),
        ("team/app", "localhost/team/app:latest"),
        ("localhost/app", "localhost/app:latest"),
        ("example.org/app:1", "example.org/app:1"),
        ("here:5000/app", "here:5000/app:latest"),
    ],
)
def test_the_storage_lists_images_by_their_whole_names(tmp_path: Path, tag: str, name: str) -> None:
    (tmp_path / "overlay-images").mkdir()
    listed = [{"id": "aa", "names": ["localhost/other:latest"]}, {"id": "bb", "names": [name]}, {"id": 1}, 7]
    (tmp_path / "overlay-images" / "images.json").write_text(json.dumps(listed))
    assert image_ids.of_storage(str(tmp_path), tag) == "bb"
    assert image_ids.of_storage(str(tmp_path), "none") == ""


@pytest.mark.parametrize("engine", ["tcp://127.0.0.1:1", "ssh://there", "unix:///nowhere.sock", ""])
def test_a_daemon_that_is_not_behind_a_socket_of_this_machine_is_not_asked(engine: str) -> None:
    assert image_ids.of_daemon(engine, "app") == ""
