"""What ``check`` of one Dockerfile ends with, and where its documents go."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from testing.command import Freshlayer
from testing.misbehaving import BEHAVIOURS, Exchange, MisbehavingOrigin, status


@pytest.fixture
def freshlayer(tmp_path: Path, project: Path) -> Freshlayer:
    """Where no builder is found."""
    return Freshlayer({**os.environ, "PATH": "/nowhere"}, tmp_path / "state.sqlite3", project)


@pytest.fixture
def identities(tmp_path: Path) -> str:
    return str(tmp_path / "identities.toml")


def known(freshlayer: Freshlayer, project: Path, identities: str, *runs: str) -> Freshlayer:
    """All that the runs read is recorded, so that nothing is stale for a first time."""
    (project / "Dockerfile").write_text("".join(f"{line}\n" for line in ("FROM scratch", *runs)))
    ours = freshlayer.but("--identities", identities)
    assert ours("render", ".").code == 0
    return ours


def test_what_fails_a_check(freshlayer: Freshlayer, project: Path, identities: str) -> None:
    with MisbehavingOrigin("steady") as steady:
        ours = known(freshlayer, project, identities, f"RUN wget {steady.url}", "RUN luarocks install x")
        assert ours("check", "--fail-on", "stale,unknown,absent", ".").code == 0
        assert ours("check", "--fail-on", "not-watched", ".").code == 1
        assert ours("check", "--fail-on", "", ".").code == 0
        assert ours("check", "--recursive", "--fail-on", "stale,not-watched", ".").code == 1
    told = ours("check", ".")
    assert told.code == 0
    assert "; 1 unknown, 1 not watched" in told.out.splitlines()[0]
    assert ours("check", "--fail-on", "unknown", ".").code == 1
    assert ours("check", "--fail-on", "absent", ".").code == 0


def test_an_absent_input_fails_a_check_that_asks_for_it(
    freshlayer: Freshlayer, project: Path, identities: str
) -> None:
    gone = False

    def behave(exchange: Exchange) -> None:
        (status(404) if gone else BEHAVIOURS["steady"])(exchange)

    with MisbehavingOrigin(behave) as origin:
        ours = known(freshlayer, project, identities, f"RUN wget {origin.url}")
        gone = True
        told = ours("check", ".")
        assert told.code == 0
        assert "; 1 absent" in told.out.splitlines()[0]
        assert ours("check", "--fail-on", "absent", ".").code == 1


def test_what_the_dockerfile_itself_leaves_out_fails_no_check(freshlayer: Freshlayer, project: Path) -> None:
    (project / "Dockerfile").write_text(
        "FROM scratch\n# freshlayer: immutable\nRUN curl http://127.0.0.1:1/\n"
        f"ADD --checksum=sha256:{'0' * 64} http://127.0.0.1:1/ /\n"
    )
    assert freshlayer("check", "--fail-on", "not-watched", ".").code == 0


def test_a_word_that_is_not_a_finding(freshlayer: Freshlayer, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\n")
    told = freshlayer("check", "--fail-on", "stale,rotten", ".")
    assert told.code == 2
    assert "'rotten' is not one of stale, unknown, absent, not-watched" in told.err


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        (("-o", "out.json"), "{"),
        (("--output", "out.md"), "## freshlayer"),
        (("--json", "-o", "out.md"), "{"),
        (("--format", "text", "-o", "out.json"), "Dockerfile"),
    ],
)
def test_an_output_file_has_the_report_in_place_of_standard_output(
    freshlayer: Freshlayer, project: Path, words: tuple[str, ...], begins: str
) -> None:
    (project / "Dockerfile").write_text("FROM scratch\n")
    told = freshlayer("check", *words, ".")
    assert (told.code, told.out) == (0, "")
    assert (project / words[-1]).read_text().startswith(begins)
    assert freshlayer("inputs", *words, ".").out == ""
    assert freshlayer("check", "-o", "-", ".").out != ""
    assert freshlayer.but("-o", "out.json")("check", ".").code == 2


@pytest.mark.parametrize("words", [(".",), ("--recursive", "."), (".", ".")])
def test_the_report_on_standard_output(freshlayer: Freshlayer, project: Path, words: tuple[str, ...]) -> None:
    (project / "Dockerfile").write_text("FROM scratch\n")
    told = freshlayer.but("--report", "-")("check", *words)
    assert json.loads(told.out) == freshlayer("check", "--json", *words).document
    assert not (project / "-").exists()


def test_render_has_one_document_for_standard_output(freshlayer: Freshlayer, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\n")
    assert freshlayer("render", "-o", "-", ".").out == "FROM scratch\n"
    assert freshlayer.but("--report", "-")("render", ".").code == 2
    assert freshlayer.but("--report", "-")("render", "-o", "out", ".").document["dockerfile"] == "Dockerfile"
    assert not (project / "-").exists()


def test_a_flag_on_standard_output(freshlayer: Freshlayer, project: Path) -> None:
    with MisbehavingOrigin("steady") as steady:
        told = freshlayer("flag", steady.url, "-o", "-")
        assert told.out == f"etag:steady {steady.url}\n"
        assert freshlayer("flag", "--exit-code", steady.url, "-o", "-").code == 2
    assert not (project / "-").exists()


def test_a_probe_goes_on_after_an_argument_that_it_cannot_read(freshlayer: Freshlayer) -> None:
    with MisbehavingOrigin("steady") as steady:
        told = freshlayer("probe", "http://", steady.url)
    assert told.code == 2
    assert told.err.startswith("freshlayer: ")
    assert f"{steady.url}\n" in told.out
    assert "identity: etag:steady" in told.out
