"""Recipes and guides: every `freshlayer render` of the pages is run, in order."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from testing.command import FRESHLAYER
from testing.origins import ServeOrigin

DOCS = Path(__file__).parents[1] / "docs"
PAGES = (DOCS / "recipes.md", DOCS / "guides" / "github.md", DOCS / "guides" / "gitlab.md")
# Directories of a CI machine.
PLACES = re.compile(r"/tmp/|~/|/workspace/|\$\(workspaces\.kept\.path\)/")


def commands() -> list[str]:
    """`freshlayer … render` as it is typed, with what is quoted or piped around it."""
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    blocks = re.findall(r"```(?:sh|yaml)\n(.*?)```", text, re.DOTALL)
    lines = [
        line.strip().removeprefix("- ").removeprefix("run: ")
        for block in blocks
        for line in block.splitlines()
    ]
    return [line for line in lines if line.startswith("freshlayer ") and " render " in line]


def here(command: str, folder: Path) -> str:
    return PLACES.sub(f"{folder}/", command)


def test_there_are_commands_to_run() -> None:
    assert len(commands()) >= 7


def test_the_commands_of_the_page_run_one_after_another(project: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "output")}
    environment["XDG_STATE_HOME"] = str(tmp_path / "state")
    (project / ".freshlayer").mkdir()
    (project / ".dockerignore").write_text(".freshlayer\n")
    with ServeOrigin(tmp_path, '"v1"') as origin:
        (project / "Dockerfile").write_text(f"FROM scratch\nRUN curl -O {origin.url}\nCOPY . .\n")
        for command in commands():
            line = f"{shlex.join(FRESHLAYER)} {here(command, tmp_path).removeprefix('freshlayer ')}"
            told = subprocess.run(
                ["sh", "-c", line], env=environment, cwd=project, capture_output=True, text=True, check=False
            )
            assert told.returncode == 0, f"{line}\n{told.stderr}"
            assert "is in the build context" not in told.stderr
    key = re.compile(r"ARG FRESHLAYER=([0-9a-f]{16})\nRUN curl")
    derived = [(project / ".freshlayer/Dockerfile").read_text(), (tmp_path / "Dockerfile").read_text()]
    (rendered,) = {found[1] for text in derived if (found := key.search(text))}
    assert (tmp_path / "args").read_text() == f"FRESHLAYER_1={rendered}\n"
    assert f"FRESHLAYER_1={rendered}\n" in (tmp_path / "output").read_text()


@pytest.mark.parametrize("option", ["--identities", "--mechanism", "--format", "--report"])
def test_the_options_of_the_page_exist(option: str) -> None:
    told = subprocess.run([*FRESHLAYER, "render", "--help"], capture_output=True, text=True, check=True)
    assert option in told.stdout
