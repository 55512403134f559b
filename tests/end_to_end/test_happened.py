"""What the report says of each instruction is what the origin saw."""

from __future__ import annotations

import json
import os
import pty
import re
import secrets
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from testing.base_image import BASE
from testing.builders.base import Builder
from testing.builders.table import Builders
from testing.command import FRESHLAYER, Freshlayer
from testing.origins import ServeOrigin

TEXT = """\
ARG GLOBAL=1
FROM {base} AS first
ARG ARGUMENT
ENV A=b
RUN wget -qO /one {url}one
LABEL a=b
WORKDIR /work
COPY file /file
RUN wget -qO /two {url}?two
FROM first AS second
RUN wget -qO /three {url}?three
FROM {base}
WORKDIR /of/{name}
COPY --from=second /one /two /three /
RUN cat /one
CMD ["sh"]
"""
COUNTED = (5, 7, 8, 9, 11, 13, 14, 15)


@pytest.fixture(params=["sid-buildx"])
def buildx(request: pytest.FixtureRequest, builders: Builders, tmp_path: Path, project: Path) -> Freshlayer:
    return Freshlayer.of(builders[request.param], tmp_path / "state.sqlite3", project)


class Project:
    """A Dockerfile of three stages; builds report what ran."""

    def __init__(self, freshlayer: Freshlayer, folder: Path, origin: ServeOrigin, report: Path) -> None:
        self.freshlayer = freshlayer.but("--report", str(report))
        self.origin = origin
        self._folder, self._report = folder, report
        (folder / "file").write_text("content")
        self.write(TEXT)

    def write(self, text: str) -> None:
        # No test finds in the cache what another has built.
        values = {"base": BASE, "url": self.origin.url, "name": secrets.token_hex(8)}
        filled = re.sub(r"\{(\w+)\}", lambda match: values[match[1]], text)
        (self._folder / "Dockerfile").write_text(filled)

    def build(self, *words: str) -> tuple[dict[int, dict[str, Any]], str, list[str]]:
        """Line → the instruction's part of the report; the summary; what was fetched by the builder."""
        before = len(self.origin.requests())
        told = self.freshlayer.build(*words, ".")
        assert told.code == 0, told.err
        document = json.loads(self._report.read_text())
        fetched = [
            r.path for r in self.origin.requests()[before:] if "Wget" in r.headers.get("user-agent", "")
        ]
        return {item["line"]: item for item in document["instructions"]}, told.err, sorted(fetched)


@pytest.fixture
def built(freshlayer: Freshlayer, project: Path, origin: ServeOrigin, tmp_path: Path) -> Project:
    return Project(freshlayer, project, origin, tmp_path / "report.json")


def ran(instructions: dict[int, dict[str, Any]]) -> list[int]:
    assert tuple(line for line, item in instructions.items() if "cached" in item) == COUNTED
    return [line for line, item in instructions.items() if item.get("cached") is False]


def test_what_ran_is_what_was_fetched(built: Project, project: Path) -> None:
    built.write(TEXT.replace("RUN cat /one", "RUN cat /one; sleep 1"))
    told, said, fetched = built.build()
    assert ran(told) == list(COUNTED)
    assert fetched == ["/?three", "/?two", "/one"]
    assert re.search(r"  built 8 of 8 layers in \d+\.\d s$", said, re.MULTILINE)
    assert 1.0 <= told[15]["seconds"] < 30

    told, said, fetched = built.build()
    assert (ran(told), fetched) == ([], [])
    assert re.search(r"  rebuilt 0 of 8 layers, saved about \d+\.\d s$", said, re.MULTILINE)
    assert told[15]["saved"] >= 1.0

    (project / "file").write_text("other")
    told, said, fetched = built.build()
    # What is copied from the stage is the same as before, so that the last one is cached or not as the
    # builder likes.
    assert set(ran(told)) >= {8, 9, 11}
    assert not {5, 7} & set(ran(told))
    assert fetched == ["/?three", "/?two"]
    assert told[8]["because"]["text"] == "the files that it copies changed"
    assert told[9]["because"]["text"] == told[11]["because"]["text"] == "line 8 before it ran"
    assert "Dockerfile:8 COPY ran again" in said
    assert "unexpected" not in said


def test_its_own_input_explains_an_instruction(built: Project) -> None:
    built.build()
    built.origin.set_tag('"v2"')
    told, said, fetched = built.build()
    assert fetched == ["/?three", "/?two", "/one"]
    assert told[5]["because"]["text"].startswith(f'its own input: {built.origin.url}one: was "v1", now "v2"')
    assert told[7]["because"]["text"] == "line 5 before it ran"
    assert "unexpected" not in said


def test_a_build_arg_explains_what_it_changes(built: Project) -> None:
    built.build("--build-arg", "ARGUMENT=1")
    told, _, fetched = built.build("--build-arg", "ARGUMENT=2")
    assert told[5]["because"]["text"] == "an earlier instruction or a build argument changed"
    assert fetched == ["/?three", "/?two", "/one"]


def test_no_cache_and_an_emptied_cache_are_told_apart(built: Project, builder: Builder) -> None:
    built.build()
    told, _, fetched = built.build("--no-cache")
    assert {told[line]["because"]["text"] for line in ran(told)} == {"the builder was run with --no-cache"}
    assert fetched == ["/?three", "/?two", "/one"]
    builder.reset()
    told, _, _ = built.build()
    assert (
        told[5]["because"]["text"]
        == "its stage starts from another image, or the builder's cache was emptied"
    )


def test_going_back_to_an_earlier_state_is_no_surprise(built: Project) -> None:
    for tag in ('"v1"', '"v2"'):
        built.origin.set_tag(tag)
        built.build()
    built.origin.set_tag('"v1"')
    told, said, fetched = built.build()
    assert fetched == []
    assert told[5]["because"]["text"] == "it was built with the same inputs before"
    assert "unexpected" not in said


def test_each_input_is_asked_once_where_everything_is_cached(built: Project) -> None:
    built.build()
    before = len(built.origin.requests())
    built.build()
    asked = [request.path for request in built.origin.requests()[before:]]
    assert sorted(asked) == ["/?three", "/?two", "/one"]


def test_a_failed_build_looks_again_at_what_may_have_run_alone(built: Project) -> None:
    """Its layers are cached like any other's: one that an origin changed under is tainted."""
    built.write("FROM {base}\nRUN wget -qO f {url}one\n")
    built.build()
    built.write("FROM {base}\nRUN wget -qO f {url}one\nRUN wget -qO - {url}two && false\n")
    before = len(built.origin.requests())
    assert built.freshlayer.build(".").code != 0
    asked = [r for r in built.origin.requests()[before:] if "Wget" not in r.headers.get("user-agent", "")]
    assert Counter(request.path for request in asked) == {"/one": 1, "/two": 3}


def test_a_trigger_shifts_nothing(built: Project) -> None:
    built.write("FROM {base} AS a\nONBUILD RUN true\nFROM a\nRUN wget -qO f {url}\nRUN true && true\n")
    for cached in (False, True):
        told, _, _ = built.build()
        assert {item.get("cached") for line, item in told.items() if line > 3} <= {cached, None}


def test_quiet_builds_claim_nothing(built: Project) -> None:
    told, said, _ = built.build("--quiet")
    assert not any("cached" in item for item in told.values())
    assert "cached" not in said


def test_a_document_in_an_instruction_shifts_nothing(
    buildx: Freshlayer, project: Path, origin: ServeOrigin, tmp_path: Path
) -> None:
    built = Project(buildx, project, origin, tmp_path / "report.json")
    built.write("FROM {base}\nRUN <<E\necho RUN\nE\nCOPY <<A <<B /\na\nA\nb\nB\nRUN wget -qO f {url}\n")
    for cached in (False, True):
        told, _, _ = built.build()
        assert {line: item["cached"] for line, item in told.items() if "cached" in item} == {
            2: cached,
            5: cached,
            10: cached,
        }


@pytest.mark.parametrize("form", ["plain", "rawjson"])
def test_a_form_that_the_user_asks_for_is_read(
    form: str, buildx: Freshlayer, project: Path, origin: ServeOrigin, tmp_path: Path
) -> None:
    built = Project(buildx, project, origin, tmp_path / "report.json")
    for expected in (list(COUNTED), []):
        told, _, _ = built.build(f"--progress={form}")
        assert ran(told) == expected


@pytest.mark.parametrize("buildx", ["sid-containerd"], indirect=True)
def test_over_two_platforms_an_instruction_ran_if_it_ran_for_one(
    buildx: Freshlayer, project: Path, origin: ServeOrigin, tmp_path: Path
) -> None:
    built = Project(buildx, project, origin, tmp_path / "report.json")
    words = ("--platform=linux/amd64,linux/386", "--provenance=false")
    told, _, fetched = built.build(*words)
    assert ran(told) == list(COUNTED)
    assert len(fetched) == 6
    told, _, fetched = built.build(*words)
    assert (ran(told), fetched) == ([], [])


def test_a_display_on_a_terminal_is_read_and_stays_as_it_is(built: Project) -> None:
    for expected in (list(COUNTED), []):
        said = on_terminal(built.freshlayer)
        told = json.loads(Path(built.freshlayer.options[-1]).read_text())["instructions"]
        assert ran({item["line"]: item for item in told}) == expected
        verb = "built" if expected else "rebuilt"
        assert f"  {verb} {len(expected)} of {len(COUNTED)} layers" in said


def on_terminal(freshlayer: Freshlayer) -> str:
    """Build where standard output and error are a terminal."""
    ours, theirs = pty.openpty()
    argv = [
        *FRESHLAYER,
        "--state",
        str(freshlayer.state),
        *freshlayer.options,
        "build",
        "--network=host",
        ".",
    ]
    process = subprocess.Popen(
        argv,
        env=dict(freshlayer.environment),
        cwd=freshlayer.directory,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    said = b""
    try:
        while data := os.read(ours, 65_536):
            said += data
    except OSError:
        pass
    os.close(ours)
    assert process.wait(60) == 0, said
    return said.decode()


WITH_ADD = """\
FROM {base} AS first
RUN echo {name}
ADD {url}?one /one
RUN wget -qO /two {url}two
FROM {base}
WORKDIR /of/{name}
ADD {url}?three {url}?four /added/
COPY --from=first /two /two
"""


@pytest.mark.parametrize("form", ["plain", "rawjson"])
@pytest.mark.parametrize("name", ["buildkit", "trixie-buildx", "sid-buildx"])
def test_a_stage_with_an_add_of_urls_is_reported(
    builders: Builders, name: str, form: str, tmp_path: Path, project: Path, origin: ServeOrigin
) -> None:
    """Newer BuildKits show several vertices by the number of the ADD."""
    if (name, form) == ("buildkit", "rawjson"):
        pytest.skip("the client of 20.10 has no such display")
    freshlayer = Freshlayer.of(builders[name], tmp_path / "state.sqlite3", project)
    built = Project(freshlayer, project, origin, tmp_path / "report.json")
    built.write(WITH_ADD)
    told, said, _ = built.build(f"--progress={form}")
    assert {line for line, item in told.items() if item.get("cached") is False} == {2, 3, 4, 6, 7, 8}
    assert "  built 6 of 6 layers" in said
    told, said, _ = built.build(f"--progress={form}")
    assert {line for line, item in told.items() if item.get("cached")} == {2, 3, 4, 6, 7, 8}
    assert "  rebuilt 0 of 6 layers" in said
    assert "unknown" not in said
