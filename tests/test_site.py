"""The site of the documents builds without network, and generated pages are up to date."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
from msgspec.structs import asdict

from freshlayer.cli import exit_codes
from freshlayer.cli.main import cli
from freshlayer.discover.directives import Directives, read_directives
from freshlayer.errors import DockerfileError, OptionError
from freshlayer.settings import HOST_SETTINGS, SETTINGS, HostSettings, Policy, read

ROOT = Path(__file__).parents[1]
SCHEMA: dict[str, Any] = json.loads((ROOT / "docs" / "schema" / "settings.json").read_text("utf-8"))
# What freshlayer sets for processes that it starts, and for receivers of a trigger.
FOR_OTHERS = {
    f"FRESHLAYER_{name}"
    for name in ("COMPLETE", "EVENT", "IDEMPOTENCY_KEY", "INSIDE", "MESSAGE", "PASSWORD", "TRIGGER", "USER")
}
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


def test_the_schema_has_the_words_and_defaults_of_the_code() -> None:
    properties = SCHEMA["properties"]
    assert {name: item["description"] for name, item in properties.items()} == {
        name: setting.means for name, setting in SETTINGS.items()
    }
    fields = properties["hosts"]["additionalProperties"]["properties"]
    assert {name: item["description"] for name, item in fields.items()} == HOST_SETTINGS
    defaults = "\n".join(
        f"{name} = {json.dumps(item['default'])}" for name, item in properties.items() if "default" in item
    )
    assert read(defaults, "defaults") == Policy()
    without_default = {name for name, item in properties.items() if "default" not in item}
    assert without_default == {"hosts", "lock_file", "packages", "snapshots"}
    (managers,) = (it["properties"] for it in properties["packages"]["oneOf"] if "properties" in it)
    assert {name: item["default"] for name, item in managers.items()} == Policy().packages


DIRECTIVES: dict[str, Any] = json.loads((ROOT / "docs" / "schema" / "directives.json").read_text("utf-8"))


@pytest.mark.parametrize(
    "text",
    [
        *("ignore", "immutable", "no-advice", "ignore this", "no advice", "Ignore", "unheard-of", ""),
        *("ttl=1d", "ttl = 90 m", "ttl=0s", "ttl=1y", "ttl=", "ttl=1", "ttl=1234567s", "ttl=1d 2h"),
        *("packages=named", "packages = off", "packages=all", "packages", "packages=OFF", "packages="),
        *("watch https://e.org/a", "watch   $URL", "watch", "watching https://e.org/a"),
    ],
)
def test_the_schema_of_directives_accepts_what_freshlayer_accepts(text: str) -> None:
    try:
        read_directives(f"FROM scratch\n# freshlayer: {text}\nRUN true", [(1, 1, "FROM"), (3, 3, "RUN")])
        known = True
    except DockerfileError:
        known = False
    assert jsonschema.Draft202012Validator(DIRECTIVES).is_valid(text) == known


def test_every_variable_that_freshlayer_reads_is_on_the_page() -> None:
    source = "".join(path.read_text("utf-8") for path in (ROOT / "src" / "freshlayer").rglob("*.py"))
    named = set(re.findall(r'"(FRESHLAYER_[A-Z_]+)"', source)) - FOR_OTHERS
    assert named
    assert [name for name in sorted(named) if f"`{name}" not in PAGE] == []


def test_every_directive_is_in_its_schema_and_on_the_page() -> None:
    rows = {item["title"]: item["description"] for item in DIRECTIVES["oneOf"]}
    assert set(rows) == set(Directives.__struct_fields__)
    for name in rows:
        assert f"# freshlayer: {name.replace('_', '-')}" in PAGE


def test_every_command_has_its_exit_codes_on_the_page() -> None:
    page = (ROOT / "docs" / "reference" / "exit-codes.md").read_text("utf-8")
    assert [name for name in cli.list_commands(click.Context(cli)) if f"`{name}`" not in page] == []


@pytest.mark.parametrize("name", exit_codes.__all__)
def test_every_exit_code_is_on_its_page(name: str) -> None:
    page = (ROOT / "docs" / "reference" / "exit-codes.md").read_text("utf-8")
    assert re.search(rf"\b{getattr(exit_codes, name)}\b", page)
