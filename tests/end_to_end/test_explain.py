"""``check --explain LINE``: the whole story of one instruction."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.base import Builder
from testing.builders.table import Builders
from testing.command import Freshlayer
from testing.origins import ServeOrigin


@pytest.fixture(params=["buildkit"])
def builder(request: pytest.FixtureRequest, builders: Builders) -> Builder:
    """What is told of a build does not depend on who built it."""
    return builders[request.param]


def explain(freshlayer: Freshlayer, line: int) -> str:
    told = freshlayer("check", "--network=host", "--explain", str(line), ".")
    assert told.code in {0, 1}, told.err
    return told.out


def test_the_story_of_an_instruction(freshlayer: Freshlayer, project: Path, origin: ServeOrigin) -> None:
    url = origin.url
    text = f"FROM {BASE} AS first\nRUN wget -qO f \\\n  {url}\nCOPY Dockerfile /\n"
    (project / "Dockerfile").write_text(text)
    never = explain(freshlayer, 2)
    assert "Dockerfile:2 RUN stale: no build is recorded\n" in never
    assert "\n  in stage first, lines 2 to 3\n" in never
    assert "key then: none\n" in never
    assert never.endswith("never built through freshlayer\n")
    key = re.search(r"key now:  ([0-9a-f]{16})\n", never)
    assert key

    assert freshlayer.build(".").code == 0
    origin.set_tag('"v2"')
    told = explain(freshlayer, 3)
    assert f'Dockerfile:2 RUN stale: {url}: was "v1", now "v2"\n' in told
    assert re.search(rf"  reads {re.escape(url)} \(wget\)\n    changed \(probable\): ", told)
    when = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ"
    assert re.search(rf"    recorded {when}: etag:v1 \(strong\)\n      hop 0  strong    etag:v1\n", told)
    assert re.search(r"    now: etag:v2 \(strong\)\n      hop 0  strong    etag:v2\n", told)
    assert f"  built with {url} at etag:v1\n" in told
    assert f"  key then: {key[1]}\n" in told
    assert re.search(r"  key now:  [0-9a-f]{16}\n", told)
    assert key[1] not in told.partition("key now:")[2]
    assert re.search(rf"  last built {when} by buildkit for linux/\S+; it took \d\.\d s\n$", told)

    other = explain(freshlayer, 4)
    assert "reads nothing that freshlayer watches" in other
    assert "key" not in other
    assert re.search(rf"  last built {when} by buildkit", other)


def test_a_line_without_an_instruction_is_refused(freshlayer: Freshlayer, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM base AS first\n\nFROM base\n")
    told = freshlayer("check", "--explain", "2", ".")
    assert told.code == 2
    assert (
        told.err == "freshlayer: Dockerfile:2: no instruction that is built is on this line (--explain 2)\n"
    )


def test_what_an_instruction_reads_and_nobody_watches_is_told(freshlayer: Freshlayer, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM base\nRUN apt-get install -y curl\n")
    assert "  not watched: apt-get install" in explain(freshlayer, 2)
