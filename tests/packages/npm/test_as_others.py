"""What yarn, pnpm and bun would install from a registry, word by word, is what we choose for them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from freshlayer.packages.npm.words import wish_of
from testing.named_packages import line_of, resolved
from testing.npm_registry import NpmRegistry, Package, Published

MODULES = Path(__file__).parents[3] / "testing" / "node_managers" / "node_modules"
_ADD = ("add", "--ignore-scripts")


def of(*versions: str, **tags: str) -> Package:
    return Package([Published(version) for version in versions], tags)


CASES: Mapping[str, Package] = {
    "plain": of("1.0.0", "1.2.0", "2.0.0-rc.1"),
    "older-latest": of("1.0.0", "3.0.0", "2.0.0", latest="2.0.0"),
    "tagged@next": of("1.0.0", "2.0.0-beta.3", next="2.0.0-beta.3"),
    "exact@1.0.0": of("1.0.0", "1.0.1"),
    "caret@^1.2.3": of("1.2.3", "1.9.0", "2.0.0"),
    "caret-zero@^0.2.3": of("0.2.3", "0.2.9", "0.3.0"),
    "tilde@~1.2.0": of("1.2.0", "1.2.9", "1.3.0"),
    "wild@1.x": of("1.0.0", "1.9.9", "2.0.0"),
    "major@2": of("1.0.0", "2.1.0", "3.0.0"),
    "hyphen@1.0.0 - 2.0": of("1.0.0", "2.0.5", "2.1.0"),
    "either@^1 || ^3": of("1.5.0", "2.0.0", "3.1.0"),
    "both@>=1 <2": of("1.0.0", "1.8.0", "2.0.0"),
    "star@*": of("1.0.0", "2.0.0", latest="1.0.0"),
    "fits-latest@>=1": of("1.0.0", "2.0.0", "3.0.0", latest="2.0.0"),
    "beyond-latest@^3": of("2.0.0", "3.0.0", "3.1.0", latest="2.0.0"),
    "pre@^2.0.0-beta.1": of("1.0.0", "2.0.0-beta.1", "2.0.0-beta.10", "2.0.0-beta.2", latest="1.0.0"),
    "no-pre@>=1.0.0": of("1.0.0", "2.0.0-beta.1"),
    "@scope/plain": of("1.0.0", "1.1.0"),
    "@scope/range@^1.0.0": of("1.0.0", "1.4.0", "2.0.0"),
    "deprecated@^1": Package([Published("1.0.0"), Published("1.1.0", "broken"), Published("2.0.0")]),
    "all-deprecated@^1": Package([Published("1.0.0", "old"), Published("1.1.0", "old"), Published("2.0.0")]),
    "deprecated-latest": Package([Published("1.0.0"), Published("1.1.0", "broken")]),
    "engine@^1": Package([Published("1.0.0"), Published("1.1.0", node=">=99"), Published("2.0.0")]),
    "engine-latest": Package([Published("1.0.0"), Published("1.1.0", node=">=99")]),
    "another@npm:renamed@^1.0.0": of("1.0.0", "1.3.0"),
}


@pytest.fixture(scope="module")
def registry() -> Iterator[NpmRegistry]:
    with NpmRegistry(archives=True) as found:
        for word, package in CASES.items():
            wish = wish_of(word)
            assert wish is not None
            found.publish(wish.name, package)
        yield found


def executed(program: str, *arguments: str, at: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(at),
        "CI": "1",
        "BUN_INSTALL_CACHE_DIR": str(at / "bun"),
    }
    argv = [program, *arguments]
    done = subprocess.run(
        argv, cwd=at, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def module(path: str) -> str:
    found = MODULES / path
    if shutil.which("node") is None or not found.exists():
        pytest.skip(f"{path} is not installed, and scripts/setup can't install it here")
    return str(found)


def locked(text: str, pattern: str) -> dict[str, str]:
    """Package, or the name that a project gives it → version; of the entries of a lock file."""
    entries = re.findall(pattern, text, re.MULTILINE)
    names = ((one.strip(" \"'"), version) for words, version in entries for one in words.split(","))
    return {re.split(r"(?<=.)@", name, maxsplit=1)[0]: version.rpartition("@")[2] for name, version in names}


def by_yarn(url: str, at: Path, words: Sequence[str]) -> dict[str, str]:
    executed("node", module("yarn/bin/yarn.js"), *_ADD, "--no-progress", "--registry", url, *words, at=at)
    return locked((at / "yarn.lock").read_text(), r'^("?[^\s#].*):\n  version "(.*)"')


def by_berry(url: str, at: Path, words: Sequence[str]) -> dict[str, str]:
    settings = f'npmRegistryServer: "{url}"\nunsafeHttpWhitelist: ["127.0.0.1"]\nenableTelemetry: false\n'
    settings += "enableGlobalCache: false\nenableImmutableInstalls: false\nnpmMinimalAgeGate: 0\n"
    (at / ".yarnrc.yml").write_text(settings)
    (at / "yarn.lock").write_text("")
    executed("node", module("@yarnpkg/cli-dist/bin/yarn.js"), "add", *words, at=at)
    return locked((at / "yarn.lock").read_text(), r'^("?[^\s#_].*):\n  version: (.*)')


def by_pnpm(url: str, at: Path, words: Sequence[str]) -> dict[str, str]:
    stored = ("--lockfile-only", "--registry", url, "--store-dir", str(at / "store"))
    executed("node", module("pnpm/bin/pnpm.cjs"), *_ADD, *stored, *words, at=at)
    return locked(
        (at / "pnpm-lock.yaml").read_text(), r"^      (\S+):\n        specifier: .*\n        version: (.*)"
    )


def by_bun(url: str, at: Path, words: Sequence[str]) -> dict[str, str]:
    names = ("bun-linux-x64-baseline", "bun-linux-aarch64")
    paths = [f"@oven/{name}/bin/bun" for name in names]
    program = module(next((path for path in paths if (MODULES / path).exists()), paths[0]))
    executed(program, *_ADD, "--lockfile-only", "--registry", url, *words, at=at)
    return locked((at / "bun.lock").read_text(), r'^    ("\S+"): \["(\S+@[^"@]+)"')


MANAGERS: Mapping[str, tuple[str, Callable[[str, Path, Sequence[str]], dict[str, str]]]] = {
    "yarn": ("yarn", by_yarn),
    "berry": ("yarn", by_berry),
    "pnpm": ("pnpm", by_pnpm),
    "bun": ("bun", by_bun),
}


@pytest.mark.parametrize("manager", MANAGERS)
def test_each_version_is_the_one_that_the_manager_takes(
    manager: str, registry: NpmRegistry, tmp_path: Path
) -> None:
    (tmp_path / "package.json").write_text('{"name": "app", "version": "1.0.0"}')
    program, install = MANAGERS[manager]
    theirs = install(registry.url, tmp_path, list(CASES))
    options = [("registry", registry.url), *([("berry", "")] if manager == "berry" else [])]
    ours: dict[str, str] = {}
    for word in line_of(program, "add", *CASES).words:
        found = resolved("npm", [word], options, environment=[("NODE_VERSION", "20.0.0")], program=program)
        assert found.problem is None
        (package,) = found.packages
        ours[word.partition("@npm:")[0] if "@npm:" in word else package.name] = package.version
    assert {name: theirs.get(name) for name in ours} == ours
    assert len(ours) == len(CASES)
