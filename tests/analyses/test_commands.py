"""Commands print the same, whether the Dockerfile was analysed before or is analysed now."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from freshlayer.workflows.analyse import SWITCH
from testing import gold
from testing.command import Ended, freshlayer
from testing.origins import ServeOrigin
from testing.wild import WILD

COMMANDS = (
    ("inputs", "--json"),
    ("inputs", "--all", "--platform", "linux/amd64,linux/arm64", "--json"),
    ("--offline", "check", "--json"),
    ("--offline", "render"),
)
_SAMPLE = 8


def _files() -> Iterator[Path]:
    files = sorted(gold.files().values()) + sorted(WILD.rglob("Dockerfile"))
    yield from files[:: max(1, len(files) // _SAMPLE)]


def _ended(tmp_path: Path, words: tuple[str, ...], path: Path, cache: str) -> Ended:
    """``cache``: where it is; empty for none."""
    environment = {
        **os.environ,
        "PATH": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / (cache or "none")),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        SWITCH: "" if cache else "off",
    }
    return freshlayer([*words, "-f", str(path), str(path.parent)], environment, tmp_path)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_real_dockerfiles_have_the_same_documents(tmp_path: Path, words: tuple[str, ...]) -> None:
    files = list(_files())
    if not files:
        pytest.skip("there is no ../shared")
    for path in files:
        expected, first, again = (_ended(tmp_path, words, path, cache) for cache in ("", "cache", "cache"))
        assert expected.code in {0, 1}, expected.err
        assert first == expected, path
        assert again == expected, path
    assert len(list((tmp_path / "cache/freshlayer/analyses").iterdir())) >= len(files) // 2
    assert not (tmp_path / "none").exists()


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[ServeOrigin]:
    with ServeOrigin(tmp_path, '"v1"') as started:
        yield started


def test_a_check_is_the_same_again_until_a_script_changes(tmp_path: Path, origin: ServeOrigin) -> None:
    context = tmp_path / "context"
    context.mkdir()
    path = context / "Dockerfile"
    path.write_text(f"FROM scratch\nCOPY . .\nRUN ./a.sh && curl -O {origin.url}a\nRUN wget {origin.url}b\n")
    (context / "a.sh").write_text(f"curl {origin.url}c\n")
    words = ("check", "--json")
    first, again, without = (_ended(tmp_path, words, path, cache) for cache in ("cache", "cache", ""))
    assert again == without
    assert _references(first) == _references(again) == {f"{origin.url}{name}" for name in "abc"}
    (context / "a.sh").write_text(f"curl {origin.url}d\n")
    changed = _ended(tmp_path, words, path, "cache")
    assert _references(changed) == {f"{origin.url}{name}" for name in "abd"}


def _references(ended: Ended) -> set[str]:
    return set(re.findall(r'"reference": "([^"]+)"', ended.out))
