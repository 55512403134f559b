"""``serve`` as RFC 9110 says, over the wire."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from testing.origins import ServeOrigin
from testing.process import Child

LATER = "Fri, 01 Jan 2100 00:00:00 GMT"


@pytest.fixture
def tagged(tmp_path: Path) -> Iterator[ServeOrigin]:
    with ServeOrigin(tmp_path, '"v1"') as started:
        yield started


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "file").write_bytes(b"0123456789")
    (folder / "empty").write_bytes(b"")
    (tmp_path / "outside").write_text("secret")
    command = [sys.executable, "-m", "freshlayer", "serve", str(folder)]
    with Child(command, log=tmp_path / "log") as child:
        yield child.wait_for_line("serving on ")


def ask(
    url: str, path: str, method: str = "GET", body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def test_a_folders_files_carry_the_hash_of_their_content(served: str) -> None:
    status, headers, body = ask(served, "/file")
    assert (status, body) == (200, b"0123456789")
    assert headers["etag"] == '"84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882"'
    assert ask(served, "/file", "HEAD")[::2] == (200, b"")
    assert ask(served, "/file", "HEAD")[1]["content-length"] == "10"


@pytest.mark.parametrize("path", ["/none", "/../outside", "/%2e%2e/outside", "/", "//etc/passwd"])
def test_nothing_else_is_served(served: str, path: str) -> None:
    assert ask(served, path)[0] == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If_None_Match": '"v1"'}, 304),
        ({"If_None_Match": 'W/"v1"'}, 304),
        ({"If_None_Match": '"x", "v1"'}, 304),
        ({"If_None_Match": "*"}, 304),
        ({"If_None_Match": '"v2"'}, 200),
        ({"If_Modified_Since": LATER}, 304),
        ({"If_Modified_Since": "Sat, 01 Jan 2000 00:00:00 GMT"}, 200),
        ({"If_Modified_Since": "nonsense"}, 200),
        ({"If_None_Match": '"v2"', "If_Modified_Since": LATER}, 200),
    ],
)
def test_conditional_requests(tagged: ServeOrigin, headers: dict[str, str], status: int) -> None:
    assert ask(tagged.url, "/", "GET", None, **headers)[0] == status
    assert ask(tagged.url, "/", "HEAD", None, **headers)[0] == status


@pytest.mark.parametrize(
    ("wanted", "status", "content", "part"),
    [
        ("bytes=0-0", 206, b"0", "bytes 0-0/10"),
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=8-", 206, b"89", "bytes 8-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=5-100", 206, b"56789", "bytes 5-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=4-2", 200, b"0123456789", ""),
        ("bytes=0-1,3-4", 200, b"0123456789", ""),
        ("octets=0-1", 200, b"0123456789", ""),
        ("bytes=-", 200, b"0123456789", ""),
    ],
)
def test_ranges(served: str, wanted: str, status: int, content: bytes, part: str) -> None:
    answered, headers, body = ask(served, "/file", Range=wanted)
    assert (answered, body, headers.get("content-range", "")) == (status, content, part)


def test_an_empty_file_has_no_first_byte(served: str) -> None:
    status, headers, _ = ask(served, "/empty", Range="bytes=0-0")
    assert (status, headers["content-range"]) == (416, "bytes */0")


def test_if_range_needs_the_very_tag(tagged: ServeOrigin) -> None:
    assert ask(tagged.url, "/", Range="bytes=0-0", If_Range='"v1"')[0] == 206
    assert ask(tagged.url, "/", Range="bytes=0-0", If_Range='"v2"')[0] == 200


def test_the_tag_and_the_date_change_while_it_runs(tagged: ServeOrigin) -> None:
    before = ask(tagged.url, "/")
    tagged.set_tag('"v2"')
    tagged.touch("Sat, 01 Jan 2000 00:00:00 GMT")
    after = ask(tagged.url, "/")
    assert (before[1]["etag"], after[1]["etag"]) == ('"v1"', '"v2"')
    assert after[1]["last-modified"] == "Sat, 01 Jan 2000 00:00:00 GMT"
    assert before[2] != after[2]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/.freshlayer/etag", b""),
        ("/.freshlayer/etag", b"a\r\nSet-Cookie: x"),
        ("/.freshlayer/last-modified", b"now"),
        ("/.freshlayer/other", b"x"),
        ("/elsewhere", b"x"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(tagged: ServeOrigin, path: str, value: bytes) -> None:
    assert ask(tagged.url, path, "PUT", value)[0] == 400
    assert ask(tagged.url, "/")[1]["etag"] == '"v1"'


def test_every_request_is_a_line_of_json_but_for_changes(tagged: ServeOrigin) -> None:
    ask(tagged.url, "/a", X_Test="1")
    ask(tagged.url, "/b", "HEAD")
    tagged.set_tag('"v2"')
    ask(tagged.url, "/c", If_None_Match='"v2"')
    seen = [(r.method, r.path, r.status) for r in tagged.requests()]
    assert seen == [("GET", "/a", 200), ("HEAD", "/b", 200), ("GET", "/c", 304)]
    assert tagged.requests()[0].headers["x-test"] == "1"
