"""Real Dockerfiles, labelled by hand with what they fetch."""

from __future__ import annotations

import pytest

from testing import gold

pytestmark = pytest.mark.skipif(not gold.files(), reason="../shared/gold is missing")


def test_what_real_dockerfiles_fetch_is_found_and_nothing_else() -> None:
    summary = gold.score()
    assert summary["files"] == 59
    assert summary["recall"] >= 0.97, summary["misses"]
    assert summary["precision"] >= 0.98, summary["wrong"]


def test_every_input_that_cannot_be_known_is_told() -> None:
    kinds = gold.score()["kinds"]
    unresolved = {kind: counts for kind, counts in kinds.items() if kind.endswith("?")}
    assert unresolved
    assert all(counts["found"] == counts["gold"] for counts in unresolved.values()), unresolved
