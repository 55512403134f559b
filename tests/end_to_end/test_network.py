"""What check takes for this machine's loopback is what the last build had."""

from __future__ import annotations

from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.table import Builders
from testing.command import Ended, Freshlayer
from testing.origins import ServeOrigin


@pytest.fixture
def freshlayer(builders: Builders, tmp_path: Path, project: Path) -> Freshlayer:
    return Freshlayer.of(builders["buildkit"], tmp_path / "state.sqlite3", project)


def watched(freshlayer: Freshlayer, *words: str) -> list[str]:
    """The references that check watches; the same whether one Dockerfile is checked or many."""
    found = _watched(freshlayer("check", "--json", *words, "."))
    assert _watched(freshlayer("check", "--json", "--recursive", *words, ".")) == found
    return found


def _watched(ended: Ended) -> list[str]:
    assert ended.code in {0, 1}, ended.err
    (document,) = ended.document.get("dockerfiles", [ended.document])
    return [item["reference"] for item in document["inputs"] if item["kind"] == "http"]


def test_check_assumes_the_network_of_the_last_build(
    freshlayer: Freshlayer, project: Path, origin: ServeOrigin
) -> None:
    (project / "Dockerfile").write_text(f"FROM {BASE}\nRUN wget -T 1 -q -O /file {origin.url} || true\n")
    assert watched(freshlayer) == [origin.url]
    # In a network of its own, loopback is the container's.
    assert freshlayer("build", "--network=none", ".").code == 0
    asked = len(origin.requests())
    assert watched(freshlayer) == []
    assert len(origin.requests()) == asked
    assert watched(freshlayer, "--network=host") == [origin.url]
    assert freshlayer.build(".").code == 0
    assert watched(freshlayer) == [origin.url]
    assert watched(freshlayer, "--network=none") == []
