"""``freshlayer explain``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from freshlayer.model.all_reasons import entry, reference_page
from testing.command import Freshlayer


@pytest.fixture
def freshlayer(tmp_path: Path) -> Freshlayer:
    return Freshlayer({"PATH": os.environ["PATH"], "HOME": str(tmp_path)}, tmp_path / "state", tmp_path)


def test_a_code_is_explained(freshlayer: Freshlayer) -> None:
    done = freshlayer("explain", "offline")
    assert (done.code, done.out) == (0, entry("offline"))


def test_without_a_code_all_are_explained(freshlayer: Freshlayer) -> None:
    done = freshlayer("explain")
    assert (done.code, done.out) == (0, reference_page())


def test_an_unknown_code_is_an_error_with_the_nearest_code(freshlayer: Freshlayer) -> None:
    done = freshlayer("explain", "http-forbiden")
    assert (done.code, done.out) == (2, "")
    assert "http-forbiden: not a reason code (did you mean http-forbidden?)" in done.err
    assert "did you mean" not in freshlayer("explain", "zzzzzz").err
