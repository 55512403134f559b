"""One connection takes all requests of a host with HTTP/2; without it, waiting costs a request nothing."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from freshlayer.model.observation import ProbeOutcome
from freshlayer.probe import Limits, probe
from freshlayer.probe.network.connections import ONE_MORE
from freshlayer.reference import parse
from testing.latency import Latency
from testing.misbehaving import MisbehavingOrigin, status
from testing.servers.base import Served, free_ports
from testing.servers.needs import require
from testing.servers.nginx import Nginx, proxied
from testing.tls import SelfSigned, self_signed

_ONE_TAG = "location / { add_header ETag '\"v1\"' always; return 200 'a body\\n'; }\n"
_PER_HOST = 8
_FOUR_SECONDS = Limits().within(4)


@pytest.fixture
def origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Nginx]:
    require("nginx")
    tls = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.certificate))
    times = f"log_format times '$msec $connection'; access_log {tmp_path}/times times;\n"
    with Nginx(server=_ONE_TAG, http=times, tls=tls) as server:
        yield server


def test_streams_that_are_not_free_wait_for_the_one_connection(origin: Nginx) -> None:
    origin.change(server=f"http2_max_concurrent_streams 100;\n{_ONE_TAG}")
    with Latency(origin.port, 0.02) as wire:
        seen = probe([parse(f"https://127.0.0.1:{wire.port}/{n}") for n in range(300)], {}, Limits())
        opened = wire.connections
    assert Counter(one.outcome for one in seen.values()) == {ProbeOutcome.SEEN: 300}
    assert opened == 1


def test_the_first_requests_do_not_wait_for_the_first_answer(origin: Nginx) -> None:
    """All are sent on the new connection at once, and the first answer comes with the others."""
    ends: list[int] = []
    with Latency(origin.port, 0.1) as wire, origin.watched() as served:
        references = [parse(f"https://127.0.0.1:{wire.port}/{n}") for n in range(100)]
        probe(references, {}, Limits(), lambda done, _of: ends.append(done))
    assert len(ends) == 100
    assert {one.connection for one in served} == {served[0].connection}
    # The second request of a reference comes behind all first ones.
    assert len({one.path for one in served[:90]}) == 90


def test_where_there_is_no_http_2_what_waits_has_all_its_time(origin: Nginx) -> None:
    (port,) = free_ports(1)
    origin.change(server=f"listen 127.0.0.1:{port} ssl;\n{_ONE_TAG}")
    with Latency(port, 0.2) as wire:
        references = [parse(f"https://127.0.0.1:{wire.port}/{n}") for n in range(60)]
        # Eight at once, two requests each: longer than one reference may take.
        seen = probe(references, {}, Limits().within(3))
        opened = wire.connections
    assert Counter(one.outcome for one in seen.values()) == {ProbeOutcome.SEEN: 60}
    assert opened <= _PER_HOST


def test_the_next_connection_is_open_before_the_server_ends_the_present_one(origin: Nginx) -> None:
    """nginx ends a connection after a thousand requests; that it does is known from the first one."""
    references = [parse(f"{origin.url}{n}") for n in range(1_250)]
    with origin.watched() as served:
        seen = probe(references, {}, Limits())
    assert Counter(one.outcome for one in seen.values()) == {ProbeOutcome.SEEN: len(references)}
    order = [one.connection for one in served]
    _, second, third = dict.fromkeys(order)
    assert order.index(third) < len(order) - 1 - order[::-1].index(second)
    assert max(Counter(order).values()) <= 1_000


@pytest.mark.parametrize("refused", [[3], [3, 4, 5]])
def test_a_host_that_refuses_the_next_connection_is_asked_on_the_present_one(
    origin: Nginx, refused: Sequence[int]
) -> None:
    """The third connection is opened ahead, while the second one still takes requests."""
    with Latency(origin.port, 0.01, refused=refused) as wire:
        seen = probe([parse(f"https://127.0.0.1:{wire.port}/{n}") for n in range(1_250)], {}, Limits())
        opened = wire.connections
    assert Counter(one.outcome for one in seen.values()) == {ProbeOutcome.SEEN: 1_250}
    assert opened > 3


def test_a_refused_connection_that_was_not_opened_ahead_costs_no_request(origin: Nginx) -> None:
    """The server ends its connections sooner than its program does by default."""
    origin.change(server=f"keepalive_requests 150;\n{_ONE_TAG}")
    with Latency(origin.port, 0.01, refused=[2, 3, 4]) as wire:
        seen = probe([parse(f"https://127.0.0.1:{wire.port}/{n}") for n in range(200)], {}, Limits())
        opened = wire.connections
    assert Counter(one.outcome for one in seen.values()) == {ProbeOutcome.SEEN: 200}
    assert opened > 4


def test_a_redirect_to_a_host_that_refuses_is_requested_once(origin: Nginx) -> None:
    """Its connection is newer than those that answered, and is none of the first host."""
    (closed,) = free_ports(1)
    origin.change(server=f"location /r/ {{ return 302 https://127.0.0.1:{closed}$request_uri; }}\n{_ONE_TAG}")
    urls = [f"{origin.url}{n}" for n in range(20)] + [f"{origin.url}r/{n}" for n in range(20)]
    with origin.watched() as served:
        probe([parse(url) for url in urls], {}, Limits())
    paths = Counter(one.path for one in served)
    assert {paths[f"/r/{n}"] for n in range(20)} == {1}


def test_a_host_whose_next_connection_hangs_costs_no_request_more_than_its_time(
    tmp_path: Path, origin: Nginx
) -> None:
    """What was sent on that connection has no handshake of its own."""
    origin.change(server=f"keepalive_requests 100;\n{_ONE_TAG}")
    tls = SelfSigned(tmp_path / "certificate.pem", tmp_path / "key.pem")
    with socket.create_server(("127.0.0.1", 0), backlog=256) as silent:
        behind = proxied("/", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with Nginx(server=behind, tls=tls) as hangs, Latency(origin.port, 0.01, then=hangs.port) as wire:
            started = time.monotonic()
            seen = probe([parse(f"https://127.0.0.1:{wire.port}/{n}") for n in range(120)], {}, _FOUR_SECONDS)
            taken = time.monotonic() - started
    codes = {one.reason.code for one in seen.values() if one.outcome is ProbeOutcome.UNKNOWN}
    assert codes == {"timed-out"}
    assert taken < 7


def test_a_host_that_listens_no_more_is_asked_on_the_present_connection(origin: Nginx) -> None:
    """The second one is opened as the first one has ended, and takes all that is left."""
    with Latency(origin.port, 0.01, most=2) as wire:
        seen = probe([parse(f"https://127.0.0.1:{wire.port}/{n}") for n in range(950)], {}, Limits())
    assert Counter(one.outcome for one in seen.values()) == {ProbeOutcome.SEEN: 950}


def test_all_hosts_are_connected_to_before_one_of_them_has_answered(origin: Nginx) -> None:
    hosts = 30
    with Latency(origin.port, 0.1, also=[origin.port] * (hosts - 1)) as wire, origin.watched() as served:
        urls = (f"https://127.0.0.1:{port}/{port}/{n}" for port in wire.ports for n in range(8))
        probe([parse(url) for url in urls], {}, Limits())
    assert len({one.path.split("/")[1] for one in served[:100]}) == hosts
    assert wire.connections == hosts


def test_a_host_that_refuses_all_connections_costs_each_of_its_requests_an_answer() -> None:
    (port,) = free_ports(1)
    seen = probe([parse(f"https://127.0.0.1:{port}/{n}") for n in range(200)], {}, Limits())
    assert {one.reason.code for one in seen.values()} == {"connection-refused"}
    assert len(seen) == 200


def _turns(served: Sequence[Served]) -> list[list[int]]:
    """By connection, in the order of their first requests: the places of its requests in the log."""
    places: dict[int, list[int]] = {}
    for place, one in enumerate(served):
        places.setdefault(one.connection, []).append(place)
    return list(places.values())


def _beside(earlier: Sequence[int], later: Sequence[int]) -> int:
    """Requests on a connection before the last one on the connection that it follows."""
    return sum(1 for place in later if place < earlier[-1])


def test_while_a_connection_follows_another_both_take_requests(origin: Nginx) -> None:
    with Latency(origin.port, 0.1) as wire, origin.watched() as served:
        seen = probe([parse(f"https://127.0.0.1:{wire.port}/{n}") for n in range(1_900)], {}, Limits())
    assert Counter(one.outcome for one in seen.values()) == {ProbeOutcome.SEEN: 1_900}
    first, second, *others = _turns(served)
    assert _beside(first, second) > _FEW
    # On a busy machine one may be opened too late.
    assert max(map(_beside, (second, *others), others)) > _FEW


def test_how_many_answers_a_connection_has_is_learned_where_the_program_is_not_known(
    origin: Nginx,
) -> None:
    with MisbehavingOrigin(status(200, {"Server": "other/1.0", "ETag": '"v1"'})) as behind:
        origin.change(server="proxy_pass_header Server;\n" + proxied("/", behind.url.rstrip("/")))
        with Latency(origin.port, 0.1) as wire, origin.watched() as served:
            seen = probe([parse(f"https://127.0.0.1:{wire.port}/{n}") for n in range(1_400)], {}, Limits())
    assert Counter(one.outcome for one in seen.values()) == {ProbeOutcome.SEEN: 1_400}
    first, second, third, *_ = _turns(served)
    assert _beside(first, second) == 0
    assert _beside(second, third) > _FEW


def test_a_server_that_ends_no_connection_has_one_more_at_most(origin: Nginx) -> None:
    origin.change(server=f"keepalive_requests 100000;\n{_ONE_TAG}")
    with Latency(origin.port, 0.02) as wire, origin.watched() as served:
        seen = probe([parse(f"https://127.0.0.1:{wire.port}/{n}") for n in range(2_000)], {}, Limits())
        opened = wire.connections
    assert Counter(one.outcome for one in seen.values()) == {ProbeOutcome.SEEN: 2_000}
    assert opened == len(_turns(served)) == ONE_MORE


_FEW = 8
_STATED = "add_header RateLimit-Remaining 8000 always; add_header RateLimit-Reset 3000 always;"


@pytest.mark.parametrize(("server", "limits"), [("", Limits(per_host=1)), (_STATED, Limits())])
def test_a_host_with_a_quota_or_one_connection_has_no_more_requests_at_once(
    origin: Nginx, server: str, limits: Limits
) -> None:
    origin.change(
        server=f"location / {{ {server} add_header ETag '\"v1\"' always; return 200 'a body\\n'; }}\n"
    )
    with Latency(origin.port, 0.03) as wire, origin.watched() as served:
        probe([parse(f"https://127.0.0.1:{wire.port}/{n}") for n in range(1_250)], {}, limits)
    _, second, third = _turns(served)
    assert _beside(second, third) <= _FEW


def test_what_waits_behind_a_refusal_is_not_sent(origin: Nginx) -> None:
    """Beside what was under way at the first refusal, only as much as libcurl had already."""
    refusing = "if ($connection_requests ~ ^[5-9]..$) { add_header Retry-After 30 always; return 429; }"
    origin.change(server=f"location / {{ {refusing} add_header ETag '\"v1\"'; return 200 'a body\\n'; }}\n")
    with Latency(origin.port, 0.03) as wire, origin.watched() as served:
        seen = probe([parse(f"https://127.0.0.1:{wire.port}/{n}") for n in range(1_500)], {}, Limits())
    assert len(seen) == 1_500
    assert len(served) < 500 + 2 * 128


_LONG = 0.3


def test_all_that_waited_for_a_connection_is_sent_on_it_at_once(tmp_path: Path, origin: Nginx) -> None:
    """Libcurl goes on by itself with what waits: nothing comes that would tell when."""
    origin.change(server=f"keepalive_requests 150;\n{_ONE_TAG}")
    with Latency(origin.port, _LONG) as wire:
        probe([parse(f"https://127.0.0.1:{wire.port}/{n}") for n in range(140)], {}, Limits())
    arrived: dict[str, list[float]] = {}
    for line in (tmp_path / "times").read_text().splitlines():
        moment, connection = line.split()
        arrived.setdefault(connection, []).append(float(moment))
    _, second = arrived.values()
    assert second[1] - second[0] < _LONG / 2


def test_what_waits_behind_requests_without_an_answer_has_all_its_time(origin: Nginx) -> None:
    """As many as are sent at once get no answer; those behind them are sent when these have failed."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as silent:
        port = silent.getsockname()[1]
        origin.change(server=proxied("/silent/", f"http://127.0.0.1:{port}") + _ONE_TAG)
        places = ["quick"] * 200 + ["silent"] * 160 + ["quick"] * 200
        references = [parse(f"{origin.url}{place}/{n}") for n, place in enumerate(places)]
        seen = probe(references, {}, Limits(answer=0.5))
    outcomes = Counter((one.reference.address.split("/")[-2], one.outcome) for one in seen.values())
    assert outcomes == {("quick", ProbeOutcome.SEEN): 400, ("silent", ProbeOutcome.UNKNOWN): 160}


def test_no_next_connection_is_opened_that_nothing_is_left_for(origin: Nginx) -> None:
    references = [parse(f"{origin.url}{n}") for n in range(350)]
    with origin.watched() as served:
        probe(references, {}, Limits())
    assert 600 < len(served) < 1_000
    assert len(_turns(served)) == 1


def test_a_redirect_does_not_state_the_program_of_the_host_that_redirects(
    origin: Nginx, tmp_path: Path
) -> None:
    """The first answers come from nginx; the other host ends no connection."""
    tls = SelfSigned(tmp_path / "certificate.pem", tmp_path / "key.pem")
    with MisbehavingOrigin(status(200, {"Server": "other", "ETag": '"v1"'})) as behind:
        passed = proxied("/", behind.url.rstrip("/")) + "proxy_pass_header Server;\n"
        lines = f"keepalive_requests 100000; location /away/ {{ return 302 {origin.url}; }}\n{passed}"
        with Nginx(server=lines, tls=tls) as host, Latency(host.port, 0.01) as wire:
            away = [f"https://127.0.0.1:{wire.port}/away/{n}" for n in range(130)]
            here = [f"https://127.0.0.1:{wire.port}/{n}" for n in range(900)]
            probe([parse(url) for url in (*away, *here)], {}, Limits())
            opened = wire.connections
    assert opened == 1


def test_a_host_that_refuses_all_further_connections_gets_few_of_them(origin: Nginx) -> None:
    with Latency(origin.port, 0.02, most=1) as wire:
        started = time.monotonic()
        seen = probe([parse(f"https://127.0.0.1:{wire.port}/{n}") for n in range(1_400)], {}, Limits())
        taken = time.monotonic() - started
    assert {one.reason.code for one in seen.values()} <= {"observed", "connection-refused"}
    assert sum(one.outcome is ProbeOutcome.SEEN for one in seen.values()) > 400
    assert taken < _SOON


_SOON = 10.0
