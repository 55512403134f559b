"""Once in a while an origin is probed without conditions: it may answer 304 to every condition."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import pytest

from testing.command import Freshlayer
from testing.misbehaving import Exchange, MisbehavingOrigin

DAY = 86400


def frozen(exchange: Exchange) -> None:
    """Answers 304 to every condition, whatever became of the file: another tag at every full answer."""
    if "if-none-match" in exchange.request.headers:
        exchange.head(304, {"Connection": "close"})
        exchange.send(b"\r\n")
    else:
        version = sum("if-none-match" in earlier.headers for earlier in exchange.earlier)
        exchange.respond(200, {"ETag": f'"v{version}"'}, b"file")


def age(state: Path, seconds: int) -> None:
    connection = sqlite3.connect(state)
    with connection:
        connection.execute("UPDATE observation SET full_answer = full_answer - ?", (seconds,))
    connection.close()


@pytest.mark.parametrize(
    ("setting", "seconds", "found"),
    [
        ("", 6 * DAY, "etag:v0"),
        ("", 7 * DAY, "etag:v1"),
        ('full_answer_every = "1h"', 3600, "etag:v1"),
        ("full_answer_every = 864000", 9 * DAY, "etag:v0"),
        ("full_answer_every = 0", 0, "etag:v1"),
        # The clock was ahead by a day; by more, nobody knows how old that answer is.
        ("", -DAY, "etag:v0"),
        ("", -8 * DAY, "etag:v1"),
    ],
)
def test_a_full_answer_is_due_after_a_while(
    tmp_path: Path, project: Path, setting: str, seconds: int, found: str
) -> None:
    state = tmp_path / "state.sqlite3"
    freshlayer = Freshlayer(dict(os.environ), state, project)
    with MisbehavingOrigin(frozen) as origin:
        (project / "Dockerfile").write_text(f"FROM scratch\nRUN curl -o /x {origin.url}x\n", encoding="utf-8")
        freshlayer("check", ".")
        # One 304, so that the next full answer has another tag.
        assert identity_of(freshlayer("check", "--json", ".").out) == "etag:v0"
        age(state, seconds)
        (project / "freshlayer.toml").write_text(setting, encoding="utf-8")
        assert identity_of(freshlayer("check", "--json", ".").out) == found


def identity_of(document: str) -> str:
    (found,) = [item for item in json.loads(document)["inputs"] if item["reference"].startswith("http")]
    return str(found["identity"])
