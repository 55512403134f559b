"""The `sh` blocks of the tutorial and of each guide run in one shell, with a real origin and engine."""

from __future__ import annotations

import importlib
import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from testing.base_image import BASE
from testing.builders.table import Builders
from testing.engine import PrivateEngine
from testing.origins import ServeOrigin
from testing.servers.base import free_port

# PyYAML has no types of its own.
yaml: Any = importlib.import_module("yaml")

DOCS = Path(__file__).parents[1] / "docs"
GUIDES = sorted((DOCS / "guides").glob("*.md"))
PAGES = [DOCS / "tutorial.md", *GUIDES]
COMPARISON = DOCS / "comparison.md"
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
END = "::end of a block"
FAILED = re.compile(r"^::failed (\d+) (.*)$", re.MULTILINE)
REPORT = """set -m
trap 'echo "::failed $? $BASH_COMMAND"' ERR
"""
# Exit code 1 is an answer of these two; the others concern a server that was stopped.
MAY_FAIL = re.compile(r"freshlayer .*\b(check|flag)\b|^(wait|kill) %1")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of commands, and the lines that the page shows below it; ``*`` stands for anything."""

    commands: str
    shown: tuple[str, ...]


def blocks(text: str) -> Iterator[Block]:
    found = [(kind, textwrap.dedent(body)) for _, kind, body in BLOCK.findall(text)]
    for (kind, body), (after, shown) in zip(found, [*found[1:], ("", "")], strict=True):
        if kind == "sh":
            yield Block(body, tuple(shown.splitlines()) if after == "text" else ())


def run(script: str, context: Path, environment: dict[str, str]) -> str:
    """What a bash of its own group printed; what it left in the background is ended with it."""
    with subprocess.Popen(
        ["bash", "-c", script],
        cwd=context,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as shell:
        try:
            return shell.communicate(timeout=100)[0]
        finally:
            os.killpg(shell.pid, signal.SIGKILL) if shell.poll() is None else None


def as_here(text: str, url: str, here: Path, port: int) -> str:
    """The page's commands with the names of this machine."""
    text = text.replace("https://example.org/", url).replace("FROM busybox", f"FROM {BASE}")
    return text.replace("/tmp/", f"{here}/").replace(":8765/", f":{port}/").replace("8765", str(port))


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [page for page in PAGES if "```sh" in page.read_text("utf-8")], ids=lambda p: p.stem
)
def test_the_commands_of_a_page_do_what_it_shows(page: Path, engine: PrivateEngine, tmp_path: Path) -> None:
    check(page, engine.environment(buildkit=True), tmp_path)


@pytest.mark.slow
def test_each_cell_of_the_comparison_can_be_checked(builders: Builders, tmp_path: Path) -> None:
    """With buildx: BuildKit in an older engine knows neither --no-cache-filter nor source policies."""
    check(COMPARISON, builders["sid-buildx"].environment(), tmp_path)


def check(page: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """Run the commands of a page, and compare what they print with what it shows."""
    context, port = tmp_path / "context", free_port()
    context.mkdir()
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    environment |= {"XDG_STATE_HOME": str(tmp_path / "state"), "NO_COLOR": "1", "ARTIFACTS_PASSWORD": "x"}
    found = list(blocks(page.read_text("utf-8")))
    with ServeOrigin(tmp_path, '"v1"') as origin:
        (context / "Dockerfile").write_text(f"FROM {BASE}\nRUN wget -q -O /file {origin.url}data.csv\n")
        script = REPORT + "".join(f"{block.commands}\necho '{END}'\n" for block in found)
        printed = run(as_here(script, origin.url, tmp_path, port), context, environment)
        shown = [[as_here(line, origin.url, tmp_path, port) for line in block.shown] for block in found]
    failures = [(code, words) for code, words in FAILED.findall(printed) if not MAY_FAIL.search(words)]
    assert not failures, printed
    assert all(code == "1" for code, words in FAILED.findall(printed) if "freshlayer" in words), printed
    outputs = printed.split(f"{END}\n")
    assert len(outputs) == len(found) + 1, printed
    missing = [
        line
        for lines, output in zip(shown, outputs, strict=False)
        for line in lines
        if not any(fnmatch(one, line) for one in output.splitlines())
    ]
    assert not missing, printed


def test_a_command_that_fails_is_seen(tmp_path: Path) -> None:
    assert FAILED.findall(run(REPORT + "true\nfalse\n", tmp_path, dict(os.environ))) == [("1", "false")]


def test_blocks_are_found_with_what_is_shown_below_them() -> None:
    text = "- a\n\n  ```sh\n  one\n  ```\n\n```text\nline *\n```\n\n```sh\ntwo\n```\n"
    assert list(blocks(text)) == [Block("one\n", ("line *",)), Block("two\n", ())]


@pytest.mark.parametrize(
    "page", [DOCS.parent / "README.md", DOCS / "recipes.md", *GUIDES], ids=lambda p: p.stem
)
def test_what_is_yaml_can_be_read(page: Path) -> None:
    for _, kind, body in BLOCK.findall(page.read_text("utf-8")):
        if kind == "yaml":
            assert yaml.safe_load(textwrap.dedent(body))
