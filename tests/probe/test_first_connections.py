"""Without TLS no request waits for the first connection of a host, where nothing was redirected before."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from freshlayer.model.evidence import Evidence, Identity, Strength, Validators
from freshlayer.model.observation import ProbeOutcome, Recorded
from freshlayer.probe import Limits, probe
from freshlayer.reference import parse

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
