"""Real Dockerfiles, labelled by hand (shared/gold): what is found is scored by the scorer that came along."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from freshlayer.context import Source
from freshlayer.discover.analysis import BuildRequest
from freshlayer.model.inputs import SYNTAX
from freshlayer.workflows.inputs import inputs

GOLD = Path(__file__).parents[2].parent / "shared" / "gold"
AMD64 = BuildRequest(platforms=("linux/amd64",))

pytestmark = [
    pytest.mark.slow,  # the scorer is a program of its own
    pytest.mark.skipif(not GOLD.is_dir(), reason=f"there is no {GOLD}"),
]


def findings(repository: str, path: str) -> dict[str, Any]:
    """What is found of one file, as the scorer takes it."""
    name = f"{repository.replace('/', '+')}/{path}"
    file = GOLD / "files" / name
    report = inputs(Source(file.read_bytes(), name, name, str(file.parent), str(file)), AMD64)
    return {
        "file": name,
        "inputs": [
            {
                "line": place.line,
                "kind": item.reference.kind,
                "reference": item.reference.text.removeprefix("hg+"),
            }
            for item in report.inputs
            for place in item.places
            # The labels have neither frontends nor packages by name.
            if place.via != SYNTAX and item.reference.kind != "package"
        ],
        "unwatched": [{"line": item.line, "why": str(item.reason)} for item in report.not_watched],
    }


@pytest.fixture(scope="module")
def score(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    found = tmp_path_factory.mktemp("gold") / "findings.json"
    files = json.loads((GOLD / "gold.json").read_text("utf-8"))["files"]
    found.write_text(json.dumps([findings(entry["repo"], entry["path"]) for entry in files]), "utf-8")
    scorer = [sys.executable, str(GOLD / "score.py"), str(GOLD / "gold.json"), str(found), "--json"]
    ran = subprocess.run(scorer, capture_output=True, text=True, timeout=60, check=True)
    summary: dict[str, Any] = json.loads(ran.stdout)
    return summary


def test_nearly_every_input_is_found(score: dict[str, Any]) -> None:
    assert score["recall"] >= 0.99, score["misses"]


def test_nearly_nothing_else_is_found(score: dict[str, Any]) -> None:
    assert score["precision"] >= 0.995, score["wrong"]


def test_every_input_that_can_not_be_known_is_listed(score: dict[str, Any]) -> None:
    assert [miss for miss in score["misses"] if miss[2].endswith("?")] == []
