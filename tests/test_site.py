"""The site of the documents builds without network, and generated pages are up to date."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from msgspec.structs import asdict

from freshlayer.cli import exit_codes
from freshlayer.errors import OptionError
from freshlayer.settings import HostSettings, read

ROOT = Path(__file__).parents[1]
SCHEMA: dict[str, Any] = json.loads((ROOT / "docs" / "schema" / "settings.json").read_text("utf-8"))
PAGE = (ROOT / "docs" / "reference" / "settings.md").read_text("utf-8")


def test_the_page_of_commands_is_what_the_command_line_prints() -> None:
    made = subprocess.run(
        [sys.executable, "scripts/command_reference.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    page = ROOT / "docs" / "reference" / "commands.md"
    assert page.read_text("utf-8") == made.stdout, "run: make reference"


@pytest.mark.slow
def test_the_site_is_built(tmp_path: Path) -> None:
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "mkdocs",
            "build",
            "--strict",
            "--quiet",
            "--site-dir",
            str(tmp_path / "site"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "site" / "tutorial.html").exists()


def test_the_site_loads_nothing_from_elsewhere() -> None:
    settings = (ROOT / "mkdocs.yml").read_text("utf-8")
    assert "font: false" in settings
    assert "http" not in settings


def accepted(text: str) -> bool:
    try:
        read(text, "freshlayer.toml")
    except OptionError:
        return False
    return True


VALUES = (
    'on_unknown = "fail"',
    'on_unknown = "no"',
    "hash_up_to = 0",
    "hash_up_to = -1",
    'full_answer_every = "7d"',
    "full_answer_every = 60",
    'full_answer_every = "soon"',
    "connections = 0",
    "connections = 8",
    "timeout = 0.5",
    "timeout = 0",
    "deadline = 60",
    'pull = "never"',
    'pull = "always"',
    "unheard_of = 1",
    '[hosts."e.org"]\nuser = "ci"\npassword_env = "P"',
    '[hosts."e.org"]\npassword = "secret"',
    '[hosts."e.org"]\ncommand = []',
    '[hosts."e.org"]\ncommand = ["pass", "show"]\ninsecure = true',
    '[hosts."e.org"]\nheader = "not a name"',
)


@pytest.mark.parametrize("text", VALUES)
def test_the_schema_accepts_what_freshlayer_accepts(text: str) -> None:
    valid = jsonschema.Draft202012Validator(SCHEMA).is_valid(tomllib.loads(text))
    assert valid == accepted(text)


@pytest.mark.parametrize("name", SCHEMA["properties"])
def test_every_setting_of_the_schema_is_on_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE or f'`[{name}."name' in PAGE


def test_the_fields_of_a_host_are_those_of_the_schema_and_of_the_page() -> None:
    fields = SCHEMA["properties"]["hosts"]["additionalProperties"]["properties"]
    assert set(fields) == set(asdict(HostSettings()))
    assert set(fields) <= set(re.findall(r"`(\w+)`", PAGE))


@pytest.mark.parametrize("name", exit_codes.__all__)
def test_every_exit_code_is_on_its_page(name: str) -> None:
    page = (ROOT / "docs" / "reference" / "exit-codes.md").read_text("utf-8")
    assert re.search(rf"\b{getattr(exit_codes, name)}\b", page)
