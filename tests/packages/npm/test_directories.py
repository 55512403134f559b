"""Words that name directories: what each manager requests from the registry for them is what we watch."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from freshlayer.context.script_files import ContextFiles
from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.discovery import Discovery
from freshlayer.discover.reading import analyse
from testing.npm_registry import NpmRegistry, Package, Published

MODULES = Path(__file__).parents[3] / "testing" / "node_managers" / "node_modules"
_QUIET = ("--ignore-scripts",)
MANAGERS: Mapping[str, tuple[str, Sequence[str], Sequence[str]]] = {
    "npm": (
        "npm/bin/npm-cli.js",
        ("install", *_QUIET, "--no-audit", "--no-fund", "--package-lock-only"),
        ("pkg", "./one", "two/", "a/b/c", "x@./four", "file:five"),
    ),
    "yarn": (
        "yarn/bin/yarn.js",
        ("add", *_QUIET, "--no-progress"),
        ("pkg", "./one", "x@./four", "file:five"),
    ),
    "berry": ("@yarnpkg/cli-dist/bin/yarn.js", ("add",), ("pkg", "./one", "x@./four")),
    "pnpm": (
        "pnpm/bin/pnpm.cjs",
        ("add", *_QUIET, "--lockfile-only"),
        ("pkg", "./one", "two/", "a/b/c", "file:five"),
    ),
}
_DIRECTORIES = ("pkg", "one", "two", "a/b/c", "four", "five")


def project(at: Path, url: str, manager: str) -> None:
    for name in _DIRECTORIES:
        (at / name).mkdir(parents=True)
        manifest = {"name": f"of-{name[0]}", "version": "9.0.0", "dependencies": {f"inner-{name[0]}": "^1"}}
        (at / name / "package.json").write_text(json.dumps(manifest))
    (at / "package.json").write_text('{"name": "app", "version": "1.0.0", "license": "x"}')
    if manager == "berry":
        settings = f'npmRegistryServer: "{url}"\nunsafeHttpWhitelist: ["127.0.0.1"]\nenableTelemetry: false\n'
        more = "enableGlobalCache: false\nenableImmutableInstalls: false\nnpmMinimalAgeGate: 0\n"
        (at / ".yarnrc.yml").write_text(settings + more)
        (at / "yarn.lock").write_text("")
    else:
        (at / ".npmrc").write_text(f"registry={url}\n")


def discovered(at: Path, line: str) -> Discovery:
    text = f"FROM base\nWORKDIR /app\nCOPY . .\nRUN {line}\n"
    return analyse(text, BuildRequest(("linux/amd64",)), ContextFiles(at, None).read).discovery


def names(found: Discovery) -> set[str]:
    words = (word for every in found.packages.values() for it in every for word in it.words)
    return {re.split("(?<=.)@", word)[0] for word in words}


@pytest.mark.parametrize("manager", MANAGERS)
def test_what_a_directory_requires_is_requested(manager: str, tmp_path: Path) -> None:
    script, verb, words = MANAGERS[manager]
    program = MODULES / script
    if shutil.which("node") is None or not program.exists():
        pytest.skip(f"{script} is not installed, and scripts/setup can't install it here")
    with NpmRegistry(archives=True) as registry:
        for name in ("pkg", *(f"inner-{it[0]}" for it in _DIRECTORIES)):
            registry.publish(name, Package([Published("1.0.0")]))
        project(tmp_path, registry.url, manager)
        ours = names(
            discovered(tmp_path, f"{'yarn' if manager == 'berry' else manager} {verb[0]} {' '.join(words)}")
        )
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "CI": "1"}
        done = subprocess.run(
            ["node", str(program), *verb, *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        theirs = {it.target.split("/")[1] for it in registry.server.requests()}
    assert ours == {it for it in theirs if it == "pkg" or it.startswith("inner-")}


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("npm i ./nowhere", {"no-manifest"}),
        ("npm i gist:123", {"requirements-not-stated"}),
        ("npm i ./x.tgz", {"file-named", "dependencies-not-followed"}),
        ("pnpm add ./one", {"file-named"}),
    ],
)
def test_a_word_that_is_no_package_of_a_registry_is_listed(
    line: str, codes: set[str], tmp_path: Path
) -> None:
    project(tmp_path, "https://registry.example", "npm")
    found = discovered(tmp_path, line)
    assert not found.packages
    assert {it.reason.code for it in found.not_watched} == codes


def test_a_repository_is_no_directory(tmp_path: Path) -> None:
    project(tmp_path, "https://registry.example", "npm")
    found = discovered(tmp_path, "npm i a/b")
    assert [str(it.reference) for it in found.inputs if "github" in str(it.reference)]


def test_the_project_itself_is_what_its_manifest_names(tmp_path: Path) -> None:
    project(tmp_path, "https://registry.example", "npm")
    assert names(discovered(tmp_path, "cd one && npm i .")) == {"inner-o"}
