"""What testing.servers.nginx promises: its configurations are nginx's, its log is what was sent."""

from __future__ import annotations

import base64
import os
import socket
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.message import Message
from pathlib import Path

import pytest

from testing.servers.git_http import GitHttp
from testing.servers.needs import needs
from testing.servers.nginx import (
    Nginx,
    basic_auth,
    bearer_auth,
    client_certificates,
    head_refused,
    playback,
    proxied,
    quoted,
    rate_limited,
    rate_zone,
    redirect,
)
from testing.tls import self_signed

pytestmark = needs("nginx")


def get(
    url: str,
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    tls: ssl.SSLContext | None = None,
) -> tuple[int, Message[str, str], bytes]:
    request = urllib.request.Request(url, headers=dict(headers or {}), method=method)
    try:
        with urllib.request.urlopen(request, timeout=10, context=tls) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def test_a_file_is_served_and_the_log_tells_what_was_sent(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"twenty bytes of data")
    with Nginx(tmp_path) as origin:
        assert get(origin.url + "file")[2] == b"twenty bytes of data"
        get(origin.url + "file", {"Range": "bytes=0-0"})
        get(origin.url + "file", method="HEAD")
        get(origin.url + "none")
        log = origin.requests()
    assert [(r.method, r.path, r.status) for r in log] == [
        ("GET", "/file", 200),
        ("GET", "/file", 206),
        ("HEAD", "/file", 200),
        ("GET", "/none", 404),
    ]
    assert [r.body_bytes for r in log[:3]] == [20, 1, 0]
    assert log[1].headers["range"] == "bytes=0-0"
    assert len({r.connection for r in log}) == 4


def test_it_restarts_on_its_port_and_its_log_goes_on() -> None:
    with Nginx() as origin:
        (origin.directory / "file").write_bytes(b"x")
        get(origin.url + "file")
        origin.restart()
        get(origin.url + "file")
        assert [r.status for r in origin.requests()] == [200, 200]


def test_a_playback_sends_the_headers_of_another_vendor_and_honours_its_tag() -> None:
    tag = """"it's{SHA1{abc}}\\" """.strip()
    with Nginx(server=playback("/a", {"ETag": tag, "X-Checksum-Sha1": "abc"}, body="text")) as origin:
        status, headers, body = get(origin.url + "a")
        assert (status, headers["ETag"], headers["X-Checksum-Sha1"], body) == (200, tag, "abc", b"text")
        assert get(origin.url + "a", {"If-None-Match": tag})[0] == 304
        origin.change(server=playback("/a", {}, status=410))
        assert get(origin.url + "a")[0] == 410


def test_what_nginx_would_take_for_a_variable_is_refused() -> None:
    with pytest.raises(ValueError, match="dollar"):
        quoted("costs 1 $")


def test_a_redirect_leads_on() -> None:
    with Nginx() as origin:
        origin.change(server=redirect("/old", origin.url + "new", {"X-Linked-Etag": '"1"'}))
        (origin.directory / "new").write_bytes(b"found")
        assert get(origin.url + "old")[2] == b"found"
        assert [(r.path, r.status) for r in origin.requests()] == [("/old", 302), ("/new", 200)]


def test_head_can_be_refused_alone() -> None:
    with Nginx(server=head_refused()) as origin:
        (origin.directory / "file").write_bytes(b"x")
        assert get(origin.url + "file", method="HEAD")[0] == 405
        assert get(origin.url + "file")[0] == 200


def test_a_password_and_a_token_are_asked_for(tmp_path: Path) -> None:
    server = basic_auth("/basic/", tmp_path / "passwords", {"me": "secret"}) + bearer_auth(
        "/bearer/", "t0ken"
    )
    with Nginx(server=server) as origin:
        for folder in ("basic", "bearer"):
            (origin.directory / folder).mkdir()
            (origin.directory / folder / "file").write_bytes(b"x")
        basic = "Basic " + base64.b64encode(b"me:secret").decode()
        for path, right in (("basic/file", basic), ("bearer/file", "Bearer t0ken")):
            assert get(origin.url + path)[0] == 401
            assert get(origin.url + path, {"Authorization": right})[0] == 200
            assert origin.requests()[-1].headers["authorization"] == right


def test_it_speaks_tls_and_can_want_a_certificate_of_the_client(tmp_path: Path) -> None:
    made = self_signed(tmp_path)
    trusting = ssl.create_default_context(cafile=str(made.certificate))
    with Nginx(tls=made, server=client_certificates(made.certificate)) as origin:
        (origin.directory / "file").write_bytes(b"x")
        assert origin.url.startswith("https://")
        assert get(origin.url + "file", tls=trusting)[0] == 400
        trusting.load_cert_chain(made.certificate, made.key)
        assert get(origin.url + "file", tls=trusting)[0] == 200
        assert [r.status for r in origin.requests()] == [400, 200]


def test_it_speaks_tls_1_3_as_most_origins_do_and_1_2(tmp_path: Path) -> None:
    made = self_signed(tmp_path)
    versions = {ssl.TLSVersion.TLSv1_2: "TLSv1.2", ssl.TLSVersion.MAXIMUM_SUPPORTED: "TLSv1.3"}
    with Nginx(tls=made) as origin:
        for most, spoken in versions.items():
            trusting = ssl.create_default_context(cafile=str(made.certificate))
            trusting.maximum_version = most
            plain = socket.create_connection(("127.0.0.1", origin.port), timeout=10)
            with trusting.wrap_socket(plain, server_hostname="127.0.0.1") as wrapped:
                assert wrapped.version() == spoken


def test_it_stands_in_front_of_another_server() -> None:
    with Nginx() as behind, Nginx(server=proxied("/", behind.url)) as front:
        (behind.directory / "file").write_bytes(b"from behind")
        assert get(front.url + "file")[2] == b"from behind"
        assert [r.path for r in behind.requests()] == ["/file"]


def test_too_many_requests_are_told_to_come_back_later() -> None:
    limited = rate_limited("/", retry_after=7, burst=1)
    with Nginx(http=rate_zone(per_minute=1), server=limited) as origin:
        answers = [get(origin.url + "none")[:2] for _ in range(3)]
    assert [status for status, _ in answers] == [404, 404, 429]
    assert answers[-1][1]["Retry-After"] == "7"


@needs("fcgiwrap")
def test_git_reads_a_repository_through_its_own_backend(tmp_path: Path) -> None:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]

    def git(*words: str) -> str:
        argv = ["git", "-C", str(tmp_path), *identity, *words]
        return subprocess.run(argv, env=environment, check=True, capture_output=True, text=True).stdout

    git("init", "--quiet", "--initial-branch=main", "repository")
    git("-C", "repository", "commit", "--quiet", "--allow-empty", "-m", "first")
    with GitHttp(tmp_path) as served:
        listed = git("ls-remote", served.url + "repository", "refs/heads/main")
        assert listed.split()[0] == git("-C", "repository", "rev-parse", "HEAD").strip()
        assert served.requests()[0].path.startswith("/git/repository/info/refs")
