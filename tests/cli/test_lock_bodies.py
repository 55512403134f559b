"""``lock`` hashes what it locks, and ``verify --content`` hashes what is served."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from testing.in_process import InProcess
from testing.logging_server import Logged, LoggingServer, Reply

BIG = b"x" * 6_000_000
"""More than is read for an identity."""


class World:
    """Files by path, each with the headers that its origin sends."""

    def __init__(self) -> None:
        self.files: dict[str, Reply] = {}

    def __call__(self, request: Logged) -> Reply:
        return self.files.get(request.target, Reply(404))

    def tagged(self, path: str, tag: str, body: bytes) -> None:
        self.files[path] = Reply(headers={"ETag": f'"{tag}"'}, body=body)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def server(world: World) -> Iterator[LoggingServer]:
    with LoggingServer(world) as started:
        yield started


@pytest.fixture
def freshlayer(tmp_path: Path, project: Path) -> InProcess:
    (project / ".git").mkdir()
    return InProcess({**os.environ, "PATH": str(tmp_path)}, tmp_path / "state.sqlite3", project)


def write(project: Path, *urls: str) -> None:
    lines = [f"RUN curl -L {url}" for url in urls]
    (project / "Dockerfile").write_text("\n".join(["FROM scratch AS base", *lines, ""]))


def entries(project: Path) -> dict[str, dict[str, Any]]:
    document = tomllib.loads((project / "freshlayer.lock").read_text())
    return {it["reference"].rpartition("/")[2]: it for it in document["input"]}


def digest(body: bytes) -> str:
    return sha256(body).hexdigest()


def whole(server: LoggingServer) -> list[str]:
    """The paths whose whole body was requested."""
    return [r.target for r in server.requests() if r.method == "GET" and "range" not in r.headers]


def test_a_body_is_hashed_once_when_it_is_locked(
    freshlayer: InProcess, world: World, server: LoggingServer, project: Path
) -> None:
    world.tagged("/a", "v1", b"one")
    world.files["/small"] = Reply(body=b"no validator")
    write(project, f"{server.url}/a", f"{server.url}/a", f"{server.url}/small")
    assert freshlayer("lock", ".").code == 0
    found = entries(project)
    assert (found["a"]["identity"], found["a"]["strength"]) == ("etag:v1", "strong")
    assert (found["a"]["sha256"], found["a"]["size"]) == (digest(b"one"), 3)
    assert found["small"]["identity"] == f"sha256:{digest(b'no validator')}"
    assert sorted(whole(server)) == ["/a", "/small"]
    before = (project / "freshlayer.lock").read_bytes()
    assert freshlayer("lock", ".").code == 0
    assert whole(server) == []
    assert (project / "freshlayer.lock").read_bytes() == before


def test_without_downloads_the_digest_is_added_later(
    freshlayer: InProcess, world: World, server: LoggingServer, project: Path
) -> None:
    world.tagged("/a", "v1", b"one")
    write(project, f"{server.url}/a")
    assert freshlayer("lock", "--no-download", ".").code == 0
    assert ("sha256" in entries(project)["a"], whole(server)) == (False, [])
    world.tagged("/a", "v2", b"two")
    told = freshlayer("lock", ".")
    assert (told.code, "its digest is not locked: it changes while it is read" in told.err) == (0, True)
    assert "sha256" not in entries(project)["a"]
    world.tagged("/a", "v1", b"one")
    assert freshlayer("lock", ".").code == 0
    assert entries(project)["a"]["sha256"] == digest(b"one")


def test_update_hashes_what_moved_alone(
    freshlayer: InProcess, world: World, server: LoggingServer, project: Path
) -> None:
    for path in ("/a", "/b", "/c"):
        world.tagged(path, "v1", b"one")
    write(project, *(f"{server.url}/{it}" for it in "abc"))
    assert freshlayer("lock", ".").code == 0
    world.tagged("/b", "v2", b"two")
    world.tagged("/c", "v2", b"two")
    whole(server)
    assert freshlayer("update", "--dry-run").code == 0
    assert whole(server) == []
    assert freshlayer("update", "b").code == 0
    assert whole(server) == ["/b"]
    assert freshlayer("update", "--no-download", "c").code == 0
    found = entries(project)
    assert [found[it].get("sha256", "") for it in "abc"] == [digest(b"one"), digest(b"two"), ""]


def test_content_notices_other_bytes_under_the_same_tag(
    freshlayer: InProcess, world: World, server: LoggingServer, project: Path
) -> None:
    world.tagged("/a", "v1", b"one")
    world.files["/small"] = Reply(body=b"no validator")
    write(project, f"{server.url}/a", f"{server.url}/small")
    assert freshlayer("lock", ".").code == 0
    whole(server)
    told = freshlayer("verify", "--content")
    assert (told.code, "2 bodies downloaded and compared" in told.out) == (0, True), told.out
    assert sorted(whole(server)) == ["/a", "/small"]
    world.tagged("/a", "v1", b"another")
    assert freshlayer("verify").code == 0
    told = freshlayer("verify", "--content", "--json")
    document = json.loads(told.out)
    (change,) = document["changes"]
    assert (told.code, change["kind"], change["subject"]) == (1, "bytes", f"{server.url}/a")
    assert change["after"] == f"sha256:{digest(b'another')[:12]}"
    world.tagged("/a", "v2", b"another")
    whole(server)
    told = freshlayer("verify", "--content", "--json")
    assert [it["kind"] for it in json.loads(told.out)["changes"]] == ["changed"]
    assert whole(server) == ["/small"]


def test_a_body_above_the_limit_is_not_read(
    freshlayer: InProcess, world: World, server: LoggingServer, project: Path
) -> None:
    world.tagged("/big", "v1", BIG)
    write(project, f"{server.url}/big")
    (project / "freshlayer.toml").write_text("download_up_to = 5000000\n")
    told = freshlayer("lock", ".")
    assert (told.code, "its body is larger than 5000000 bytes" in told.err) == (0, True)
    assert "sha256" not in entries(project)["big"]
    (project / "freshlayer.toml").unlink()
    assert freshlayer("lock", ".").code == 0
    assert (entries(project)["big"]["sha256"], entries(project)["big"]["size"]) == (digest(BIG), len(BIG))
    (project / "freshlayer.toml").write_text("download_up_to = 5000000\n")
    whole(server)
    told = freshlayer("verify", "--content")
    assert (told.code, whole(server)) == (2, [])
    assert "its body is larger than 5000000 bytes" in told.out


def test_where_redirects_ended_is_in_the_file(
    freshlayer: InProcess, world: World, server: LoggingServer, project: Path
) -> None:
    signed = f"{server.url}/v1.tar?X-Amz-Signature=0123456789abcdef&X-Amz-Credential=k"
    world.files["/latest"] = Reply(302, {"Location": signed}, b"")
    world.tagged(signed.removeprefix(server.url), "v1", b"one")
    write(project, f"{server.url}/latest")
    assert freshlayer("lock", "--no-download", ".").code == 0
    assert entries(project)["latest"]["served-by"] == f"{server.url}/v1.tar"
    assert freshlayer("verify").code == 0


def test_content_needs_the_network(freshlayer: InProcess, project: Path) -> None:
    write(project)
    for word in ("--offline", "--image=x"):
        told = freshlayer("verify", "--content", word)
        assert (told.code, "--content: does not act with" in told.err) == (2, True)
