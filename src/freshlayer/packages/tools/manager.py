"""The member of ``PackageManager`` for installers of tools: one document for each channel.

Rust's channels have a hash, Node.js has a list of all versions, SDKMAN states the default of a candidate.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import BinaryIO
from urllib.parse import quote

import msgspec
from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.model.base_image import BaseImage
from freshlayer.model.packages import Entries, IndexFile, PackageCommand, PackageRun
from freshlayer.model.reasons import Reason
from freshlayer.packages.named.member import LARGEST, RELEASES, Choice, NamedPackages, Wanted, whole

_RUST = "https://static.rust-lang.org"
_NODE = "https://nodejs.org/dist"
_SDKMAN = "https://api.sdkman.io/2"
_WORD = compiled(r"(?P<name>rust|rustup|node|sdkman/[a-z0-9]{1,41})@(?P<channel>[\w./-]{1,80})")
_HASH = compiled(r"([0-9a-f]{64})(?:[ \t].{0,300})?\s*")
_RUSTUP = compiled(r"(?m)^version[ \t]*=[ \t]*[\"'](\d{1,5}\.\d{1,5}\.\d{1,5})[\"']")
_LINE = compiled(r"[\w.+-]{1,80}\s*")
_VERSION = compiled(r"v(\d{1,5})\.(\d{1,5})\.(\d{1,5})")
_MIRRORS = {"nvm": "NVM_NODEJS_ORG_MIRROR", "n": "N_NODE_MIRROR", "fnm": "FNM_NODE_DIST_MIRROR"}
"""Program → the variable that names its mirror of nodejs.org."""

Choose = Callable[[Sequence[bytes]], Choice | None]


class Release(Struct, frozen=True, array_like=True):
    """A version of Node.js. ``lts``: the name of its line, empty where it has none."""

    version: tuple[int, int, int]
    lts: str = ""


class _Listed(Struct):
    version: str
    lts: bool | str = False


class _NodeChannel(Struct, frozen=True):
    channel: str

    def choose(self, stated: Sequence[bytes]) -> Choice | None:
        """The newest version of the channel."""
        releases = msgspec.msgpack.decode(stated[0], type=list[Release])
        best = max((it.version for it in releases if _is_of(it, self.channel, releases)), default=None)
        return Choice(".".join(map(str, best))) if best else None


class _OneValue(Struct, frozen=True):
    """A document that states one value. ``hashed``: whether it is the hash of what the channel has."""

    channel: str
    hashed: bool = False

    def choose(self, stated: Sequence[bytes]) -> Choice | None:
        """The version, or the channel with its hash."""
        text = stated[0].decode()
        if not text:
            return None
        return Choice(self.channel, f"sha256:{text}") if self.hashed else Choice(text)


class _Tools(NamedPackages):
    def entries(self, kind: str, content: BinaryIO, scratch: BinaryIO) -> Entries:  # noqa: ARG002 - the Protocol's
        """What a document of this kind states."""
        yield RELEASES, READERS[kind](whole(content))


def _is_of(item: Release, channel: str, releases: Sequence[Release]) -> bool:
    if channel == "latest":
        return True
    if channel.startswith("lts"):
        return bool(item.lts) and _is_of_line(item, channel.partition("/")[2], releases)
    numbers = tuple(int(it) for it in channel.split("."))
    return item.version[: len(numbers)] == numbers


def _is_of_line(item: Release, line: str, releases: Sequence[Release]) -> bool:
    """``lts/iron``, and ``lts/-1``: the one before the newest."""
    if not line.startswith("-"):
        return not line or item.lts == line
    lines = list(dict.fromkeys(it.lts for it in sorted(releases, key=lambda it: it.version)[::-1] if it.lts))
    back = int(line[1:])
    return back < len(lines) and item.lts == lines[back]


def _wanting(command: PackageCommand, _run: PackageRun, _base: BaseImage) -> Iterator[Wanted | Reason]:
    options = dict(command.options)
    for word in command.words:
        match = _WORD.fullmatch(word)
        if match is None:
            yield Reason("package-word-unclear", detail=repr(word[:80]))
            continue
        name, channel = match["name"], match["channel"]
        kind, url, choose = _document(name, channel, command.program, options)
        document = IndexFile(TOOLS.name, kind, (url,), largest=LARGEST)
        purl = f"pkg:generic/{name}?channel={quote(channel, safe='')}"
        yield Wanted(word, name.rpartition("/")[2], purl, (document,), choose)


def _document(name: str, channel: str, program: str, options: Mapping[str, str]) -> tuple[str, str, Choose]:
    """Kind and address of what states the version of a channel, and how it is read."""
    if name == "rust":
        server = _root(options.get("RUSTUP_DIST_SERVER", ""), _RUST)
        return (
            "sha256",
            f"{server}/dist/channel-rust-{channel}.toml.sha256",
            _OneValue(channel, hashed=True).choose,
        )
    if name == "rustup":
        server = _root(options.get("RUSTUP_UPDATE_ROOT", ""), f"{_RUST}/rustup")
        return "rustup", f"{server}/release-stable.toml", _OneValue(channel).choose
    if name == "node":
        mirror = options.get("node-dist-mirror") or options.get(_MIRRORS.get(program, ""), "")
        return "node", f"{_root(mirror, _NODE)}/index.json", _NodeChannel(channel).choose
    server = _root(options.get("SDKMAN_CANDIDATES_API", ""), _SDKMAN)
    return "line", f"{server}/candidates/default/{name.partition('/')[2]}", _OneValue(channel).choose


def _root(stated: str, usual: str) -> str:
    return (stated or usual).rstrip("/")


def _node_releases(body: bytes) -> bytes:
    try:
        listed = msgspec.json.decode(body, type=list[_Listed])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from None
    found = [
        Release(
            (int(match[1]), int(match[2]), int(match[3])), it.lts.lower() if isinstance(it.lts, str) else ""
        )
        for it in listed
        if (match := _VERSION.fullmatch(it.version))
    ]
    return msgspec.msgpack.encode(found)


def _matched(pattern: re.Pattern[str], body: bytes, *, anywhere: bool = False) -> bytes:
    text = body.decode("utf-8")
    match = pattern.search(text) if anywhere else pattern.fullmatch(text)
    if match is None:
        raise ValueError("it is no such document")
    return (match[1] if match.groups() else match[0].strip()).encode()


READERS: Mapping[str, Callable[[bytes], bytes]] = {
    "sha256": lambda body: _matched(_HASH, body),
    "rustup": lambda body: _matched(_RUSTUP, body, anywhere=True),
    "line": lambda body: _matched(_LINE, body),
    "node": _node_releases,
}
"""Kind of a document → what reads it. Each raises ValueError."""


def _no_entries(_body: bytes) -> Entries:
    return iter(())


TOOLS = _Tools("tools", _wanting, _no_entries)
