"""The origin of one history: its files, its clock, and what it answers to a request."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Mapping
from email.utils import formatdate
from random import Random

from msgspec import Struct, field
from msgspec.structs import replace

from testing.origin_histories.history import Event, Policy

START = 1_700_000_000.0
PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head></html>"
_EMPTY_TAG = '"d41d8cd98f00b204e9800998ecf8427e"'
# A lower case letter is another content of the same length; the others differ in length too.
_CONTENTS = {name: name.encode() * (20 + ord(name.upper())) for name in "AaBbCD"}


class Version(Struct, frozen=True):
    """One state of a file."""

    content: bytes
    revision: int
    modified: float


class Answer(Struct):
    """``served``: the bytes that the answer is about; None where it is about none."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    served: bytes | None = None


class Origin:
    """``served`` collects the bytes that answers were about since it was last emptied."""

    def __init__(self, policy: Policy, seed: int) -> None:
        self.policy = policy
        self.now = START
        self.served: list[bytes] = []
        self._random = Random(seed)
        first = Version(_CONTENTS["A"], 1, START - 100_000)
        self._versions = [first]
        self._replicas = [first] * policy.replicas
        # Another resource with revisions of its own, where a redirect may lead to one day.
        self._other = Version(_CONTENTS["D"], 1, START - 100_000)
        self._switched = self._page = self._cached = False
        self._requests = 0
        self._race: tuple[int, str] | None = None

    def happen(self, event: Event) -> None:
        """Anything but the probe itself."""
        self.now += event.seconds
        match event.kind:
            case "write":
                self._write(event.content)
            case "sync":
                self._replicas[event.replica] = self._versions[-1]
            case "tag":
                self.policy = replace(self.policy, tag=event.tag)
            case "switch":
                self._switched = not self._switched
            case "page":
                self._page = not self._page
            case "cache":
                self._cached = not self._cached
            case "probe":
                self._race = (self._requests + event.after, event.content) if event.after else None
            case _:
                pass  # "forget" is for the probe

    def _write(self, content: str) -> None:
        last = self._versions[-1]
        self._versions.append(Version(_CONTENTS[content], last.revision + 1, self.now))
        self._replicas[0] = self._versions[-1]
        self._other = Version(_CONTENTS["C"], self._other.revision + 1, self.now)

    def answer(self, method: str, path: str, headers: Mapping[str, str]) -> Answer | None:
        """None: hang up."""
        if self._race is not None and self._requests >= self._race[0]:
            self._write(self._race[1])
            self._race = None
        self._requests += 1
        self.now += 0.001
        target = self._target()
        if target and not path.startswith("/to"):
            return Answer(302, {"Location": f"/to-{target}/{self.policy.name}"})
        version = self._other if path.startswith("/to-b") else self._replica()
        answer = self._answer(method, version, headers)
        if answer is not None and answer.served is not None:
            self.served.append(answer.served)
        return answer

    def _target(self) -> str:
        """Where a redirect leads to at this time; empty where there is none."""
        match self.policy.redirect:
            case "fixed":
                return "a"
            case "switching":
                return "b" if self._switched else "a"
            case "late":
                return "b" if self._switched else ""
            case _:
                return ""

    def _replica(self) -> Version:
        match self.policy.routing:
            case "sticky":
                return self._replicas[-1]
            case "round robin":
                return self._replicas[self._requests % len(self._replicas)]
            case _:
                return self._random.choice(self._replicas)

    def _answer(self, method: str, version: Version, headers: Mapping[str, str]) -> Answer | None:
        if self._page:
            body = b"" if method == "HEAD" else PAGE
            sent = {"Content-Type": "text/html", "Content-Length": str(len(PAGE)), "ETag": '"form"'}
            return Answer(200, sent, body, PAGE)
        if method == "HEAD" and self.policy.head == "hangs up":
            return None
        if method == "HEAD" and self.policy.head.isdigit():
            return Answer(int(self.policy.head))
        if self._cached and len(self._versions) > 1 and "if-none-match" not in headers:
            version = self._versions[-2]
        sent = self._headers(method, version)
        if self._is_not_modified(headers, sent):
            return self._not_modified(version, sent)
        return self._head(version, sent) if method == "HEAD" else self._get(version, headers, sent)

    def _headers(self, method: str, version: Version) -> dict[str, str]:
        """Of a 200, but for those of the body."""
        sent = {"Content-Type": "application/octet-stream", "Date": formatdate(int(self.now), usegmt=True)}
        if tag := self._tag(version):
            sent["ETag"] = tag
        dates = {"mtime": version.modified, "now": self.now, "fixed": START - 500_000}
        if self.policy.date in dates:
            sent["Last-Modified"] = formatdate(int(dates[self.policy.date]), usegmt=True)
        if self._cached:
            sent["Age"] = "90"
        if self._is_coded(method):
            sent["Content-Encoding"] = "gzip"
        else:
            sent |= self._digest(version)
        return sent

    def _is_coded(self, method: str) -> bool:
        return self.policy.coding == "both" or (self.policy.coding == "get" and method == "GET")

    def _tag(self, version: Version) -> str:
        content, size = version.content, len(version.content)
        digest = hashlib.sha256(content).hexdigest()[:20]
        tags = {
            "strong hash": f'"{digest}"',
            "weak hash": f'W/"{digest}"',
            "nginx": f'"{int(version.modified):x}-{size:x}"',
            "apache": f'"{size:x}-{int(version.modified * 1e6):x}"',
            "revision": f'"{version.revision}"',
            "weak revision": f'W/"{version.revision}"',
            "rotating": f'"{self._requests}-r"',
            "weak rotating": f'W/"{self._requests}-r"',
            "frozen": '"frozen"',
            "empty": '""',
            "null": '"null"',
            "md5": f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"',
            "nexus": f'"{{SHA1{{{hashlib.sha1(content, usedforsecurity=False).hexdigest()}}}}}"',
        }
        return tags.get(self.policy.tag, "")

    def _digest(self, version: Version) -> dict[str, str]:
        sha1 = hashlib.sha1(version.content, usedforsecurity=False).hexdigest()
        sha256 = base64.b64encode(hashlib.sha256(version.content).digest()).decode()
        md5 = base64.b64encode(hashlib.md5(version.content, usedforsecurity=False).digest()).decode()
        stated = {
            "sha1": {"X-Checksum-Sha1": sha1},
            "repr-digest": {"Repr-Digest": f"sha-256=:{sha256}:"},
            "content-md5": {"Content-MD5": md5},
        }
        return stated.get(self.policy.digest, {})

    def _is_not_modified(self, headers: Mapping[str, str], sent: Mapping[str, str]) -> bool:
        given, tag = headers.get("if-none-match", ""), sent.get("ETag", "")
        if not given or self.policy.condition == "ignored":
            return False
        if self.policy.condition == "stubborn" and tag:
            return True
        return bool(tag) and given.removeprefix("W/") == tag.removeprefix("W/")

    def _not_modified(self, version: Version, sent: Mapping[str, str]) -> Answer:
        named = {
            "silent": (),
            "dated": ("Last-Modified",),
        }.get(self.policy.condition, ("ETag", "Last-Modified", "Age"))
        kept = {name: value for name, value in sent.items() if name in {*named, "Date"}}
        return Answer(304, kept, served=version.content)

    def _head(self, version: Version, sent: dict[str, str]) -> Answer:
        length = {"Content-Length": str(len(version.content))}
        match self.policy.head:
            case "bare":
                return Answer(200, {"Date": sent["Date"]}, served=version.content)
            case "empty":
                wrong = {"ETag": _EMPTY_TAG, "Content-Length": "0", "Content-Type": "text/html"}
                return Answer(200, {**sent, **wrong}, served=version.content)
            case "wrong length":
                return Answer(200, {**sent, "Content-Length": "7"}, served=version.content)
            case "own tag":
                return Answer(200, {**sent, **length, "ETag": '"head"'}, served=version.content)
            case "wrong type":
                return Answer(200, {**sent, **length, "Content-Type": "text/html"}, served=version.content)
            case _:
                pass
        known = length if self.policy.lengths and "Content-Encoding" not in sent else {}
        return Answer(200, {**sent, **known}, served=version.content)

    def _get(self, version: Version, headers: Mapping[str, str], sent: dict[str, str]) -> Answer:
        coded = "Content-Encoding" in sent
        body = gzip.compress(version.content, mtime=int(self.now)) if coded else version.content
        if self.policy.ranges and headers.get("range") == "bytes=0-0" and not coded:
            sent.pop("Content-MD5", None)
            part = {"Content-Range": f"bytes 0-0/{len(body)}", "Content-Length": "1"}
            return Answer(206, {**sent, **part}, body[:1], version.content)
        length = {"Content-Length": str(len(body))} if self.policy.lengths else {}
        return Answer(200, {**sent, **length}, body, version.content)
