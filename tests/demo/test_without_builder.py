"""``freshlayer demo`` on a machine without any builder, and the busybox that it looks for."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from freshlayer.demo.project import static_busybox
from testing import base_image
from testing.command import Ended, Freshlayer


@pytest.fixture
def ended(tmp_path: Path) -> Ended:
    """Of a run with an empty PATH."""
    (tmp_path / "scratch").mkdir()
    environment = {**os.environ, "PATH": str(tmp_path / "none"), "TMPDIR": str(tmp_path / "scratch")}
    return Freshlayer(environment, tmp_path / "state.sqlite3", tmp_path)("demo")


def test_the_keys_show_that_one_instruction_runs_again(ended: Ended) -> None:
    assert ended.code == 0, ended
    keys = re.findall(r"downloads (\S+): ([0-9a-f]{16})(.*)", ended.out)
    (tool, data, same, other) = keys
    assert (tool[:2], same[2]) == (same[:2], ": the same")
    assert data[0] == other[0] == "data.csv"
    assert data[1] != other[1]
    (stale,) = [line for line in ended.out.splitlines() if "stale: " in line]
    assert "/data.csv: was" in stale
    assert re.search(r"log of requests: \d+ requests, 0 of them for a whole file", ended.out)


def test_it_names_the_reason_and_fits_on_a_screen(ended: Ended) -> None:
    assert "No build is shown: no builder was found" in ended.out
    assert len(ended.out.splitlines()) <= 40


def test_nothing_is_left(ended: Ended, tmp_path: Path) -> None:
    assert ended.code == 0
    assert list(tmp_path.rglob("*")) == [tmp_path / "scratch"]


def test_a_builder_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": str(tmp_path)}
    ended = Freshlayer(environment, tmp_path / "state.sqlite3", tmp_path)("demo", "--builder", "podman")
    assert ended.code == 2
    assert "--builder podman: there is no podman" in ended.err


def test_the_busybox_that_is_used_needs_no_library() -> None:
    assert static_busybox() == base_image.static_busybox()


def test_a_program_with_an_interpreter_is_not_static() -> None:
    from freshlayer.demo import project

    assert not project._is_static(Path(sys.executable).resolve())
    assert not project._is_static(Path(__file__))
    assert not project._is_static(Path("/none"))
