"""Without TLS no request waits for the first connection of a host, where nothing was redirected before."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from freshlayer.model.evidence import Evidence, Identity, Strength, Validators
from freshlayer.model.observation import ProbeOutcome, Recorded
from freshlayer.probe import Limits, probe
from freshlayer.reference import parse
from testing.misbehaving import BODY, Exchange, MisbehavingOrigin

TOGETHER = 3


@contextmanager
def origin() -> Iterator[str]:
    """Answers nothing before so many requests have come."""
    all_here = threading.Barrier(TOGETHER, timeout=10)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            try:
                all_here.wait()
                status = 304
            except threading.BrokenBarrierError:
                status = 500
            self.send_response(status)
            self.send_header("ETag", '"one"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - of the base class
            """Not to the test's output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_requests_to_a_known_host_are_on_their_way_together() -> None:
    found = (Evidence("etag", "one", Strength.STRONG),)
    known = Recorded(
        Identity("etag", "one", Strength.STRONG), found, Validators(entity_tag='"one"'), full_answer=0
    )
    with origin() as url:
        references = [parse(f"{url}/{number}") for number in range(TOGETHER)]
        seen = probe(references, dict.fromkeys(references, known), Limits())
    assert {it.outcome for it in seen.values()} == {ProbeOutcome.NOT_MODIFIED}


@contextmanager
def full() -> Iterator[int]:
    """The port of a server that takes no more connections: the kernel drops what asks for one."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield int(server.getsockname()[1])


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_host_that_drops_what_wants_to_connect_is_not_reached(scheme: str) -> None:
    with full() as port:
        started = time.monotonic()
        references = [parse(f"{scheme}://127.0.0.1:{port}/{n}") for n in range(150)]
        seen = probe(references, {}, Limits(connect=0.5))
        taken = time.monotonic() - started
    assert {it.reason.code for it in seen.values()} == {"connect-timed-out"}
    # No request waits as long again for the same.
    assert taken < 2


def test_what_waits_for_the_first_answer_of_a_slow_host_has_all_its_time() -> None:
    """Longer than a connection may take to open, and shorter than an answer may take."""
    started: list[float] = []

    def late_at_first(exchange: Exchange) -> None:
        started.append(time.monotonic())
        exchange.pause(max(0.0, started[0] + 0.8 - time.monotonic()))
        exchange.respond(200, {"ETag": '"1"'}, BODY)

    with MisbehavingOrigin(late_at_first) as slow:
        references = [parse(f"{slow.url}{n}") for n in range(20)]
        seen = probe(references, {}, Limits(connect=0.4, answer=5))
    assert {it.reason.code for it in seen.values()} == {"observed"}


def test_a_host_that_never_answers_is_connected_to_all_the_same() -> None:
    with MisbehavingOrigin("never answers") as silent:
        references = [parse(f"{silent.url}{n}") for n in range(20)]
        seen = probe(references, {}, Limits(connect=0.3, answer=1))
    assert {it.reason.code for it in seen.values()} == {"timed-out"}
