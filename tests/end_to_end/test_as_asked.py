"""The probe asks as the command in the build asks: with its headers, through its proxy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.command import Freshlayer
from testing.logging_server import Logged, LoggingServer, Reply

pytestmark = pytest.mark.parametrize("builder", ["classic", "buildkit"], indirect=True)
ASSET = "repos/o/r/releases/assets/7"


@pytest.fixture
def server() -> Iterator[LoggingServer]:
    with LoggingServer() as started:
        yield started


def written(project: Path, *lines: str) -> None:
    (project / "Dockerfile").write_text("\n".join([f"FROM {BASE}", *lines, ""]))


def test_headers_of_the_command_decide_what_is_served(
    freshlayer: Freshlayer, project: Path, server: LoggingServer
) -> None:
    count = iter(range(1000))

    def api(request: Logged) -> Reply:
        if "octet-stream" in request.headers.get("accept", ""):
            return Reply(200, {"ETag": '"asset-1"'}, b"the asset")
        number = next(count)
        return Reply(200, {"ETag": f'"{number}"'}, f"{number} downloads".encode())

    server.script = api
    header = "--header 'Accept: application/octet-stream'"
    written(project, f"RUN wget -q {header} -O /x {server.url}/{ASSET}")
    assert freshlayer.build("-q", ".").code == 0
    assert all("octet-stream" in request.headers["accept"] for request in server.requests())
    told = freshlayer("check", "--network=host", "--json", ".")
    assert told.code == 0
    (reference,) = [item["reference"] for item in told.document["inputs"] if item["kind"] == "http"]
    assert reference == f"{server.url}/{ASSET}#header:accept=application/octet-stream"
    assert freshlayer("probe", "--json", reference).document["references"][0]["identity"] == "etag:asset-1"


def test_a_user_agent_that_the_server_insists_on_is_sent(
    freshlayer: Freshlayer, project: Path, server: LoggingServer
) -> None:
    server.script = lambda request: Reply(200 if request.headers.get("user-agent") == "Mozilla/5.0" else 403)
    written(project, f"RUN wget -q -U Mozilla/5.0 -O /x {server.url}/ua")
    assert freshlayer.build("-q", ".").code == 0
    assert freshlayer("check", "--network=host", ".").code == 0
    server.script = lambda _: Reply(200, {}, b"another")
    assert freshlayer("check", "--network=host", ".").code == 1


def test_the_proxy_of_a_build_arg_is_the_probes(
    freshlayer: Freshlayer, project: Path, server: LoggingServer
) -> None:
    url = "http://no-such-host.invalid/tool"
    written(project, f"RUN wget -q -O /x {url}")
    proxy = f"http_proxy={server.url}"
    assert freshlayer.build("-q", "--build-arg", proxy, ".").code == 0
    assert {request.target for request in server.requests()} == {url}
    assert freshlayer("check", "--network=host", "--build-arg", proxy, ".").code == 0
    server.script = lambda _: Reply(200, {}, b"another")
    assert freshlayer("check", "--network=host", "--build-arg", proxy, ".").code == 1
    assert {request.target for request in server.requests()} == {url}


def test_the_proxy_of_dockers_configuration_is_the_probes(
    freshlayer: Freshlayer, project: Path, server: LoggingServer, tmp_path: Path
) -> None:
    url = "http://no-such-host.invalid/tool"
    written(project, f"RUN wget -q -O /x {url}")
    home = Path(freshlayer.environment.get("DOCKER_CONFIG", str(tmp_path / "none"))) / "config.json"
    document = json.loads(home.read_text()) if home.exists() else {}
    folder = tmp_path / "docker"
    folder.mkdir()
    document["proxies"] = {"default": {"httpProxy": server.url, "noProxy": "other.example.org"}}
    (folder / "config.json").write_text(json.dumps(document))
    configured = freshlayer.but(DOCKER_CONFIG=str(folder))
    assert configured.build("-q", ".").code == 0
    assert {request.target for request in server.requests()} == {url}
    assert configured("check", "--network=host", ".").code == 0
    server.script = lambda _: Reply(200, {}, b"another")
    assert configured("check", "--network=host", ".").code == 1


def test_what_wget_finds_below_a_page_is_listed(
    freshlayer: Freshlayer, project: Path, server: LoggingServer
) -> None:
    written(project, f"RUN wget -m -q {server.url}/dir/ || true")
    told = freshlayer("inputs", ".")
    assert f"RUN: what wget -m finds below {server.url}/dir/" in told.out


def test_a_cache_mount_that_keeps_the_old_file_is_warned_of(
    freshlayer: Freshlayer, project: Path, server: LoggingServer, builder: object
) -> None:
    get = f"test -f /dl/tool || wget -q -O /dl/tool {server.url}/tool; cp /dl/tool /tool"
    written(project, f"RUN --mount=type=cache,target=/dl {get}")
    warning = "warning: cache mount /dl: test -f /dl/tool may keep the old file"
    assert warning in freshlayer("inputs", ".").out
    assert warning in freshlayer("check", "--network=host", ".").out
    if getattr(builder, "name", "") == "buildkit":
        server.requests()
        assert warning in freshlayer.build("-q", ".").err
        downloads = [request for request in server.requests() if "Wget" in request.headers["user-agent"]]
        server.script = lambda _: Reply(200, {}, b"another")
        assert warning in freshlayer.build("-q", ".").err
        again = [request for request in server.requests() if "Wget" in request.headers["user-agent"]]
        assert (len(downloads), len(again)) == (1, 0)
