"""The image of ``# syntax=`` of a real registry: a change of it is reported, and makes nothing stale."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from freshlayer.context import Source
from freshlayer.discover.analysis import BuildRequest
from freshlayer.model.build import InstructionState
from freshlayer.model.report import Report
from freshlayer.report.findings import findings
from freshlayer.report.formats.base import ReportKind, Style
from freshlayer.report.text import build_lines, check_lines
from freshlayer.settings import Policy
from freshlayer.state import SqliteStore
from freshlayer.workflows.check import check_one
from freshlayer.workflows.record import remember
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target
from testing.reports import written
from testing.stores.registry import Registry


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as served:
        yield served


@pytest.fixture
def look(tmp_path: Path, registry: Registry) -> Iterator[Callable[..., Report]]:
    store = SqliteStore(tmp_path / "state.sqlite3", print)
    session = Session(
        store=store, policy=Policy(timeout=5, deadline=20), warn=print, clock=lambda: 1_790_000_000
    )
    path = tmp_path / "Dockerfile"
    path.write_text(f"# syntax={registry.host}/frontend:1\nFROM {registry.host}/base:1\nRUN echo\n")
    source = Source(path.read_bytes(), "Dockerfile", str(path), str(tmp_path), str(path))
    request = BuildRequest(("linux/amd64",))

    def check(*, builds: bool = False) -> Report:
        report = check_one(Target.of(source, request), session)
        if builds:
            assert remember(source, request, replace(report, exit_code=0), {}, session)
        return report

    yield check
    store.close()


def lines(report: Report) -> list[str]:
    return [text for _, text in check_lines(report) if "# syntax" in text]


def test_a_frontend_that_moved_is_reported_and_makes_nothing_stale(
    look: Callable[..., Report], registry: Registry
) -> None:
    registry.push("base", "1", "base")
    registry.push("frontend", "1", "one")
    assert lines(look(builds=True)) == []
    assert lines(look()) == []
    registry.push("frontend", "1", "two")
    look()
    report = look()
    (line,) = lines(report)
    assert line.startswith(f"  Dockerfile:1 # syntax changed: {registry.host}/frontend:1: ")
    assert " → " in line
    assert {it.state for it in report.instructions} == {InstructionState.FRESH}
    (finding,) = [it for it in findings(report) if it.rule == "frontend-changed"]
    assert (finding.line, str(finding.level)) == (1, "note")
    assert "frontend changed" in written("markdown", Style(ReportKind.CHECK), [("", report)])
    assert any("# syntax changed" in text for _, text in build_lines(replace(report, exit_code=0)))
    look(builds=True)
    assert lines(look()) == []


def test_another_frontend_is_no_change_of_one(look: Callable[..., Report], registry: Registry) -> None:
    registry.push("base", "1", "base")
    registry.push("frontend", "1", "one")
    look()
    registry.push("frontend", "1", "two")
    assert lines(look()) == []
