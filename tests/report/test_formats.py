"""The table of formats, and where a report goes."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from freshlayer.report.formats import FORMATS, NAMES, format_of, load
from freshlayer.report.formats.base import ReportFormat
from testing.command import Freshlayer
from testing.misbehaving import MisbehavingOrigin


@pytest.fixture
def freshlayer(tmp_path: Path, project: Path) -> Freshlayer:
    """Where no builder is found."""
    (project / "Dockerfile").write_text(
        "FROM scratch\nRUN curl http://127.0.0.1:1/a\nRUN luarocks install b && curl $UNKNOWN\n"
    )
    return Freshlayer({**os.environ, "PATH": "/nowhere"}, tmp_path / "state.sqlite3", project)


def test_each_row_names_a_module_of_the_protocol() -> None:
    assert len(set(NAMES)) == len(FORMATS)
    for name in NAMES:
        module: ReportFormat = load(name)
        assert callable(module.writer)
        assert callable(module.write_probe)


def test_a_file_has_the_format_of_its_ending() -> None:
    assert {format_of(f"a{row.ending}") for row in FORMATS if row.ending} == {
        row.name for row in FORMATS if row.ending
    }
    assert [format_of(name) for name in ("report", "report.txt", "a.json.gz", ".json", "x.json")] == [
        "json"
    ] * 5


@pytest.mark.parametrize("command", ["check", "inputs"])
@pytest.mark.parametrize("form", NAMES)
def test_a_file_and_both_places_of_the_option_give_the_same(
    freshlayer: Freshlayer, tmp_path: Path, command: str, form: str
) -> None:
    printed = freshlayer(command, "--format", form, ".")
    assert printed.out
    assert freshlayer.but("--format", form)(command, ".").out == printed.out
    if form == "json":
        assert freshlayer(command, "--json", ".") == printed
    ending = next(row.ending for row in FORMATS if row.name == form)
    if ending:
        file = tmp_path / f"report{ending}"
        beside = freshlayer(command, "--report", str(file), ".")
        assert file.read_text() == printed.out
        assert beside == freshlayer(command, ".")
    if form != "text":
        assert freshlayer(command, "--format", form, "--report", "-", ".") == printed
        assert freshlayer(command, "--format", form, "--quiet", ".") == printed


@pytest.mark.parametrize("form", NAMES)
def test_several_dockerfiles_and_the_exit_code(freshlayer: Freshlayer, project: Path, form: str) -> None:
    for name in ("a", "b"):
        (project / name).mkdir()
        (project / name / "Dockerfile").write_text(f"FROM scratch\nRUN curl http://127.0.0.1:1/{name}\n")
    printed = freshlayer("check", "--recursive", "--format", form, ".")
    assert printed.code == 1
    assert all(f"{name}/Dockerfile" in printed.out for name in ("a", "b"))
    assert freshlayer("check", "--fail-on", "absent", "--format", form, "a").code == 0


@pytest.mark.parametrize("form", NAMES)
def test_a_probe(freshlayer: Freshlayer, tmp_path: Path, form: str) -> None:
    with MisbehavingOrigin("steady") as steady, MisbehavingOrigin("401") as closed:
        told = freshlayer("probe", "--format", form, "--report", str(tmp_path / "x"), steady.url, closed.url)
        assert told.code == 2
        assert steady.url in told.out.replace("\\", "")
        assert closed.url in told.out.replace("\\", "")
        references = json.loads((tmp_path / "x").read_text())["references"]
    assert [item["reference"] for item in references] == [steady.url, closed.url]


def test_two_formats_for_one_report(freshlayer: Freshlayer) -> None:
    told = freshlayer("check", "--json", "--format", "text", ".")
    assert (told.code, told.out) == (2, "")
    assert told.err == "freshlayer: --json: --format text is given too (name one format)\n"


@pytest.mark.parametrize("form", NAMES)
def test_a_build_reports_on_standard_error_and_with_a_dash_on_standard_output(
    freshlayer: Freshlayer, tmp_path: Path, form: str
) -> None:
    docker = tmp_path / "docker"
    docker.write_text(f"#!{sys.executable}\n")
    docker.chmod(0o755)
    environment = {**os.environ, "PATH": str(tmp_path), "DOCKER_BUILDKIT": "0"}
    building = Freshlayer(environment, freshlayer.state, freshlayer.directory).but("--format", form)
    with MisbehavingOrigin("steady") as origin:
        (freshlayer.directory / "Dockerfile").write_text(f"FROM scratch\nRUN curl {origin.url}\n")
        beside = building.build(".")
        assert (beside.code, beside.out) == (0, "")
        dashed = building.but("--report", "-").build(".")
        quiet = building.but("--quiet").build(".")
    assert "no build is recorded" in beside.err
    assert "freshlayer: Dockerfile: 0 of 1 watched instruction is stale" in dashed.err.replace("was", "is")
    # Nothing is stale any more, so that there is nothing to annotate.
    assert (quiet.err == "") == (form in {"text", "github"})
    if form in {"text", "json"}:
        assert json.loads(dashed.out)["builder"]["exit_code"] == 0
    elif form != "github":
        assert dashed.out == quiet.err
