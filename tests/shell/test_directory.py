"""The working directory of each program: a script → program and directory, beside a real shell's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from freshlayer.shell import follow, known
from testing.scripts import surroundings

CASES = """
p                                  | /
cd a; p                            | /a
cd /a && cd b && p                 | /a/b
cd a; cd ..; p                     | /
cd a; cd -; p                      | /
(cd a; p); p                       | /a /
cd a | p; p                        | / /
for d in a b; do (cd $d; p); done  | /a /b
pushd a; p; popd; p                | /a /
cd "$X"; cd b; p                   | ${X}/b
cd; p                              | ~
f() { cd a; }; f; p                | /a
x=$(cd a; p); p                    | /a /
cd -P a; p                         | /a
cd -- a; p                         | /a
bash -c 'cd a; p'; p               | /a /
if true; then cd a; fi; p          | /a
"""
ROWS = [
    (left.strip(), right.split())
    for left, _, right in (r.rpartition(" |") for r in CASES.strip().splitlines())
]


def directories(script: str, start: str = "/") -> list[str]:
    around = surroundings()
    calls = follow(script, type(around)(around.value, around.platform, around.fetchers, start)).calls
    return [call.directory for call in calls if known(call.words[0]) == "p"]


@pytest.mark.parametrize(("script", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_a_program_runs_where_cd_has_led(script: str, expected: list[str]) -> None:
    assert directories(script) == expected


@pytest.mark.parametrize(
    "script", [script for script, expected in ROWS if not any("~" in e or "$" in e for e in expected)]
)
def test_a_shell_is_in_the_same_directory(script: str, tmp_path: Path) -> None:
    """Of bash, because pushd is its own."""
    for name in ("a/b", "b"):
        (tmp_path / name).mkdir(parents=True)
    here = script.replace("/a", f"{tmp_path}/a")
    text = f"p() {{ pwd >&2; }}; export -f p; {here}"
    ran = subprocess.run(
        ["bash", "-c", text], cwd=tmp_path, capture_output=True, text=True, timeout=10, check=False
    )
    assert directories(here, str(tmp_path)) == ran.stderr.split()
