"""How many of the RUNs that reach the network are covered: the figures of every format."""

from __future__ import annotations

import io
import json

import pytest

from freshlayer.context import Source
from freshlayer.decisions.coverage import coverage_of
from freshlayer.discover.analysis import BuildRequest
from freshlayer.model.report import Report
from freshlayer.report.formats import load
from freshlayer.report.formats.base import ReportKind, Style
from freshlayer.workflows.inputs import inputs

URL = "https://example.org/a"
CASES = [
    ("nothing", "RUN echo x", (0, 0)),
    ("watched", f"RUN curl {URL}", (1, 1)),
    ("pinned", f"RUN git clone {URL}.git x && git -C x checkout {'0' * 40}", (1, 1)),
    ("by name", "RUN luarocks install rake", (1, 0)),
    ("watched in part", f"RUN luarocks install rake && curl {URL}", (1, 0)),
    ("unknown", f"RUN curl {URL}/$V", (1, 0)),
    ("decided by a lookup", f"RUN V=$(curl {URL}) && curl {URL}/$V", (1, 1)),
    (
        "decided by a lookup of PowerShell",
        f'SHELL ["pwsh", "-c"]\nRUN $v = irm {URL}; iwr "{URL}/$v"',
        (1, 1),
    ),
    ("accepted", f"# freshlayer: immutable\nRUN curl {URL}", (1, 1)),
    ("an instruction that is no RUN", f"ADD {URL} /a\nCOPY --from=example.org/x /a /b", (0, 0)),
    ("an image that the builder mounts", "RUN --mount=from=example.org/x,target=/x ls /x", (0, 0)),
    ("a warning alone", f"RUN --mount=type=cache,target=/c test -f /c/a || curl -o /c/a {URL}", (1, 1)),
    ("two on two lines", f"RUN curl {URL}\nRUN luarocks install rake", (2, 1)),
    ("one with two inputs", f"RUN curl {URL} && curl {URL}/b", (1, 1)),
    ("PowerShell", f'SHELL ["pwsh", "-c"]\nRUN iwr {URL}\nRUN Install-Module Az', (2, 1)),
]


def report_of(text: str) -> Report:
    source = Source(f"FROM scratch\n{text}\n".encode(), "Dockerfile", "Dockerfile", ".", None)
    return inputs(source, BuildRequest(("linux/amd64",)))


def printed(report: Report, name: str, kind: ReportKind = ReportKind.INPUTS) -> str:
    stream = io.StringIO()
    writer = load(name).writer(stream, Style(kind))
    writer.add(report)
    writer.end()
    return stream.getvalue()


@pytest.mark.parametrize(("text", "figures"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_run_is_covered_where_all_that_it_reads_is(text: str, figures: tuple[int, int]) -> None:
    report = report_of(text)
    found = coverage_of(report.inputs, report.not_watched, report.covered)
    assert (found.runs, found.covered) == figures


def test_every_format_has_the_figures() -> None:
    report = report_of(f"RUN curl {URL}\nRUN luarocks install rake\nRUN curl {URL}/b")
    sentence = "2 of 3 RUNs that reach the network are covered"
    for kind in ReportKind:
        if kind is ReportKind.INPUTS:
            assert printed(report, "text", kind).splitlines()[-1] == f"Dockerfile: {sentence}"
            assert json.loads(printed(report, "json", kind))["coverage"] == {"runs": 3, "covered": 2}
        assert sentence in printed(report, "markdown", kind)
        assert sentence in printed(report, "github", kind)
        (run,) = json.loads(printed(report, "sarif", kind))["runs"]
        assert run["properties"]["coverage"] == [{"dockerfile": "Dockerfile", "runs": 3, "covered": 2}]
    checked = printed(report, "text", ReportKind.CHECK)
    assert checked.splitlines()[-1] == f"  {sentence}"


def test_an_annotation_is_written_only_where_something_is_not_covered() -> None:
    assert printed(report_of(f"RUN curl {URL}"), "github", ReportKind.CHECK) == ""
