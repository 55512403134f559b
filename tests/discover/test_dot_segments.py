"""What is asked for is what the real curl and wget ask a server for."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from freshlayer.discover.dot_segments import without_dot_segments
from testing.logging_server import LoggingServer

PATHS = (
    *(
        "/a/../b",
        "/a/./b",
        "/a/..",
        "/a/.",
        "/../x",
        "/a//../b",
        "/a/b/../../../c",
        "/.well/../c/",
        "/./",
        "/...",
    ),
    *(
        "/a/..?q=../x",
        "/a?x=/../y",
        "/a/b/..;x/c",
        "/a/%2e%2e/b",
        "/a/.%2E/b",
        "/a..b/../c",
        "/a/../../../",
        "//",
    ),
)


@pytest.fixture(scope="module")
def server() -> Iterator[LoggingServer]:
    with LoggingServer() as started:
        yield started


@pytest.mark.parametrize("program", [("curl", "-s", "-g"), ("wget", "-q", "-O", "/dev/null")])
@pytest.mark.parametrize("path", PATHS)
def test_a_url_is_asked_for_as_the_program_asks(
    server: LoggingServer, program: tuple[str, ...], path: str
) -> None:
    subprocess.run([*program, server.url + path], check=True, capture_output=True, timeout=20)
    (request,) = server.requests()
    assert server.url + request.target == without_dot_segments(server.url + path)
