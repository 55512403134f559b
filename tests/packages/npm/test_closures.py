"""All that npm writes into its lock file for a command is what we choose."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import pytest

from freshlayer.context.script_files import ContextFiles
from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import Resolution
from freshlayer.packages.npm.manifests import Stated, edges_of
from testing.named_packages import resolved, resolved_command
from testing.npm_process import Npm
from testing.npm_registry import NpmRegistry, Package, Published
from testing.servers.needs import require

World = Mapping[str, Sequence[Published]]
Tags = Mapping[str, Mapping[str, str]]


def version(number: str, *dependencies: str, **more: object) -> Published:
    """A version with its dependencies, each ``name@range``."""
    table = {it[0] + name: wanted for it in dependencies for name, _, wanted in [it[1:].partition("@")]}
    return Published(number, requires={"dependencies": table, **more} if table or more else more)


def peers(**wanted: str) -> dict[str, object]:
    return {"peerDependencies": wanted}


WORLD: World = {
    "leaf": [version(it) for it in ("1.0.0", "1.5.0", "1.6.0", "2.0.0", "2.1.0", "3.0.0-rc.1")],
    "twig": [version("1.0.0", "leaf@^1.0.0"), version("1.1.0", "leaf@^1.0.0")],
    "bough": [version("1.0.0", "leaf@^2.0.0", "twig@*")],
    "old": [version("1.0.0", "leaf@~1.5.0")],
    "older": [version("1.0.0", "leaf@1.0.0", "old@^1.0.0")],
    "any": [version("1.0.0", "leaf@*")],
    "tagged": [version("1.0.0", "leaf@next")],
    "deep": [version("1.0.0", "bough@^1.0.0", "older@^1.0.0")],
    "ring-a": [version("1.0.0", "ring-b@^1.0.0")],
    "ring-b": [version("1.0.0", "ring-a@^1.0.0", "leaf@^1.0.0")],
    "spiral-a": [version("1.0.0", "spiral-b@2"), version("2.0.0", "spiral-b@1")],
    "spiral-b": [version("1.0.0", "spiral-a@1"), version("2.0.0", "spiral-a@2")],
    "plugin": [version("1.0.0", **peers(host=">=1")), version("2.0.0", **peers(host="^2.0.0"))],
    "host": [version("1.0.0", "leaf@^1.0.0"), version("2.0.0", "leaf@^2.0.0"), version("2.1.0")],
    "with-plugin": [version("1.0.0", "plugin@^1.0.0", "host@^1.0.0")],
    "with-peer": [version("1.0.0", "plugin@^2.0.0")],
    "maybe": [
        version("1.0.0", **peers(host="*"), peerDependenciesMeta={"host": {"optional": True}}),
    ],
    "option": [version("1.0.0", optionalDependencies={"mac": "^1.0.0", "linux": "^1.0.0"})],
    "absent-option": [version("1.0.0", optionalDependencies={"nowhere": "^1.0.0"})],
    "mac": [version("1.0.0", "twig@^1.0.0", os=["darwin"])],
    "linux": [version("1.0.0", os=["linux"], cpu=["x64", "arm64"])],
    "alias": [version("1.0.0", "short@npm:leaf@^1.0.0", "leaf@^2.0.0")],
    "elsewhere": [version("1.0.0", "leaf@^1.0.0")],
    "lagging": [version(it) for it in ("1.0.0", "1.1.0", "1.2.0")],
    "wants-lagging": [version("1.0.0", "lagging@^1.0.0")],
    "wants-newer": [version("1.0.0", "lagging@^1.2.0")],
    "@scope/tool": [version("1.0.0", "@scope/part@^1.0.0"), version("1.1.0", "@scope/part@^1.0.0", "leaf@1")],
    "@scope/part": [version("1.0.0", "leaf@2"), version("1.2.0", "leaf@2")],
    "engine": [version("1.0.0"), Published("1.1.0", node=">=99")],
    "wants-engine": [version("1.0.0", "engine@^1.0.0")],
    "deprecated": [version("1.0.0"), Published("1.1.0", "broken")],
    "wants-deprecated": [version("1.0.0", "deprecated@^1.0.0")],
}
TAGS: Tags = {"lagging": {"latest": "1.1.0"}, "leaf": {"next": "3.0.0-rc.1"}}

SETS = [
    "leaf",
    "twig",
    "bough",
    "old twig",
    "older",
    "any",
    "any leaf@1",
    "tagged",
    "deep",
    "deep leaf@^1.0.0",
    "ring-a",
    "spiral-a@1",
    "spiral-a@1 spiral-b@1",
    "plugin@1",
    "plugin@1 host@1",
    "plugin@2",
    "with-plugin",
    "with-peer",
    "with-peer host@2.0.0",
    "maybe",
    "maybe host@1",
    "option",
    "absent-option",
    "alias",
    "wants-lagging wants-newer",
    "wants-newer lagging@1.0.0",
    "@scope/tool",
    "@scope/tool@1.0.0 leaf@1",
    "wants-engine",
    "wants-deprecated",
    "twig bough older deep",
]


def _publish(registry: NpmRegistry, world: World, tags: Tags) -> None:
    for name, versions in world.items():
        registry.publish(name, Package(versions, tags.get(name, {})))


@pytest.fixture(scope="module")
def registry() -> Iterator[NpmRegistry]:
    with NpmRegistry() as found:
        _publish(found, WORLD, TAGS)
        yield found


@pytest.fixture(scope="module")
def node() -> str:
    require("node", "npm")
    done = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True)
    return done.stdout.strip().removeprefix("v")


def chosen(registry: NpmRegistry, node: str, words: Sequence[str], *options: str) -> Resolution:
    return resolved(
        "npm",
        words,
        [("registry", registry.url), *((it, "") for it in options)],
        environment=[("NODE_VERSION", node)],
        policy=PackagePolicy.CLOSURE,
    )


def versions(found: Resolution) -> dict[str, set[str]]:
    assert found.problem is None, found
    assert found.notes == (), found.notes
    return {it.name: set(it.version.split(", ")) for it in found.packages}


@pytest.fixture(scope="module")
def npm(node: str) -> Iterator[Npm]:
    assert node
    with Npm() as started:
        yield started


def by_npm(npm: Npm, registry: NpmRegistry, folder: Path, *words: str) -> dict[str, set[str]] | None:
    """Name → versions of what is for Linux on amd64; None where npm finds no tree.

    Without words: for the project in the folder.
    """
    if words:
        (folder / "package.json").write_text('{"name": "app", "version": "1.0.0"}')
    argv = ["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]
    argv += ["--registry", registry.url, "--cache", str(folder / "cache"), *words]
    environment = {**os.environ, "HOME": str(folder), "npm_config_update_notifier": "false"}
    if npm.run(argv, folder, environment):
        return None
    lock = json.loads((folder / "package-lock.json").read_text())
    found: dict[str, set[str]] = {}
    for path, item in lock["packages"].items():
        inside = [it.strip("/") for it in path.split("node_modules/") if it]
        above = [
            lock["packages"].get("node_modules/" + "/node_modules/".join(inside[: n + 1]), {})
            for n in range(len(inside))
        ]
        if path and not item.get("link") and all("linux" in it.get("os", ["linux"]) for it in above):
            found.setdefault(item.get("name", inside[-1]), set()).add(item["version"])
    return found


@pytest.mark.parametrize("words", SETS)
def test_the_closure_is_that_of_npm(
    words: str, registry: NpmRegistry, node: str, npm: Npm, tmp_path: Path
) -> None:
    expected = by_npm(npm, registry, tmp_path, *words.split())
    assert expected is not None
    if "option" in words.split():
        # What only the package for another system requires is in the lock file, and is not installed.
        del expected["twig"], expected["leaf"]
    assert versions(chosen(registry, node, words.split())) == expected


OVERRIDES: Sequence[tuple[str, Mapping[str, object]]] = [
    ("twig", {"leaf": "1.0.0"}),
    ("twig bough", {"leaf": "2.0.0"}),
    ("older deep", {"leaf": "^1.0.0", "old": "1.0.0"}),
    ("bough", {"leaf": {".": "2.0.0"}}),
    ("bough leaf@^2.0.0", {"leaf": "$leaf"}),
    ("bough leaf@^2.0.0", {"leaf": "^2.0.0"}),
    ("bough short@npm:leaf@2.0.0", {"twig": "1.0.0", "leaf": "$short"}),
    ("deep", {"twig": "npm:any@^1.0.0"}),
    ("with-plugin", {"host": "2.1.0"}),
    ("with-peer", {"host": "2.0.0", "plugin": "1.0.0"}),
    ("alias", {"short": "npm:leaf@1.0.0"}),
    ("wants-lagging tagged", {"lagging": "1.2.0", "leaf": "next"}),
    ("@scope/tool", {"@scope/part": "1.0.0", "absent": "1"}),
]


def of_project(
    registry: NpmRegistry, node: str, folder: Path, words: str, overrides: Mapping[str, object]
) -> Resolution:
    """The closure of a package.json that is written into the folder."""
    wanted = {
        it[0] + name: value or "*" for it in words.split() for name, _, value in [it[1:].partition("@")]
    }
    manifest = {"name": "app", "version": "1.0.0", "dependencies": wanted, "overrides": overrides}
    (folder / "package.json").write_text(json.dumps(manifest))
    text = f"FROM base\nENV npm_config_registry={registry.url}\nWORKDIR /app\nCOPY . .\nRUN npm install\n"
    found = analyse(text, BuildRequest(("linux/amd64",)), ContextFiles(folder, None).read).discovery
    ((command,),) = found.packages.values()
    return resolved_command(command, environment=[("NODE_VERSION", node)], policy=PackagePolicy.CLOSURE)


@pytest.mark.parametrize(("words", "overrides"), OVERRIDES, ids=range(len(OVERRIDES)))
def test_versions_that_a_project_puts_in_place(
    words: str, overrides: Mapping[str, object], registry: NpmRegistry, node: str, npm: Npm, tmp_path: Path
) -> None:
    found = of_project(registry, node, tmp_path, words, overrides)
    expected = by_npm(npm, registry, tmp_path)
    assert expected is not None
    assert versions(found) == expected


@pytest.mark.parametrize(
    "overrides",
    [
        {"twig": {"leaf": "1.0.0"}},
        {"leaf@^1": "1.0.0"},
        {"leaf": "$absent"},
        {"twig": "1.0.0"},
        {"leaf": "https://e.example/leaf.tgz"},
        {"leaf": {".": "1.0.0", "x": "1"}},
        {"leaf": 1},
    ],
)
def test_what_is_not_computed_of_overrides_leaves_a_note(
    overrides: Mapping[str, object], registry: NpmRegistry, node: str, tmp_path: Path
) -> None:
    found = of_project(registry, node, tmp_path, "twig@^1.0.0", overrides)
    assert [it.code for it in found.notes] == ["closure-unknown"]
    assert [it.name for it in found.packages] == ["twig"]


def _random_world(seed: int) -> tuple[World, list[str]]:
    """Packages that require each other in ranges, also in rings, and a command."""
    pick = random.Random(seed)
    names = [f"p{number}" for number in range(pick.randint(3, 8))]
    world: dict[str, list[Published]] = {}
    for name in names:
        for number in range(1, pick.randint(2, 5)):
            others = pick.sample([it for it in names if it != name], pick.randint(0, min(3, len(names) - 1)))
            world.setdefault(name, []).append(
                version(f"{number}.0.0", *(f"{it}@{_range(pick)}" for it in others))
            )
    return world, [f"{name}@{_range(pick)}" for name in pick.sample(names, pick.randint(1, 3))]


def _range(pick: random.Random) -> str:
    return pick.choice(["*", "*", ">=1", ">=2 || 1.x", "1.x", "2.x || 1.x", "<=2", "1 - 3", "<4"])


_PLACED_IN_ANOTHER_WAY = {14}
"""A world of rings, in which npm keeps a second version that nothing needs."""


@pytest.mark.parametrize("seed", sorted({*range(24)} - _PLACED_IN_ANOTHER_WAY))
def test_the_closure_of_a_random_world_is_that_of_npm(seed: int, node: str, npm: Npm, tmp_path: Path) -> None:
    world, words = _random_world(seed)
    with NpmRegistry() as registry:
        _publish(registry, world, {})
        expected, found = by_npm(npm, registry, tmp_path, *words), chosen(registry, node, words)
    if expected is None:
        assert found.problem or found.notes, words
    else:
        assert versions(found) == expected, words


def test_a_global_install_places_nothing_beside_what_it_names(registry: NpmRegistry, node: str) -> None:
    """Each named package has its dependencies below it: ``leaf`` for ``old`` is not that of ``twig``."""
    found = versions(chosen(registry, node, ["old", "twig"], "global"))
    assert found == {"old": {"1.0.0"}, "twig": {"1.1.0"}, "leaf": {"1.5.0", "1.6.0"}}


def test_what_can_not_be_known_leaves_the_named_packages_and_a_note(registry: NpmRegistry, node: str) -> None:
    for options, word in ((("overrides",), "twig"), ((), "wants-absent")):
        registry.publish("wants-absent", Package([version("1.0.0", "nowhere@^1.0.0")]))
        found = chosen(registry, node, [word], *options)
        assert [it.code for it in found.notes] == ["closure-unknown"]
        assert [it.name for it in found.packages] == [word]


def test_only_lists_of_versions_are_requested(registry: NpmRegistry, node: str) -> None:
    registry.server.requests()
    chosen(registry, node, ["deep"])
    targets = [it.target for it in registry.server.requests()]
    assert sorted(targets) == ["/bough", "/deep", "/leaf", "/old", "/older", "/twig"]


def test_a_registry_that_is_down_is_unreachable(node: str) -> None:
    with NpmRegistry() as registry:
        pass
    found = chosen(registry, node, ["leaf"])
    assert found.unreachable
    assert found.packages == ()


def test_peers_are_left_out_where_the_command_does(registry: NpmRegistry, node: str) -> None:
    assert "host" in versions(chosen(registry, node, ["plugin@1"]))
    assert "host" not in versions(chosen(registry, node, ["plugin@1"], "legacy-peer-deps"))


def test_each_package_states_what_wants_it(registry: NpmRegistry, node: str) -> None:
    found = {it.name: it for it in chosen(registry, node, ["twig@^1.0.0"]).packages}
    assert (found["twig"].wanted_by, found["twig"].named) == ("twig@^1.0.0", True)
    assert (found["leaf"].wanted_by, found["leaf"].named) == ("twig", False)


@pytest.mark.parametrize(
    "version",
    [
        {"dependencies": [], "optionalDependencies": 3, "peerDependenciesMeta": {"x": True}},
        {"dependencies": {"x": {}, "y" * 9999: "1"}, "bundleDependencies": True, "os": {"a": 1}},
        {"dependencies": {f"p{number}": "*" for number in range(9000)}},
    ],
)
def test_a_version_of_another_form_requires_nothing_more(version: Mapping[str, object]) -> None:
    found = msgspec.convert(version, type=Stated).manifest()
    assert len(edges_of(found)) <= 2000
    assert all(len(it.name) < 1000 for it in edges_of(found))
