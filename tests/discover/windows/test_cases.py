"""PowerShell and cmd against a table of cases that were worked out by hand: ``cases.txt``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse

_HEADER = (
    "# escape=`\nFROM mcr.microsoft.com/windows/servercore:ltsc2022\n"
    'SHELL ["powershell", "-Command", "$ErrorActionPreference = \'Stop\';'
    " $ProgressPreference = 'SilentlyContinue';\"]\n"
)


def cases() -> list[tuple[str, str, list[str]]]:
    """(title, Dockerfile, expected lines)."""
    text = (Path(__file__).parent / "cases.txt").read_text(encoding="utf-8")
    found: list[tuple[str, str, list[str]]] = []
    for block in re.split(r"(?m)^=== ", text)[1:]:
        title, _, rest = block.partition("\n")
        body, _, expected = rest.partition("\n---\n")
        dockerfile = body if body.startswith("FROM") else _HEADER + body
        found.append((title, dockerfile + "\n", [line for line in expected.splitlines() if line]))
    return found


CASES = cases()


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 150
    assert len({title for title, _, _ in CASES}) == len(CASES)


@pytest.mark.parametrize(("dockerfile", "expected"), [pytest.param(d, e, id=t) for t, d, e in CASES])
def test_a_case(dockerfile: str, expected: list[str]) -> None:
    system = "windows" if re.search(r"FROM .*(?:windows|nanoserver)", dockerfile) else "linux"
    discovery = analyse(dockerfile, BuildRequest((f"{system}/amd64",))).discovery
    watched = {str(item.reference) for item in discovery.inputs if item.reference.kind != "image"}
    missed = [(item.reason.code, f"{item.text} {item.reason}") for item in discovery.not_watched]
    assert watched == {line[2:] for line in expected if line.startswith("+ ")}
    wanted = [line[2:].partition(" ") for line in expected if line.startswith("- ")]
    for code, _, text in wanted:
        assert any(one == code and all(word in shown for word in text.split()) for one, shown in missed), (
            missed
        )
    assert len(missed) == len(wanted), missed
