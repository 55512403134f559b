"""What the answer of a watched lookup decides is covered by it."""

from __future__ import annotations

import pytest

from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse

LATEST = "https://example.org/latest"
V = f"V=$(curl -s {LATEST})"

COVERED = [
    f"{V}; curl -O https://example.org/$V",
    f"{V} && git clone -b $V https://example.org/r",
    f"{V}; apt-get update; wget https://example.org/$V",
    f"curl -O https://example.org/$(wget -qO- {LATEST} | jq -r .tag)",
    f"curl -s {LATEST} | grep -o x | wget -i -",
    f"V=$(curl {LATEST}); W=$(curl https://example.org/$V); curl https://example.org/$W",
]
NOT_COVERED = [
    f"V=$(curl -s -d x=y {LATEST}); curl -O https://example.org/$V",
    f"V=$(curl -s {LATEST}_$(google --version)); curl -O https://example.org/$V",
    f"V=$(curl -H @f {LATEST}); curl -O https://example.org/$V",
]


def items(script: str) -> tuple[list[str], list[str]]:
    """Of what depends on an answer: (what covers it, what is not covered)."""
    discovery = analyse(f"FROM a\nRUN {script}\n", BuildRequest(("linux/amd64",))).discovery
    found = [item for item in discovery.not_watched if item.reason.code == "depends-on-answer"]
    return [item.covered_by for item in found if item.covered_by], [
        item.text for item in found if not item.covered_by
    ]


@pytest.mark.parametrize("script", COVERED)
def test_what_a_watched_lookup_decides_is_covered_by_it(script: str) -> None:
    covered, others = items(script)
    assert set(covered) == {LATEST}
    assert others == []


@pytest.mark.parametrize("script", NOT_COVERED)
def test_what_an_unwatched_lookup_decides_is_not_covered(script: str) -> None:
    covered, others = items(script)
    assert covered == []
    assert len(others) == 1
