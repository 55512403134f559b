"""What reaches a terminal, a pipe, and a terminal without escape codes."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

from testing.command import FRESHLAYER
from testing.origins import ServeOrigin

ESCAPE = "\x1b"
VARIABLES = ("NO_COLOR", "FORCE_COLOR", "TERM")


def environment(**values: str) -> dict[str, str]:
    return {**{name: value for name, value in os.environ.items() if name not in VARIABLES}, **values}


def in_a_pipe(project: Path, *words: str, **values: str) -> str:
    return subprocess.run(
        [*FRESHLAYER, *words],
        cwd=project,
        env=environment(**values),
        capture_output=True,
        check=True,
        text=True,
    ).stdout


def on_a_terminal(project: Path, *words: str, **values: str) -> str:
    """Both streams of the command, as a terminal receives them."""
    ours, its = pty.openpty()
    with subprocess.Popen(
        [*FRESHLAYER, *words], cwd=project, env=environment(**values), stdout=its, stderr=its
    ) as process:
        os.close(its)
        received = b""
        # Linux reports the end of a pseudo terminal as an error.
        try:
            while block := os.read(ours, 65536):
                received += block
        except OSError:
            pass
    os.close(ours)
    assert process.returncode in {0, 1}
    return received.decode()


@pytest.fixture
def dockerfile(project: Path) -> Path:
    (project / "Dockerfile").write_text(
        "FROM scratch\nRUN curl https://example.org/a\nRUN luarocks install b\n"
    )
    return project


def test_a_terminal_gets_colours_and_a_pipe_none(dockerfile: Path) -> None:
    assert ESCAPE in on_a_terminal(dockerfile, "inputs", ".", TERM="xterm")
    assert ESCAPE not in in_a_pipe(dockerfile, "inputs", ".", TERM="xterm")


@pytest.mark.parametrize(
    "values",
    [
        {"TERM": "xterm", "NO_COLOR": "1"},
        {"TERM": "dumb"},
        {"TERM": "xterm", "NO_COLOR": "1", "FORCE_COLOR": "1"},
    ],
)
def test_no_escape_code_at_all(dockerfile: Path, values: dict[str, str]) -> None:
    assert ESCAPE not in on_a_terminal(dockerfile, "inputs", ".", **values)


@pytest.mark.parametrize("values", [{"FORCE_COLOR": "1"}, {"FORCE_COLOR": "1", "TERM": "dumb"}])
def test_colours_can_be_forced_in_a_pipe(dockerfile: Path, values: dict[str, str]) -> None:
    assert ESCAPE in in_a_pipe(dockerfile, "inputs", ".", **values)


def test_an_empty_variable_counts_as_unset(dockerfile: Path) -> None:
    assert ESCAPE in on_a_terminal(dockerfile, "inputs", ".", TERM="xterm", NO_COLOR="")
    assert ESCAPE not in in_a_pipe(dockerfile, "inputs", ".", FORCE_COLOR="")


def test_progress_counts_inputs_and_leaves_a_dumb_terminal_alone(project: Path, tmp_path: Path) -> None:
    with ServeOrigin(tmp_path, '"v1"') as origin:
        lines = "".join(f"RUN curl {origin.url}{name}\n" for name in "ab")
        (project / "Dockerfile").write_text(f"FROM scratch\n{lines}")
        words = ("--state", str(tmp_path / "state"), "check", ".")
        assert "probed 2 of 2 inputs" in on_a_terminal(project, *words, TERM="xterm")
        dumb = on_a_terminal(project, *words, TERM="dumb")
    assert "probed" not in dumb
    assert ESCAPE not in dumb
