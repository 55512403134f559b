"""98 packages are reported as people think of them, and never as 98 lines."""

from __future__ import annotations

import io
import json

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from freshlayer.model.build import Built, InstructionState, InstructionVerdict
from freshlayer.model.history import BuildEvent, History
from freshlayer.model.inputs import Place, RemoteInput
from freshlayer.model.observation import Certainty, Change, Verdict
from freshlayer.model.packages import (
    ChosenPackage,
    PackageChange,
    PackageLine,
    PackageVerdict,
)
from freshlayer.model.reasons import Reason
from freshlayer.model.report import Past, Report
from freshlayer.reference import parse
from freshlayer.report.document import of_check
from freshlayer.report.findings import findings
from freshlayer.report.formats import NAMES, load
from freshlayer.report.formats.base import ReportKind, Style
from freshlayer.report.groups import input_lines
from freshlayer.report.history import lines as history_lines
from freshlayer.report.story import story_lines
from freshlayer.report.text import build_lines, check_lines
from tests.report.test_schema import SCHEMAS

MANY = 98
_WANTED = "curl"


def _purl(name: str) -> str:
    return f"pkg:deb/debian/{name}?arch=amd64&distro=bookworm"


def _chosen(number: int) -> ChosenPackage:
    name = f"lib{number}" if number else _WANTED
    return ChosenPackage(_purl(name), name, "2", "sha256:aa", wanted_by=_WANTED, named=not number)


CHOSEN = tuple(_chosen(number) for number in range(MANY))
PAIRS = tuple((it.purl, str(it.identity)) for it in CHOSEN)
CHANGES = tuple(
    PackageChange(it.purl, it.name, "1", "2", security=it.name == "lib3", wanted_by=(_WANTED,))
    for it in CHOSEN[1:6]
)


def _report(*verdicts: PackageVerdict, state: InstructionState = InstructionState.STALE) -> Report:
    reason = Reason("packages-changed", detail="apt: 5 of 98 packages changed: lib1 1 → 2 and 4 more")
    run = InstructionVerdict(
        7, 8, "0", "RUN", state, reason, "0123456789abcdef", PAIRS, "digest", packages=verdicts, changed=True
    )
    past = Past(built={("0", "digest"): Built(PAIRS, "key")})
    lines = (PackageLine(7, "apt-get", (_WANTED, "jq")),)
    return Report("Dockerfile", "", "linux/amd64", (), (run,), (), past=past, package_lines=lines)


CHANGED = _report(PackageVerdict("apt", MANY, CHANGES, (), CHOSEN))
DOWN = Reason("http-server-error", "https://deb.example.org/dists/stable/InRelease")
UNREACHABLE = _report(
    PackageVerdict("apt", MANY, problem=DOWN, unreachable=True, kept=True), state=InstructionState.UNKNOWN
)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"json", "sarif", "html"}])
@pytest.mark.parametrize("kind", list(ReportKind))
@pytest.mark.parametrize("report", [CHANGED, UNREACHABLE])
def test_no_format_prints_a_line_for_each_package(name: str, kind: ReportKind, report: Report) -> None:
    stream = io.StringIO()
    writer = load(name).writer(stream, Style(kind))
    writer.add(report)
    writer.end()
    assert len(stream.getvalue().splitlines()) < 30


def test_the_documents_list_what_changed_alone() -> None:
    document = of_check(CHANGED)
    schema = json.loads((SCHEMAS / "check.json").read_text())
    for report in (CHANGED, UNREACHABLE):
        Draft202012Validator(schema).validate(of_check(report))
    (packages,) = document["instructions"][0]["packages"]
    assert (packages["manager"], packages["total"], packages["kept"]) == ("apt", MANY, False)
    assert packages["changed"][2] == {
        "purl": _purl("lib3"),
        "from": "1",
        "to": "2",
        "security": True,
        "wanted_by": ["curl"],
    }
    assert len(packages["changed"]) == len(CHANGES)
    assert document["inputs"] == []


def test_the_story_has_every_package_and_why_it_is_there() -> None:
    lines = [text for _, text in story_lines(CHANGED, 7)]
    assert "    curl 2: named by the command" in lines
    assert "    lib3 2: required by curl, built with 1" in lines
    assert sum("required by" in line for line in lines) == MANY - 1
    assert "  built with 98 packages: curl, lib1, lib2 and 95 more" in lines


def test_packages_that_can_not_be_known_are_unknown() -> None:
    lines = [text for _, text in check_lines(UNREACHABLE)]
    assert lines[0].endswith("; 1 unknown")
    assert any(line.startswith("  unknown: Dockerfile:7: apt: https://deb.example.org") for line in lines)


def test_a_registry_that_is_down_is_one_line_where_packages_depend_on_its_image() -> None:
    image = parse("docker-image://one.example/base:1")
    verdict = Verdict(image, Change.UNKNOWN, Certainty.PROBABLE, Reason("http-server-error"), None)
    problem = Reason("http-server-error", str(image))
    packages = PackageVerdict("apt", MANY, problem=problem, unreachable=True, kept=True)
    report = _report(packages, state=InstructionState.UNKNOWN)
    for verdicts in ({}, {image: verdict}):
        lines = [text for _, text in check_lines(replace(report, verdicts=verdicts))]
        assert sum("one.example/base:1" in line for line in lines) == 1
        places = (Place(1, "FROM", "", "FROM"),)
        inputs = (RemoteInput(image, places),) if verdicts else ()
        found = findings(replace(report, verdicts=verdicts, inputs=inputs))
        assert sum("one.example/base:1" in it.text for it in found) == 1


def test_inputs_name_the_words_of_the_command() -> None:
    lines = [text for _, text in input_lines(CHANGED)]
    assert "  Dockerfile:7: RUN (apt-get) installs curl, jq" in lines
    assert "Dockerfile: 1 of 1 RUN that reaches the network is covered" in lines


def test_a_build_names_what_changed() -> None:
    lines = [text for _, text in build_lines(CHANGED)]
    assert len(lines) < 10


def test_the_history_counts_what_a_build_took_up() -> None:
    event = BuildEvent("Dockerfile", "linux/amd64", "buildkit", "", 0, "built", (), PAIRS)
    lines = [text for _, text in history_lines(History((), (event,)), "")]
    assert len(lines) < 6
    assert any("98 packages: curl, lib1, lib2 and 95 more" in line for line in lines)


def test_held_versions_are_named() -> None:
    held = _report(PackageVerdict("apt", MANY, (), CHANGES, CHOSEN), state=InstructionState.FRESH)
    lines = [text for _, text in story_lines(held, 7)]
    assert any("5 changes are no security updates" in line for line in lines)
