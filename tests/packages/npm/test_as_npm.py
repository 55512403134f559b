"""What npm itself would install from a registry, word by word, is what we choose."""

from __future__ import annotations

import json
import os
import subprocess
from base64 import b64decode
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import BinaryIO
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from msgspec import Struct

from freshlayer.model.base_image import BaseImage, ImageConfig
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import (
    IndexFile,
    PackageAction,
    PackageChain,
    PackageCommand,
    PackageRun,
    Resolution,
)
from freshlayer.model.reasons import Reason
from freshlayer.packages.npm.documents import read_document
from freshlayer.packages.npm.resolver import NPM
from freshlayer.packages.npm.words import wish_of
from testing.npm_process import npm_command
from testing.npm_registry import NpmRegistry, Package, Published
from testing.servers.needs import require


def package(*versions: str, **tags: str) -> Package:
    return Package([Published(version) for version in versions], tags)


def marked(*versions: Published, **tags: str) -> Package:
    return Package(versions, tags)


CASES: dict[str, Package] = {
    "plain": package("1.0.0", "1.2.0", "2.0.0-rc.1"),
    "older-latest": package("1.0.0", "3.0.0", "2.0.0", latest="2.0.0"),
    "tagged@next": package("1.0.0", "2.0.0-beta.3", next="2.0.0-beta.3"),
    "exact@1.0.0": package("1.0.0", "1.0.1"),
    "caret@^1.2.3": package("1.2.3", "1.9.0", "2.0.0"),
    "caret-zero@^0.2.3": package("0.2.3", "0.2.9", "0.3.0"),
    "caret-zero-zero@^0.0.3": package("0.0.3", "0.0.4"),
    "tilde@~1.2.0": package("1.2.0", "1.2.9", "1.3.0"),
    "wild@1.x": package("1.0.0", "1.9.9", "2.0.0"),
    "major@2": package("1.0.0", "2.1.0", "3.0.0"),
    "hyphen@1.0.0 - 2.0": package("1.0.0", "2.0.5", "2.1.0"),
    "either@^1 || ^3": package("1.5.0", "2.0.0", "3.1.0"),
    "both@>=1 <2": package("1.0.0", "1.8.0", "2.0.0"),
    "star@*": package("1.0.0", "2.0.0", latest="1.0.0"),
    "fits-latest@>=1": package("1.0.0", "2.0.0", "3.0.0", latest="2.0.0"),
    "beyond-latest@^3": package("2.0.0", "3.0.0", "3.1.0", latest="2.0.0"),
    "pre@^2.0.0-beta.1": package("1.0.0", "2.0.0-beta.1", "2.0.0-beta.10", "2.0.0-beta.2", latest="1.0.0"),
    "no-pre@>=1.0.0": package("1.0.0", "2.0.0-beta.1"),
    "equals@=1.1.0": package("1.1.0", "1.2.0"),
    "v@v1.1.0": package("1.1.0", "1.2.0"),
    "@scope/plain": package("1.0.0", "1.1.0"),
    "@scope/range@^1.0.0": package("1.0.0", "1.4.0", "2.0.0"),
    "deprecated@^1": marked(Published("1.0.0"), Published("1.1.0", "broken"), Published("2.0.0")),
    "all-deprecated@^1": marked(Published("1.0.0", "old"), Published("1.1.0", "old"), Published("2.0.0")),
    "deprecated-latest": marked(Published("1.0.0"), Published("1.1.0", "broken")),
    "engine@^1": marked(Published("1.0.0", node=">=10"), Published("1.1.0", node=">=99"), Published("2.0.0")),
    "engine-latest": marked(Published("1.0.0", node=">=10"), Published("1.1.0", node=">=99")),
    "build@^1.0.0": package("1.0.0", "1.0.1+build.5"),
    "loose@>= 1.2": package("1.2.0", "1.4.0"),
    "alias@npm:plain@^1.0.0": package("1.0.0"),
}


class Parsed(Struct, frozen=True):
    digest: str
    values: Mapping[str, bytes]

    def get(self, key: str) -> bytes | None:
        return self.values.get(key)

    def open(self, key: str) -> BinaryIO:
        raise KeyError(key)


@pytest.fixture(scope="module")
def registry() -> Iterator[NpmRegistry]:
    with NpmRegistry() as found:
        for word, made in CASES.items():
            wish = wish_of(word)
            assert wish is not None
            if not word.startswith("alias@"):
                found.publish(wish.name, made)
        yield found


def fetched(file: IndexFile) -> Parsed | Reason:
    try:
        with urlopen(Request(file.urls[0], headers={"Accept": file.accept or "*/*"})) as answer:
            return Parsed("", dict(read_document(file.kind, BytesIO(answer.read()))))
    except HTTPError:
        return Reason("http-not-found")


def resolved(registry: NpmRegistry, node: str, *words: str, **files: str) -> Resolution:
    named = () if files else (("registry", registry.url),)
    command = PackageCommand("npm", "npm", PackageAction.INSTALL, words, named, files)
    base = BaseImage("node", "linux/amd64", "sha256:0", ImageConfig((("NODE_VERSION", node),)))
    steps = NPM.resolve(
        PackageChain(("node", "linux/amd64"), (PackageRun(1, 1, (command,), PackagePolicy.NAMED),)), base
    )
    try:
        wanted = next(steps)
        while True:
            wanted = steps.send({file: fetched(file) for file in wanted})
    except StopIteration as ended:
        found = ended.value.get(1, Resolution())
        assert isinstance(found, Resolution)
        return found


@pytest.fixture(scope="module")
def node() -> str:
    require("node", "npm")
    done = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True)
    return done.stdout.strip().removeprefix("v")


@pytest.fixture(scope="module")
def by_npm(
    registry: NpmRegistry, node: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[str, str]]:
    """Name in node_modules → version and digest that npm writes into its lock file."""
    assert node
    folder = tmp_path_factory.mktemp("npm")
    (folder / "package.json").write_text('{"name": "app", "version": "1.0.0"}')
    argv = [*npm_command(), "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]
    argv += ["--registry", registry.url, "--cache", str(folder / "cache"), *CASES]
    environment = {**os.environ, "HOME": str(folder), "npm_config_update_notifier": "false"}
    ended = subprocess.run(
        argv, check=False, capture_output=True, text=True, timeout=120, cwd=folder, env=environment
    )
    assert ended.returncode == 0, ended.stderr
    lock = json.loads((folder / "package-lock.json").read_text())
    return {
        path.removeprefix("node_modules/"): (item["version"], _hexadecimal(item["integrity"]))
        for path, item in lock["packages"].items()
        if path
    }


def _hexadecimal(integrity: str) -> str:
    name, _, value = integrity.partition("-")
    return f"{name}:{b64decode(value).hex()}"


@pytest.mark.parametrize("word", CASES)
def test_the_version_is_the_one_that_npm_takes(
    word: str, registry: NpmRegistry, node: str, by_npm: dict[str, tuple[str, str]]
) -> None:
    found = resolved(registry, node, word)
    assert found.problem is None
    (chosen,) = found.packages
    name = word.partition("@npm:")[0] if "@npm:" in word else chosen.name
    assert (chosen.version, chosen.digest) == by_npm[name]


def test_a_tag_costs_the_document_of_one_version(registry: NpmRegistry, node: str) -> None:
    registry.server.requests()
    resolved(registry, node, "plain", "caret@^1.2.3")
    assert {it.target for it in registry.server.requests()} == {"/plain/latest", "/caret"}


def test_the_registry_of_a_scope_is_in_npmrc(registry: NpmRegistry, node: str) -> None:
    with NpmRegistry() as other:
        other.publish("@scope/plain", package("7.0.0"))
        text = f"registry={registry.url}/\n@scope:registry={other.url}/\n//e.example/:_authToken=x\n"
        found = resolved(registry, node, "@scope/plain", "plain", **{"/app/.npmrc": text})
    assert {it.name: it.version for it in found.packages} == {"@scope/plain": "7.0.0", "plain": "1.2.0"}
    assert [it.purl for it in found.packages] == ["pkg:npm/%40scope/plain", "pkg:npm/plain"]


@pytest.mark.parametrize(
    "word",
    [
        *("./x", "../x", "/x", "user/repo", "git+ssh://git@e.example/x", "https://e.example/x.tgz"),
        *("x.tgz", "a@file:b", "a@github:b/c"),
    ],
)
def test_what_comes_from_elsewhere_is_no_package_of_a_registry(word: str, registry: NpmRegistry) -> None:
    assert resolved(registry, "20.0.0", word) == Resolution()


@pytest.mark.parametrize("word", ["absent", "plain@^9", "plain@notatag"])
def test_what_is_not_there_is_a_problem(word: str, registry: NpmRegistry) -> None:
    found = resolved(registry, "20.0.0", word)
    assert found.problem is not None
    assert not found.unreachable


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"dist-tags": 1, "versions": []}', b"[" * 9999]
)
@pytest.mark.parametrize("kind", ["version", "versions"])
def test_a_document_of_another_form_is_an_error(kind: str, body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        dict(read_document(kind, BytesIO(body)))
