"""The probe goes through the proxy of the command, and names it where it is at fault."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from freshlayer.model.observation import Observation, ProbeOutcome
from freshlayer.probe import Limits, probe
from freshlayer.reference import Reference, parse, requested
from freshlayer.request_form import Proxies, RequestForm
from testing.git_daemon import GitDaemon
from testing.logging_server import Logged, LoggingServer, Reply

USER = "user:hunter2hunter2"


@pytest.fixture
def proxy() -> Iterator[LoggingServer]:
    with LoggingServer() as started:
        yield started


@pytest.fixture
def origin() -> Iterator[LoggingServer]:
    with LoggingServer() as started:
        yield started


def through(url: str, proxies: Proxies) -> Reference:
    return requested(parse(url), RequestForm(proxies=proxies))


def ask(reference: Reference) -> Observation:
    seen = probe([reference], {}, Limits().within(5))[reference]
    assert "hunter2" not in seen.reason.text
    return seen


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def test_a_url_is_requested_through_the_proxy_with_its_credential(proxy: LoggingServer) -> None:
    proxy.script = lambda _: Reply(200, {"ETag": '"p"'})
    url = proxy.url.replace("://", f"://{USER}@")
    seen = ask(through("http://no-such-host.invalid/a", Proxies(http=url)))
    assert seen.outcome is ProbeOutcome.SEEN
    requests = proxy.requests()
    assert {request.target for request in requests} == {"http://no-such-host.invalid/a"}
    assert all(request.headers["proxy-authorization"].startswith("Basic ") for request in requests)


def test_no_proxy_goes_round_it_and_an_empty_proxy_is_none(
    proxy: LoggingServer, origin: LoggingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy.url)
    for given in (Proxies(http=proxy.url, bypassed="x.example.org,127.0.0.1"), Proxies()):
        assert ask(through(f"{origin.url}/a", given)).outcome is ProbeOutcome.SEEN
        assert origin.requests()
        assert proxy.requests() == []
    # Without any that the command sees, ours is used.
    ask(parse(f"{origin.url}/a"))
    assert proxy.requests()
    assert origin.requests() == []


def test_each_hop_takes_the_proxy_of_its_scheme(proxy: LoggingServer, origin: LoggingServer) -> None:
    proxy.script = lambda _: Reply(302, {"Location": f"{origin.url}/b"})
    seen = ask(through("http://no-such-host.invalid/a", Proxies(http=proxy.url, bypassed="127.0.0.1")))
    assert seen.outcome is ProbeOutcome.SEEN
    assert {request.target for request in origin.requests()} == {"/b"}


def test_a_refused_connect_is_the_proxys(proxy: LoggingServer) -> None:
    for status, name in (
        (403, "403 Forbidden"),
        (407, "407 Proxy Authentication Required"),
        (502, "502 Bad Gateway"),
    ):
        proxy.script = lambda _, status=status: Reply(status)  # type: ignore[misc]
        url = proxy.url.replace("://", f"://{USER}@")
        seen = ask(through("https://no-such-host.invalid/a", Proxies(https=url)))
        assert seen.outcome is ProbeOutcome.UNKNOWN
        assert seen.reason.text == f"the proxy 127.0.0.1:{proxy.port} returned {name} for CONNECT"
        assert {request.method for request in proxy.requests()} == {"CONNECT"}


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_dead_proxy_is_named(scheme: str) -> None:
    port = closed_port()
    given = Proxies(http=f"http://{USER}@127.0.0.1:{port}", https=f"http://{USER}@127.0.0.1:{port}")
    seen = ask(through(f"{scheme}://no-such-host.invalid/a", given))
    where = f"the proxy 127.0.0.1:{port}"
    assert seen.reason.text == f"{where} refused the connection or can't be reached"
    lost = Proxies(http="http://no-such-proxy.invalid:1", https="http://no-such-proxy.invalid:1")
    seen = ask(through(f"{scheme}://no-such-host.invalid/a", lost))
    name = "the host name of the proxy no-such-proxy.invalid:1"
    assert seen.reason.text == f"{name} does not resolve"


def test_our_own_dead_proxy_is_named_as_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", f"http://{USER}@127.0.0.1:{closed_port()}")
    seen = ask(parse("https://no-such-host.invalid/a"))
    assert seen.reason.text.startswith("the proxy of this environment refused")


def test_what_an_origin_answers_through_a_proxy_is_the_origins(proxy: LoggingServer) -> None:
    proxy.script = lambda _: Reply(404)
    assert (
        ask(through("http://no-such-host.invalid/a", Proxies(http=proxy.url))).outcome is ProbeOutcome.ABSENT
    )
    proxy.script = lambda _: Reply(407)
    seen = ask(through("http://no-such-host.invalid/a", Proxies(http=proxy.url)))
    assert "407 Proxy Authentication Required" in seen.reason.text


def test_git_goes_through_it_too(proxy: LoggingServer, tmp_path_factory: pytest.TempPathFactory) -> None:
    with GitDaemon(tmp_path_factory.mktemp("git")) as repository:
        commit = repository.git("rev-parse", "main")

    def script(request: Logged) -> Reply:
        refs = f"{commit}\trefs/heads/main\n".encode()
        return Reply(200, {}, refs) if "info/refs" in request.target else Reply(404)

    proxy.script = script
    seen = ask(through("git+http://no-such-host.invalid/r.git#main", Proxies(http=proxy.url)))
    assert [item.value for item in seen.evidence] == [commit]
    assert all(request.target.startswith("http://no-such-host.invalid/") for request in proxy.requests())
    port = closed_port()
    dead = through(
        "git+http://no-such-host.invalid/r.git#main", Proxies(http=f"http://{USER}@127.0.0.1:{port}")
    )
    assert ask(dead).reason.text.endswith(f"(through the proxy 127.0.0.1:{port})")
