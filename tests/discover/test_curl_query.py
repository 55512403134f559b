"""What curl appends to the query of a URL; the real curl is the oracle."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from freshlayer.discover.commands import of_script
from freshlayer.discover.syntaxes.found import Found
from testing.scripts import surroundings


class Origin(HTTPServer):
    """Keeps the target of every request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.targets: list[str] = []


class Handler(BaseHTTPRequestHandler):
    server: Origin

    def do_GET(self) -> None:
        self.server.targets.append(self.path)
        self.send_response(204)
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815 - the name is http.server's

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    server = Origin()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def found(command: str) -> list[str]:
    return [it.text for _, it in of_script(command, surroundings({})) if isinstance(it, Found)]


COMMANDS = [
    "curl -s U",
    "curl -s --url-query lang=de U",
    "curl -s --url-query +a=%20b U?x=1",
    "curl -s --url-query '=x&y' U",
    "curl -s --url-query 'x&y' U",
    "curl -s --url-query a=1 --url-query b=2 U",
    "curl -s --url-query a=1 U U2",
    "curl -s --url-query a=1 U#fragment",
    "curl -sI --url-query a=1 U",
    "curl -sG -d a=1 --url-query b=2 U",
    "curl -sG --url-query b=2 U",
    "curl -sG -d a=1 -d b=2 U?c=3",
    "curl -sG -d a=1 U#fragment",
    "curl -sG --data-raw @a U",
    "curl -sG --data-urlencode '=x&y' U",
    "curl -sG --data-urlencode 'x&y' U",
    "curl -sG --data-urlencode 'n=a*b~c(d) @' U",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_query_is_the_one_that_curl_sends(origin: Origin, command: str) -> None:
    base = f"http://127.0.0.1:{origin.server_port}"
    script = command.replace("U2", f"{base}/second").replace("U", f"{base}/b")
    origin.targets.clear()
    subprocess.run(["sh", "-c", f"{script} >/dev/null"], check=True, timeout=20)
    # curl writes the escapes of a query in lower case, which RFC 3986 §2.1 calls equivalent.
    assert [url.partition("#")[0].lower() for url in found(script)] == [
        f"{base}{target}".lower() for target in origin.targets
    ]


@pytest.mark.parametrize("option", ["-d @f", "--data-urlencode @f", "--data-urlencode n@f", "--json @f"])
def test_a_query_from_a_file_is_listed(option: str) -> None:
    (finding,) = [it for _, it in of_script(f"curl -G {option} https://example.org/a", surroundings({}))]
    assert not isinstance(finding, Found)
    assert finding.reason.code == "urls-in-file"
