"""The registry of a project is the one that the program itself prints for it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from freshlayer.context.script_files import ContextFiles
from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.model.base_image import BaseImage, ImageConfig
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import PackageChain, PackageRun
from freshlayer.packages import MANAGERS
from testing.npm_process import npm_command

MODULES = Path(__file__).parents[3] / "testing" / "node_managers" / "node_modules"
PROGRAMS = {
    "yarn": ["node", str(MODULES / "yarn/bin/yarn.js")],
    "berry": ["node", str(MODULES / "@yarnpkg/cli-dist/bin/yarn.js")],
    "pnpm": ["node", str(MODULES / "pnpm/bin/pnpm.cjs")],
}
A, B = "https://a.example/npm", "https://b.example"


def index_of(at: Path, files: Mapping[str, str], *lines: str) -> str:
    """The registry, or index, of the last line; its address without the package."""
    for name, text in files.items():
        (at / name).write_text(text)
    text = "\n".join(["FROM base", "WORKDIR /app", "COPY . .", *(f"RUN {line}" for line in lines)])
    found = analyse(text, BuildRequest(("linux/amd64",)), ContextFiles(at, None).read).discovery
    command = list(found.packages.values())[-1][-1]
    run = PackageRun(1, 1, (command,), PackagePolicy.NAMED)
    base = BaseImage("base", "linux/amd64", "sha256:0", ImageConfig())
    (wanted,) = next(MANAGERS[command.manager]().resolve(PackageChain(("base", "linux/amd64"), (run,)), base))
    return wanted.urls[0].partition("/lib")[0]


def printed(name: str, at: Path, *lines: str, key: str = "registry") -> str:
    """What the program prints after these commands."""
    program = npm_command() if name == "npm" else PROGRAMS[name]
    if shutil.which("node") is None or not Path(program[1]).is_file():
        pytest.skip(f"{name} is not installed, and scripts/setup can't install it here")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(at / "home"),
        "npm_config_globalconfig": str(at / "global"),
        "npm_config_update_notifier": "false",
        "YARN_ENABLE_TELEMETRY": "false",
    }
    outputs = [
        subprocess.run(
            [*program, *words[1:]],
            cwd=at,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout
        for words in (*map(shlex.split, lines), [name, "config", "get", key])
    ]
    return outputs[-1].strip().rstrip("/")


@pytest.mark.parametrize(
    "line",
    [
        f"npm config set registry {A}",
        f"npm config set registry={A}/",
        f"npm set registry {A}",
        f"npm config set -g registry {A}",
        f"npm config set registry {B} && npm config set registry {A}",
        f"pnpm config set registry {A}",
        f"yarn config set registry {A}",
    ],
)
def test_a_registry_that_a_command_sets(line: str, tmp_path: Path) -> None:
    name = line.partition(" ")[0]
    add = "add" if name == "yarn" else "install"
    assert index_of(tmp_path, {}, line, f"{name} {add} lib") == printed(name, tmp_path, *line.split(" && "))


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("yarn", {".yarnrc": f'# mine\nregistry "{A}"\n'}),
        ("yarn", {".yarnrc": f'lastUpdateCheck 1\n"registry" "{A}"\n'}),
        ("berry", {".yarnrc.yml": f'nodeLinker: node-modules\nnpmRegistryServer: "{A}"\n'}),
    ],
)
def test_a_registry_of_a_file(name: str, files: Mapping[str, str], tmp_path: Path) -> None:
    found = index_of(tmp_path, {"package.json": "{}", **files}, "yarn add lib")
    key = "npmRegistryServer" if name == "berry" else "registry"
    assert found == printed(name, tmp_path, key=key) == A


def test_the_registry_of_a_scope(tmp_path: Path) -> None:
    text = f'npmScopes:\n  own:\n    npmRegistryServer: "{A}"\n'
    assert index_of(tmp_path, {".yarnrc.yml": text}, "yarn add @own/lib").startswith(A)
    assert not index_of(tmp_path, {}, "yarn add lib").startswith(A)
    assert index_of(tmp_path, {}, f"npm config set @own:registry {B} && npm i @own/lib").startswith(B)


@pytest.mark.parametrize(
    ("lines", "index"),
    [
        ([f"pip config set global.index-url {A}"], A),
        ([f"pip3 config --global set global.index-url {A}"], A),
        ([f"pip config set install.index-url {A}"], A),
        (["pip config set global.timeout 60"], "https://pypi.org/simple"),
    ],
)
def test_an_index_of_pip(lines: list[str], index: str, tmp_path: Path) -> None:
    assert index_of(tmp_path, {}, *lines, "pip install lib") == index


def test_a_credential_is_in_no_option(tmp_path: Path) -> None:
    (tmp_path / ".yarnrc").write_text('registry "https://u:secretpw@a.example/npm"\n')
    text = "FROM base\nWORKDIR /app\nCOPY . .\nRUN yarn add lib\n"
    found = analyse(text, BuildRequest(("linux/amd64",)), ContextFiles(tmp_path, None).read).discovery
    assert "secretpw" not in repr([it.options for every in found.packages.values() for it in every])
