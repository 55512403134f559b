"""What a channel of a tool stands for, by the documents that its installer reads."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import pytest

from freshlayer.model.packages import Resolution
from freshlayer.packages.tools.manager import READERS
from testing.named_packages import line_of, resolved
from testing.tool_channels import ToolChannels


@pytest.fixture(scope="module")
def channels() -> Iterator[ToolChannels]:
    with ToolChannels() as found:
        yield found


def chosen(channels: ToolChannels, program: str, *arguments: str) -> Resolution:
    line = line_of(program, *arguments)
    options = [
        ("node-dist-mirror", channels.url),
        ("RUSTUP_DIST_SERVER", channels.url),
        ("RUSTUP_UPDATE_ROOT", f"{channels.url}/rustup/"),
        ("SDKMAN_CANDIDATES_API", channels.url),
    ]
    return resolved("tools", line.words, options)


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("nvm install --lts", "20.12.2"),
        ("nvm install lts/*", "20.12.2"),
        ("nvm install --lts=hydrogen", "18.20.2"),
        ("nvm install lts/Iron", "20.12.2"),
        ("nvm install lts/-1", "18.20.2"),
        ("nvm install lts/-2", "16.20.2"),
        ("nvm install node", "22.1.0"),
        ("nvm install stable", "22.1.0"),
        ("nvm install 20", "20.12.2"),
        ("nvm install v18", "18.20.2"),
        ("nvm install 18.9", "18.9.10"),
        ("nvm install 18.x", "18.20.2"),
        ("nvm install 0.12", "0.12.18"),
        ("nvm install -s 21 --latest-npm", "21.7.3"),
        ("n lts", "20.12.2"),
        ("n stable", "20.12.2"),
        ("n latest", "22.1.0"),
        ("n current", "22.1.0"),
        ("n install 16", "16.20.2"),
        ("n iron", "20.12.2"),
        ("n --lts", "20.12.2"),
        ("fnm install --lts", "20.12.2"),
        ("fnm install --latest", "22.1.0"),
        ("fnm install 20.8", "20.8.1"),
        ("fnm install lts-latest", "20.12.2"),
        ("volta install node", "20.12.2"),
        ("volta install node@21", "21.7.3"),
        ("volta fetch node@latest", "22.1.0"),
    ],
)
def test_node(line: str, version: str, channels: ToolChannels) -> None:
    (found,) = chosen(channels, *line.split()).packages
    assert (found.version, found.name) == (version, "node")


@pytest.mark.parametrize(
    ("line", "purls"),
    [
        ("rustup toolchain install stable nightly", ["rust?channel=nightly", "rust?channel=stable"]),
        ("rustup default nightly-x86_64-unknown-linux-gnu", ["rust?channel=nightly"]),
        ("rustup update 1.80 --no-self-update", ["rust?channel=1.80"]),
        ("rustup install --profile minimal -c clippy -t wasm32-wasi stable", ["rust?channel=stable"]),
        ("rustup override set stable", ["rust?channel=stable"]),
        ("rustup self update", ["rustup?channel=release-stable"]),
        ("rustup-init -y", ["rust?channel=stable"]),
        ("rustup-init -y --default-toolchain=nightly --profile minimal", ["rust?channel=nightly"]),
        ("sdk install java", ["sdkman/java?channel=default"]),
    ],
)
def test_other_tools(line: str, purls: list[str], channels: ToolChannels) -> None:
    found = chosen(channels, *line.split())
    assert found.problem is None
    assert [it.purl for it in found.packages] == [f"pkg:generic/{purl}" for purl in purls]


@pytest.mark.parametrize(
    ("line", "reasons"),
    [
        ("rustup toolchain install 1.80.0", ["exact-version"]),
        ("rustup default nightly-2024-05-01", ["exact-version"]),
        ("rustup-init -y --default-toolchain none", ["decided-by-program"]),
        ("rustup target add wasm32-wasi", ["decided-by-program"]),
        ("rustup +nightly component add rust-src", ["decided-by-program"]),
        ("nvm install v18.17.0", ["exact-version"]),
        ("n 18.17.0", ["exact-version"]),
        ("volta install node@18.17.0", ["exact-version"]),
        ("sdk install java 21.0.2-tem", ["exact-version"]),
        ("pyenv install -s 3.12.1 3.11", ["exact-version", "decided-by-program"]),
        ("uv python install 3.12", ["decided-by-program"]),
        ("playwright install chromium chrome", ["decided-by-program", "no-version-document"]),
    ],
)
def test_what_is_one_version_or_decided_by_the_program_is_listed(line: str, reasons: list[str]) -> None:
    program, *arguments = line.split()
    found = line_of(program, *arguments)
    assert (found.words, found.unknown) == ((), None)
    assert [it.reason.code for it in found.listed] == reasons


@pytest.mark.parametrize(
    "line",
    [
        "rustup toolchain install mine",
        "nvm install iojs",
        "fnm install ../x",
        "rustup install",
        "nvm install",
    ],
)
def test_what_is_no_version_is_unknown(line: str) -> None:
    program, *arguments = line.split()
    assert line_of(program, *arguments).unknown is not None


def test_what_volta_and_corepack_take_from_npm_is_npms() -> None:
    volta = line_of("volta", "install", "node@20", "yarn@1", "typescript")
    assert [(it.manager, it.words) for it in volta.also] == [("npm", ("yarn@1", "typescript"))]
    words = [
        line_of("corepack", "prepare", word, "--activate").words for word in ("pnpm@latest", "yarn@stable")
    ]
    assert words == [("pnpm@latest",), ("@yarnpkg/cli-dist@latest",)]
    assert line_of("corepack", "prepare", "yarn@1.22.19").words == ("yarn@1.22.19",)


def test_a_channel_of_rust_is_the_hash_of_its_manifest(channels: ToolChannels) -> None:
    (before,) = chosen(channels, "rustup", "default", "nightly").packages
    channels.publish_rust("nightly", "2")
    (now,) = chosen(channels, "rustup", "default", "nightly").packages
    assert before.identity != now.identity
    assert now.digest == f"sha256:{sha256(b'2').hexdigest()}"


def test_a_version_that_is_not_the_newest_of_its_channel_changes_nothing(channels: ToolChannels) -> None:
    before = chosen(channels, "nvm", "install", "20").packages
    channels.list_node(("v23.0.0", False), ("v20.12.2", "Iron"), ("v20.12.1", "Iron"), ("nightly", False))
    assert chosen(channels, "nvm", "install", "20").packages == before
    assert chosen(channels, "nvm", "install", "lts/-5").problem is not None


@pytest.mark.parametrize("kind", sorted(READERS))
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"\xff", b"[[[[", b"{}", b'["v1"]', b"0" * 63 + b"  x", b"a\x1b[31m"]
)
def test_a_document_of_another_form_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        READERS[kind](body)
