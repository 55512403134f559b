"""The gold set beside the checkout: real Dockerfiles with hand-made labels, and its own scorer."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.model.inputs import SYNTAX
from freshlayer.reference import Reference

SHARED = Path(__file__).resolve().parents[2] / "shared"
GOLD = SHARED / "gold"
# The labels are for a default build on this platform.
QUESTION = BuildRequest(("linux/amd64",))


def files() -> dict[str, Path]:
    """Name in the scorer's spelling → Dockerfile; none where the gold set is not at hand."""
    if not GOLD.is_dir():
        return {}
    listed = json.loads((GOLD / "gold.json").read_text("utf-8"))["files"]
    names = [(item["repo"].replace("/", "+"), item["path"]) for item in listed]
    return {f"{repo}/{path}": GOLD / "files" / repo / path for repo, path in names}


def findings(name: str, path: Path) -> dict[str, Any]:
    """What is found in one file, in the scorer's spelling."""
    discovery = analyse(path.read_text("utf-8", "surrogateescape"), QUESTION).discovery
    return {
        "file": name,
        "inputs": [
            {"line": place.line, "kind": item.reference.kind, "reference": _spelled(item.reference)}
            for item in discovery.inputs
            for place in item.places
            # The labels have no frontends.
            if place.via != SYNTAX
        ],
        "unwatched": [{"line": item.line, "why": str(item.reason)} for item in discovery.not_watched],
    }


def _spelled(reference: Reference) -> str:
    """In the labels a repository of Mercurial has no mark before its URL."""
    return str(reference).removeprefix("hg+")


def score() -> dict[str, Any]:
    """The scorer's summary."""
    with tempfile.TemporaryDirectory() as directory:
        found = Path(directory) / "findings.json"
        found.write_text(json.dumps([findings(name, path) for name, path in files().items()]))
        argv = [sys.executable, str(GOLD / "score.py"), str(GOLD / "gold.json"), str(found), "--json"]
        done = subprocess.run(argv, check=True, capture_output=True, text=True)
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary
