"""A regular expression means the same in each Python that freshlayer runs on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from testing.patterns import is_of_possessive_group

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "tests" / "discover" / "hard_examples"
SYSTEM_PYTHON = Path("/usr/bin/python3")


@pytest.mark.parametrize(
    "text", ["(?:ab?c)*+", "x(?:ab|c)++", "(?:(?!a).)?+", "(?:ab){2,3}+", "(?=(?:ab)*+)"]
)
def test_a_possessive_group_is_found(text: str) -> None:
    assert is_of_possessive_group(text)


@pytest.mark.parametrize("text", ["a*+b++", r"[)*+]++\w?+.{2}+", r"(?>(?:ab?c)*)", r"\)*+", "(?:a*+b)+"])
def test_one_character_or_an_atomic_group_is_none(text: str) -> None:
    assert not is_of_possessive_group(text)


def test_no_pattern_repeats_a_group_possessively() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "testing.patterns"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    count, *found = done.stdout.splitlines()
    assert int(count) > 500
    assert found == []


def test_the_python_of_the_system_finds_the_same(tmp_path: Path) -> None:
    """Debian 12 has 3.11.2, whose ``re`` has faults that later ones have not."""
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    version = "import sys; print(*sys.version_info[:2], sep='.')"
    if not SYSTEM_PYTHON.exists() or _printed(SYSTEM_PYTHON, "-c", version).strip() != ours:
        pytest.skip(f"{SYSTEM_PYTHON} is not of {ours}, for which the compiled libraries are")
    contexts = []
    for example in sorted(EXAMPLES.glob("*.Dockerfile")):
        context = tmp_path / example.stem
        context.mkdir()
        shutil.copy(example, context / "Dockerfile")
        contexts.append(str(context))
    words = ("-m", "freshlayer", "inputs", "--json", *contexts)
    expected, found = (
        json.loads(_printed(Path(python), *words)) for python in (sys.executable, SYSTEM_PYTHON)
    )
    assert len(expected["dockerfiles"]) == len(contexts)
    assert found == expected


def _printed(python: Path, *words: str) -> str:
    """By a program of this Python, with the libraries of ours."""
    paths = os.pathsep.join([str(ROOT / "src"), sysconfig.get_path("purelib")])
    environment = {**os.environ, "PYTHONPATH": paths, "FRESHLAYER_ANALYSES": "off"}
    return subprocess.run(
        [python, *words], env=environment, capture_output=True, text=True, check=True
    ).stdout
