"""The member of ``PackageManager`` for gem, by the compact index of a source (``/info/NAME``)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.model.base_image import BaseImage
from freshlayer.model.packages import Entries, IndexFile, PackageCommand, PackageRun
from freshlayer.model.reasons import Reason
from freshlayer.packages.gem.configuration import sources_of
from freshlayer.packages.gem.platforms import RUBY, normal, platforms_of
from freshlayer.packages.gem.versions import (
    Requirement,
    fits,
    is_prerelease,
    is_version,
    order,
    requirement_of,
)
from freshlayer.packages.named.member import LARGEST, RELEASES, Choice, NamedPackages, Wanted

_RUBYGEMS = "https://index.rubygems.org"
_NAME = compiled(r"[A-Za-z0-9._-]{1,200}")
_OWN = compiled(r"https?://rubygems\.org")
_SHA256 = compiled(r"[0-9a-f]{64}")
_LINE = compiled(r"([0-9][0-9A-Za-z.]*)(?:-([0-9A-Za-z._-]{1,100}))? ([^|]*)\|(.*)")
_ANY: Requirement = ((">=", "0"),)


class Release(Struct, frozen=True, array_like=True):
    """``ruby``: the requirement on the interpreter, its clauses joined by ``&``."""

    version: str
    platform: str = RUBY
    ruby: str = ""
    digest: str = ""


class _Target(Struct, frozen=True):
    """``ruby``: empty where it is not known."""

    platforms: tuple[str, ...]
    ruby: str
    requirement: Requirement
    prereleases: bool

    def takes(self, item: Release) -> bool:
        if normal(item.platform) not in self.platforms or not fits(item.version, self.requirement):
            return False
        if is_prerelease(item.version) and not self.prereleases:
            return False
        wanted = requirement_of(item.ruby, "&") if item.ruby and self.ruby else None
        return wanted is None or fits(self.ruby, wanted)

    def choose(self, stated: Sequence[bytes]) -> Choice | None:
        """The highest version; of its gems the one whose platform is the nearest."""
        releases = [
            it for value in stated if value for it in msgspec.msgpack.decode(value, type=list[Release])
        ]
        best = max(
            filter(self.takes, releases),
            key=lambda it: (order(it.version), -self.platforms.index(normal(it.platform))),
            default=None,
        )
        if best is None:
            return None
        name = best.version if best.platform == RUBY else f"{best.version}-{best.platform}"
        return Choice(name, best.digest)


def _wanting(command: PackageCommand, run: PackageRun, base: BaseImage) -> Iterator[Wanted | Reason]:
    options = dict(command.options)
    ruby = dict(base.config.environment).get("RUBY_VERSION", "")
    platforms = platforms_of(base, run.architecture)
    if options.get("platform"):
        platforms = (normal(options["platform"]), RUBY)
    for word in command.words:
        name, _, wanted = word.partition(":")
        text = wanted or options.get("version", "")
        requirement = requirement_of(text) if text else _ANY
        if not _NAME.fullmatch(name) or requirement is None:
            yield Reason("package-word-unclear", detail=f"{word[:80]!r} {text[:80]}".strip())
            continue
        before = "prerelease" in options or any(is_prerelease(version) for _, version in requirement)
        target = _Target(platforms, ruby if is_version(ruby) else "", requirement, before)
        sources = _sources(command)
        if isinstance(sources, Reason):
            yield sources
            return
        documents = tuple(
            IndexFile(GEM.name, "info", (f"{source}/info/{name}",), largest=LARGEST) for source in sources
        )
        yield Wanted(f"{name}:{text}" if text else name, name, f"pkg:gem/{name}", documents, target.choose)


def _sources(command: PackageCommand) -> list[str] | Reason:
    """rubygems.org has its index elsewhere."""
    named = [value for name, value in command.options if name == "source"]
    stated = sources_of(command.files.values(), named)
    if isinstance(stated, Reason):
        return stated
    found = dict.fromkeys(url.rstrip("/") for url in stated or [_RUBYGEMS])
    return [_RUBYGEMS if _OWN.fullmatch(url) else url for url in found]


def read_info(body: bytes) -> Entries:
    """The versions of a compact index. Raises ValueError."""
    lines = body.decode("utf-8").splitlines()
    releases = [_release(match) for line in lines if (match := _LINE.fullmatch(line))]
    if not releases and lines[:1] != ["---"]:
        raise ValueError("it is no compact index")
    yield RELEASES, msgspec.msgpack.encode([it for it in releases if is_version(it.version)])


def _release(match: re.Match[str]) -> Release:
    stated = dict(item.partition(":")[::2] for item in match[4].split(","))
    digest = stated.get("checksum", "")
    known = f"sha256:{digest}" if _SHA256.fullmatch(digest) else ""
    return Release(match[1], match[2] or RUBY, stated.get("ruby", "")[:200], known)


GEM = NamedPackages("gem", _wanting, read_info)
