"""The packages of a workspace are those that npm, yarn, pnpm and bun themselves lock or install."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from msgspec import Struct

from freshlayer.context.script_files import ContextFiles
from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.locks.project import Lock, Locked, Project, Unlocked
from freshlayer.discover.locks.table import lock_of
from freshlayer.discover.reading import analyse
from freshlayer.discover.syntaxes.node_overrides import replacements
from freshlayer.model.packages import PackageCommand
from testing.npm_process import shared_npm
from testing.npm_registry import NpmRegistry, Package, Published

MODULES = Path(__file__).parents[3] / "testing" / "node_managers" / "node_modules"
DIRECTORIES = """
packages/a packages/b packages/bc packages/.h packages/a/sub packages/b/test/fix packages/a/node_modules/z
apps/x apps/y apps/z libs libs/one libs/two/deep libs/two/test/fix
""".split()
LAYOUTS: Mapping[str, Sequence[str]] = {
    "stars": ("packages/*", "./apps/{x,y}/", "libs/**"),
    "negations": ("!packages/bc", "packages/*", "!packages/b", "packages/b", "libs/**", "!**/test/**"),
    "places": ("packages/[ab]/sub", "packages/b?", "apps/x", "apps/nowhere", "**/two/*", "packages/.*"),
}


def name_of(directory: str) -> str:
    """The package that the manifest of this directory requires."""
    return "d-" + re.sub(r"\W", "-", directory)


@pytest.fixture(scope="module")
def registry() -> Iterator[NpmRegistry]:
    with NpmRegistry(archives=True) as found:
        for name in ("d-root", "d-dev", "m-libs-one", *map(name_of, DIRECTORIES)):
            found.publish(name, Package([Published("1.0.0"), Published("1.1.0"), Published("2.0.0")]))
        yield found


class Program(Struct, frozen=True):
    """``install``: the words of a command; ``lock``: those that only write ``file``."""

    path: str
    install: Sequence[str]
    lock: Sequence[str]
    file: str


PROGRAMS: Mapping[str, Program] = {
    "npm": Program("npm", ("install", "--no-audit"), ("--package-lock-only",), "package-lock.json"),
    "yarn": Program("yarn/bin/yarn.js", ("install", "--silent"), (), "yarn.lock"),
    "berry": Program("@yarnpkg/cli-dist/bin/yarn.js", ("install",), ("--mode=update-lockfile",), "yarn.lock"),
    "pnpm": Program("pnpm/bin/pnpm.cjs", ("install",), ("--lockfile-only",), "pnpm-lock.yaml"),
    "bun": Program("@oven/*/bin/bun", ("install",), ("--lockfile-only",), "bun.lock"),
}


def executed(name: str, at: Path, registry: NpmRegistry, *words: str) -> None:
    program = PROGRAMS[name]
    argv = list(map(str, MODULES.glob(program.path)))[:1]
    if shutil.which("node") is None or (not argv and name != "npm"):
        pytest.skip(f"{name} is not installed, and scripts/setup can't install it here")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(at),
        "npm_config_registry": registry.url,
        "npm_config_update_notifier": "false",
        "BUN_INSTALL_CACHE_DIR": str(at / "bun"),
        "YARN_NPM_REGISTRY_SERVER": registry.url,
        "YARN_UNSAFE_HTTP_WHITELIST": "127.0.0.1",
        "YARN_ENABLE_GLOBAL_CACHE": "false",
        "YARN_ENABLE_TELEMETRY": "false",
        "YARN_NPM_MINIMAL_AGE_GATE": "0",
    }
    if name == "npm":
        assert shared_npm().run(words, at, environment) == 0
        return
    node = ["node"] if argv[0].endswith(("js", "cjs")) else []
    done = subprocess.run(
        [*node, *argv, *words],
        cwd=at,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def project(at: Path, name: str, patterns: Sequence[str], **more: object) -> None:
    """A workspace with a manifest in each directory."""
    listed = {} if name == "pnpm" else {"workspaces": list(patterns)}
    manifests: dict[str, dict[str, object]] = {".": {"private": True, **listed, **more}}
    for directory in DIRECTORIES:
        manifests[directory] = {
            "version": "1.0.0",
            "dependencies": {name_of(directory): "^1.0.0"},
            "devDependencies": {"d-dev": "1.0.0"},
        }
    for directory, manifest in manifests.items():
        (at / directory).mkdir(parents=True, exist_ok=True)
        called = "root" if directory == "." else "m-" + name_of(directory).removeprefix("d-")
        (at / directory / "package.json").write_text(json.dumps({"name": called, **manifest}))
    (at / "packages" / "README.md").write_text("no manifest\n")
    if name == "pnpm":
        lines = "".join(f"  - '{it}'\n" for it in patterns)
        (at / "pnpm-workspace.yaml").write_text(f"packages:\n{lines}")
    if name == "berry":
        (at / ".yarnrc.yml").write_text("enableImmutableInstalls: false\n")
        (at / "yarn.lock").write_text("")


def command(at: Path, line: str, directory: str = ".") -> PackageCommand:
    text = f"FROM base\nWORKDIR /app\nCOPY . .\nWORKDIR /app/{directory}\nRUN {line}\n"
    found = analyse(text, BuildRequest(("linux/amd64",)), ContextFiles(at, None).read).discovery
    ((installs,),) = found.packages.values()
    assert installs.unknown is None
    return installs


def names(at: Path, line: str, directory: str = ".") -> set[str]:
    """The packages that we watch."""
    return {word.rpartition("@")[0] for word in command(at, line, directory).words}


FROZEN = {"npm": "npm ci", "yarn": "yarn --frozen-lockfile", "berry": "yarn --immutable"}


def lock_in(at: Path, name: str, *more: str) -> Lock | None:
    """Whether a command that follows the lock file is bound to it."""
    program, *words = FROZEN.get(name, f"{name} install --frozen-lockfile").split()

    def read(path: str) -> str | None:
        found = Path(path)
        return found.read_text() if found.is_file() else None

    def names(directory: str) -> frozenset[str]:
        found = Path(directory)
        return frozenset(it.name for it in found.iterdir()) if found.is_dir() else frozenset()

    return lock_of(program, Project((*words, *more), str(at), read, names, lambda _: ""))


def line_of(name: str) -> str:
    return "yarn install" if name in {"yarn", "berry"} else f"{name} install"


def locked(name: str, at: Path) -> set[str]:
    return set(re.findall(r"\bd-[a-z-]*[a-z]\b", (at / PROGRAMS[name].file).read_text()))


def written(name: str, at: Path, registry: NpmRegistry) -> set[str]:
    """The packages that the program writes into its lock file."""
    executed(name, at, registry, *PROGRAMS[name].install, *PROGRAMS[name].lock)
    return locked(name, at)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_members_of_a_workspace(name: str, layout: str, registry: NpmRegistry, tmp_path: Path) -> None:
    patterns = [it for it in LAYOUTS[layout] if name != "bun" or "nowhere" not in it]
    project(tmp_path, name, patterns, dependencies={"d-root": "1.0.0"})
    ours = names(tmp_path, line_of(name))
    assert ours == written(name, tmp_path, registry)
    assert len(ours) > 3
    assert isinstance(lock_in(tmp_path, name), Locked)
    member = min(ours - {"d-root", "d-dev"})
    (place,) = [it for it in DIRECTORIES if name_of(it) == member]
    manifest = json.loads((tmp_path / place / "package.json").read_text())
    manifest["dependencies"]["d-more"] = "1"
    (tmp_path / place / "package.json").write_text(json.dumps(manifest))
    behind = lock_in(tmp_path, name)
    assert isinstance(behind, Unlocked)
    assert behind.reason.code == "lock-behind"


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_member_has_the_lock_file_of_its_workspace(
    name: str, registry: NpmRegistry, tmp_path: Path
) -> None:
    project(tmp_path, name, ["packages/*"])
    executed(name, tmp_path, registry, *PROGRAMS[name].install, *PROGRAMS[name].lock)
    member = tmp_path / "packages" / "a"
    words = FROZEN.get(name, f"{name} install --frozen-lockfile").split()[1:]
    executed(name, member, registry, *words)
    assert not (member / PROGRAMS[name].file).exists()
    assert isinstance(lock_in(member, name), Locked)
    if name == "npm":
        assert isinstance(lock_in(tmp_path, name, "--prefix", "packages/a"), Unlocked)
    manifest = json.loads((member / "package.json").read_text())
    (member / "package.json").write_text(json.dumps({**manifest, "dependencies": {"d-root": "^1.0.0"}}))
    behind = lock_in(member, name)
    assert isinstance(behind, Unlocked)
    if name != "yarn":
        with pytest.raises(AssertionError):
            executed(name, member, registry, *words)


def test_a_member_of_pnpm_may_have_a_lock_file_of_its_own(registry: NpmRegistry, tmp_path: Path) -> None:
    project(tmp_path, "pnpm", ["packages/*"])
    with (tmp_path / "pnpm-workspace.yaml").open("a") as file:
        file.write("sharedWorkspaceLockfile: false\n")
    executed("pnpm", tmp_path, registry, "install", "--lockfile-only")
    assert (tmp_path / "packages/a/pnpm-lock.yaml").exists()
    for place in (".", "packages/a"):
        found = lock_in(tmp_path / place, "pnpm")
        assert isinstance(found, Unlocked)
        assert found.reason.code == "not-locked"


@pytest.mark.parametrize("name", ["yarn", "berry", "pnpm", "bun"])
def test_a_command_in_a_member_installs_all(name: str, registry: NpmRegistry, tmp_path: Path) -> None:
    project(tmp_path, name, ["packages/*"])
    ours = names(tmp_path, line_of(name), "packages/a")
    executed(name, tmp_path / "packages" / "a", registry, *PROGRAMS[name].install, *PROGRAMS[name].lock)
    assert ours == locked(name, tmp_path)
    assert len(ours) == 4


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_version_that_a_member_has(name: str, registry: NpmRegistry, tmp_path: Path) -> None:
    project(tmp_path, name, ["libs/*"], dependencies={"m-libs-one": "^1.0.0"})
    ours = "m-libs-one" in names(tmp_path, line_of(name))
    executed(name, tmp_path, registry, *PROGRAMS[name].install, *PROGRAMS[name].lock)
    lock = (tmp_path / PROGRAMS[name].file).read_text()
    assert ours is ("m-libs-one@1.1.0" in lock)
    assert ours is (name == "pnpm")


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_package_of_the_name_of_its_own_project(name: str, registry: NpmRegistry, tmp_path: Path) -> None:
    project(tmp_path, name, [])
    text = json.dumps({"name": "d-root", "version": "1.0.0", "dependencies": {"d-root": "^1.0.0"}})
    (tmp_path / "package.json").write_text(text)
    assert names(tmp_path, line_of(name)) == {"d-root"}
    executed(name, tmp_path, registry, *PROGRAMS[name].install, *PROGRAMS[name].lock)
    lock = (tmp_path / PROGRAMS[name].file).read_text()
    assert (_version(lock, "d-root") == "1.1.0") is (name != "berry")


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_member_whose_version_does_not_fit(name: str, registry: NpmRegistry, tmp_path: Path) -> None:
    project(tmp_path, name, ["libs/*", "apps/*"], dependencies={"m-libs-one": "^2.0.0"})
    if name == "pnpm":
        (tmp_path / ".npmrc").write_text("link-workspace-packages=true\n")
    ours = "m-libs-one" in names(tmp_path, line_of(name))
    executed(name, tmp_path, registry, *PROGRAMS[name].install, *PROGRAMS[name].lock)
    lock = (tmp_path / PROGRAMS[name].file).read_text()
    assert ours is bool(re.search(r"m-libs-one(?:@|@npm:|/-/m-libs-one-)2\.0\.0", lock))
    assert ours is (name != "npm")


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_the_project_requires_of_its_users(name: str, registry: NpmRegistry, tmp_path: Path) -> None:
    project(
        tmp_path,
        name,
        ["libs/*"],
        peerDependencies={"d-root": "^1.0.0", "d-dev": "^1.0.0"},
        peerDependenciesMeta={"d-dev": {"optional": True}},
    )
    manifest = json.loads((tmp_path / "libs/one/package.json").read_text())
    del manifest["devDependencies"]
    manifest["peerDependencies"] = {"d-apps-x": "^1.0.0", "d-libs-one": ">=1"}
    (tmp_path / "libs/one/package.json").write_text(json.dumps(manifest))
    ours = names(tmp_path, line_of(name))
    executed(name, tmp_path, registry, *PROGRAMS[name].install, *PROGRAMS[name].lock)
    lock = (tmp_path / PROGRAMS[name].file).read_text()
    assert ours == {it for it in ("d-root", "d-dev", "d-apps-x", "d-libs-one") if _version(lock, it)}
    assert isinstance(lock_in(tmp_path, name), Locked)


@pytest.mark.parametrize("directory", [".", "apps/x"])
def test_npm_replaces_what_a_member_requires(directory: str, registry: NpmRegistry, tmp_path: Path) -> None:
    project(tmp_path, "npm", ["apps/*"], overrides={"d-apps-x": "2.0.0"})
    ours = command(tmp_path, "npm install", directory).words
    executed("npm", tmp_path / directory, registry, "install", "--package-lock-only", "--no-audit")
    assert _version((tmp_path / "package-lock.json").read_text(), "d-apps-x") == "2.0.0"
    assert "d-apps-x@2.0.0" in ours


OVERRIDES: Sequence[tuple[Mapping[str, object], str]] = [
    ({"d-apps-x": "2.0.0"}, "2.0.0"),
    ({"d-apps-x": {".": "2.0.0"}}, "2.0.0"),
    ({"d-apps-x": {".": "2.0.0", "d-dev": "1.0.0"}}, "2.0.0"),
    ({"d-apps-x": {"d-dev": "1.0.0"}}, "1.1.0"),
    ({"d-apps-x": "$d-root"}, "2.0.0"),
    ({"d-apps-x": {".": "$d-root"}}, "2.0.0"),
    ({"d-apps-x": ""}, "1.1.0"),
    ({"m-apps-x": {"d-apps-x": "2.0.0"}}, "2.0.0"),
    ({"m-apps-x": {"d-apps-x": {".": "1.0.0"}}, "d-apps-x": "2.0.0"}, "1.0.0"),
    ({"d-apps-x": "2.0.0", "m-apps-x": {"d-apps-x": "1.0.0"}}, "1.0.0"),
    ({"m-apps-x": {"d-dev": "1.0.0"}, "d-apps-x": "2.0.0"}, "2.0.0"),
    ({"m-apps-y": {"d-apps-x": "2.0.0"}}, "1.1.0"),
    ({"d-apps-x@1": "2.0.0"}, "2.0.0"),
    ({"d-apps-x@^1.0.0": "1.0.0"}, "1.0.0"),
    ({"d-apps-x@1.1.0": "2.0.0"}, "2.0.0"),
    ({"d-apps-x@2": "2.0.0"}, "1.1.0"),
    ({"d-apps-x@<1": "2.0.0"}, ""),
    ({"m-apps-x@1": {"d-apps-x": "2.0.0"}}, ""),
    ({"d-apps-x": "$absent"}, ""),
]
"""Overrides of the root, and the version that npm takes for a member; empty where it is not computed."""


@pytest.mark.parametrize("number", range(len(OVERRIDES)))
def test_overrides_for_what_a_member_requires(number: int, registry: NpmRegistry, tmp_path: Path) -> None:
    """By turns from the root and from the member, which are the same to npm."""
    overrides, version = OVERRIDES[number]
    directory = (".", "apps/x")[number % 2]
    project(tmp_path, "npm", ["apps/*"], overrides=overrides, dependencies={"d-root": "2.0.0"})
    if not version:
        with pytest.raises(AssertionError):
            command(tmp_path, "npm install", directory)
        return
    words = dict(it.rsplit("@", 1) for it in command(tmp_path, "npm install", directory).words)
    executed("npm", tmp_path / directory, registry, "install", "--package-lock-only", "--no-audit")
    assert _version((tmp_path / "package-lock.json").read_text(), "d-apps-x") == version
    assert {"^1.0.0": "1.1.0"}.get(words["d-apps-x"], words["d-apps-x"]) == version


@pytest.mark.parametrize(
    ("overrides", "line", "version"),
    [
        ({}, "d-root", "1.1.0"),
        ({}, "d-root@2", "2.0.0"),
        ({}, "d-root@latest", "2.0.0"),
        ({"d-root": "$d-root"}, "d-root", "1.1.0"),
        ({"d-root": "$d-root"}, "d-root@1.0.0", "1.0.0"),
        ({"d-dev": "1.0.0"}, "d-root@2", "2.0.0"),
        ({"m-apps-x": {"d-root": "1.0.0"}}, "d-root@2", "2.0.0"),
        ({"d-dev": "1.0.0"}, "d-dev", ""),
        ({"d-dev": {".": "1.0.0"}}, "d-dev@2", ""),
        ({"d-dev@1": "1.0.0"}, "d-dev@1", ""),
        ({"d-apps-x": "2.0.0"}, "-w apps/x d-apps-x", "2.0.0"),
        ({"d-apps-x": "2.0.0"}, "-w apps/x d-apps-x@1.0.0", "2.0.0"),
        ({"m-apps-x": {"d-apps-x": {".": "2.0.0"}}}, "-w m-apps-x d-apps-x@1.0.0", "2.0.0"),
        ({"m-apps-x": {"d-apps-x": "2.0.0"}}, "-w apps/y d-apps-x@1.0.0", "1.0.0"),
        ({}, "-w apps/x d-apps-x", "1.1.0"),
    ],
)
def test_overrides_for_a_word(
    overrides: Mapping[str, object], line: str, version: str, registry: NpmRegistry, tmp_path: Path
) -> None:
    project(tmp_path, "npm", ["apps/*"], overrides=overrides, dependencies={"d-root": "^1.0.0"})
    if not version:
        with pytest.raises(AssertionError):
            command(tmp_path, f"npm install {line}")
        return
    (word,) = command(tmp_path, f"npm install {line}").words
    executed("npm", tmp_path, registry, "install", "--package-lock-only", "--no-audit", *line.split())
    lock = json.loads((tmp_path / "package-lock.json").read_text())["packages"]
    name, _, wanted = word.partition("@")
    at = "apps/y" if "apps/y" in line else "apps/x" if "apps/x" in line else ""
    places = [f"{at}/node_modules/{name}", f"node_modules/{name}"]
    assert next(lock[it]["version"] for it in places if it in lock) == version
    newest = {"^1.0.0": "1.1.0", "2": "2.0.0", "latest": "2.0.0"}
    assert newest.get(wanted, wanted) == version


CATALOGS = {
    "pnpm": (
        "pnpm-workspace.yaml",
        "packages: []\ncatalog:\n  d-root: ^1.0.0\ncatalogs:\n  old:\n    d-dev: 1.0.0\n",
    ),
    "berry": (".yarnrc.yml", "catalog:\n  d-root: ^1.0.0\ncatalogs:\n  old:\n    d-dev: 1.0.0\n"),
}


@pytest.mark.parametrize("name", ["pnpm", "berry", "bun"])
def test_versions_of_a_catalog(name: str, registry: NpmRegistry, tmp_path: Path) -> None:
    stated = {"catalog": {"d-root": "^1.0.0"}, "catalogs": {"old": {"d-dev": "1.0.0"}}}
    wanted = {"d-root": "catalog:", "d-dev": "catalog:old"}
    project(tmp_path, name, [], dependencies=wanted, **(stated if name == "bun" else {}))
    if name in CATALOGS:
        file, text = CATALOGS[name]
        (tmp_path / file).write_text(text)
    assert command(tmp_path, line_of(name)).words == ("d-root@^1.0.0", "d-dev@1.0.0")
    assert written(name, tmp_path, registry) >= {"d-root", "d-dev"}
    lock = (tmp_path / PROGRAMS[name].file).read_text()
    versions = {it for it in ("1.0.0", "1.1.0", "2.0.0") if re.search(rf"d-\w+(?:@|@npm:){it}\b", lock)}
    assert versions == {"1.0.0", "1.1.0"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("npm", ("-w", "apps/x")),
        ("npm", ("--workspace", "m-apps-x", "-w", "m-libs-one")),
        ("pnpm", ("--filter", "m-apps-x")),
        ("pnpm", ("--filter", "./apps/x")),
        ("bun", ("--filter", "m-apps-x")),
    ],
)
def test_members_that_are_named(
    name: str, words: Sequence[str], registry: NpmRegistry, tmp_path: Path
) -> None:
    project(tmp_path, name, ["apps/*", "libs/*"])
    manifest = json.loads((tmp_path / "apps/x/package.json").read_text())
    manifest["dependencies"]["m-libs"] = "^1.0.0" if name == "npm" else "workspace:^1.0.0"
    (tmp_path / "apps/x/package.json").write_text(json.dumps(manifest))
    (tmp_path / "libs" / "package.json").rename(tmp_path / "libs" / "two" / "package.json")
    ours = names(tmp_path, f"{line_of(name)} {' '.join(words)}")
    executed(name, tmp_path, registry, *PROGRAMS[name].install, *words)
    installed = {it.parent.name for it in tmp_path.rglob("node_modules/d-*/package.json")}
    assert ours == installed


@pytest.mark.parametrize("patterns", [["packages/!(a)"], ["{a,b,c,d,e}" * 4]])
def test_a_pattern_that_is_not_computed(tmp_path: Path, patterns: Sequence[str]) -> None:
    project(tmp_path, "npm", patterns)
    text = "FROM base\nCOPY . /app\nWORKDIR /app\nRUN npm install\n"
    found = analyse(text, BuildRequest(("linux/amd64",)), ContextFiles(tmp_path, None).read).discovery
    assert "requirements-not-stated" in {it.reason.code for it in found.not_watched}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("pnpm add -w typescript", ["typescript"]),
        ("pnpm -w add typescript", ["typescript"]),
        ("pnpm --filter app add typescript", ["typescript"]),
        ("npm install -w app typescript", ["typescript"]),
    ],
)
def test_a_name_behind_an_option(tmp_path: Path, line: str, words: list[str]) -> None:
    assert list(command(tmp_path, line).words) == words


@pytest.mark.parametrize(
    ("name", "table", "replaced", "words"),
    [
        ("yarn", "resolutions", {"d-root": "2.0.0"}, ["d-root@2.0.0", "d-dev@^1.0.0"]),
        ("yarn", "resolutions", {"**/d-root": "~1.0.0"}, ["d-root@~1.0.0", "d-dev@^1.0.0"]),
        ("berry", "resolutions", {"d-root": "2.0.0", "d-dev@^2": "1.0.0"}, ["d-root@2.0.0", "d-dev@^1.0.0"]),
        ("berry", "resolutions", {"d-dev@npm:^1.0.0": "npm:1.0.0"}, ["d-root@^1.0.0", "d-dev@1.0.0"]),
        ("pnpm", "pnpm", {"d-root": "2.0.0", "d-other>d-dev": "1.0.0"}, ["d-root@2.0.0", "d-dev@^1.0.0"]),
        ("pnpm", "pnpm", {"d-dev@^1.0.0": "1.0.0", "d-root": "-"}, ["d-dev@1.0.0"]),
        ("pnpm", "resolutions", {"d-root": "2.0.0"}, ["d-root@2.0.0", "d-dev@^1.0.0"]),
        ("bun", "overrides", {"d-root": "2.0.0"}, ["d-root@2.0.0", "d-dev@^1.0.0"]),
        ("bun", "resolutions", {"d-root": "2.0.0"}, ["d-root@2.0.0", "d-dev@^1.0.0"]),
    ],
)  # fmt: skip
def test_versions_in_place_of_those_of_a_manifest(
    name: str,
    table: str,
    replaced: Mapping[str, str],
    words: list[str],
    registry: NpmRegistry,
    tmp_path: Path,
) -> None:
    wanted = {"d-root": "^1.0.0", "d-dev": "^1.0.0"}
    stated: dict[str, object] = {table: {"overrides": replaced} if table == "pnpm" else replaced}
    project(tmp_path, name, [], dependencies=wanted, **stated)
    assert list(command(tmp_path, line_of(name)).words) == words
    executed(name, tmp_path, registry, *PROGRAMS[name].install, *PROGRAMS[name].lock)
    lock = (tmp_path / PROGRAMS[name].file).read_text()
    newest = {"^1.0.0": "1.1.0", "~1.0.0": "1.0.0"}
    for word in words:
        package, _, version = word.partition("@")
        assert _version(lock, package) == newest.get(version, version)
    assert isinstance(lock_in(tmp_path, name), Locked)


@pytest.mark.parametrize("key", ["d-other/d-dev", "@a/b/d-dev", "d-other>d-dev", "**/d-other/d-dev", ""])
def test_a_version_for_what_one_package_requires_is_not_one_for_all(key: str) -> None:
    for tool in ("yarn", "berry", "pnpm"):
        assert "d-dev" not in replacements(tool, {"resolutions": {key: "1.0.0"}}, {})


def _version(lock: str, package: str) -> str:
    """Of a package, in any of these lock files."""
    found = re.search(rf'{package}/-/{package}-([\d.]+)\.tgz|"{package}@([\d.]+)"', lock)
    entry = re.search(rf'"?{package}@[^\n]*:\n  (?:version:? "?|resolution: {{)([\d.]+)?', lock)
    plain = re.search(rf"  {package}@([\d.]+):", lock)
    groups = [it for match in (found, entry, plain) if match for it in match.groups() if it]
    return groups[0] if groups else ""
