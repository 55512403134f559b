"""What a word or a dependency requires: ``conda-forge::numpy>=1.20,<2``, ``python 3.10.* *_cpython``."""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.lazy_regex import compiled
from freshlayer.packages.conda.records import Record
from freshlayer.packages.conda.versions import ANY, Requirement, fits, requirement_of, version_of

_NAME = compiled(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_SPEC = compiled(r"(?:(?P<channel>[^\s\[\]]+?)::)?(?P<name>[A-Za-z0-9_][A-Za-z0-9._-]*)\s*(?P<rest>[^\[\]]*)")
_BRACKETS = compiled(r"\[([^\[\]]*)\]\s*$")
_ATTRIBUTE = compiled(r"""\s*([a-z_0-9]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^,"'\s]+))\s*(?:,(?!\s*$)|$)""")
_VERSION_BUILD = compiled(r"(?P<version>=?[^\s=<>!~|,]+)=(?P<build>[^\s=<>!~|,]+)")
_BUILD = compiled(r"[A-Za-z0-9._*+!-]+")
_COMMENT = compiled(r"\s#.*")
_LONGEST = 1000
_KNOWN = frozenset({"version", "build", "build_number", "channel", "subdir"})


class Spec(Struct, frozen=True, eq=False):
    """A requirement; the same object for the same text. ``build``: a pattern with ``*``; empty for any.

    ``number``: of the build; empty for any. ``optional``: whether it only counts where something else
    requires the package.
    """

    name: str
    version: Requirement = ANY
    build: str = ""
    number: str = ""
    channel: str = ""
    subdir: str = ""
    optional: bool = False

    def takes(self, record: Record) -> bool:
        """Whether a build is one of those that are required; its channel is looked at elsewhere."""
        version = version_of(record.version)
        return (
            version is not None
            and fits(version, self.version)
            and (not self.build or _matches(self.build, record.build))
            and (not self.number or _number_fits(self.number, record.number))
            and (not self.subdir or self.subdir == record.subdir)
        )


@lru_cache(maxsize=50_000)
def spec_of(text: str) -> Spec | None:
    """None for what is no requirement on a package of a channel."""
    text = _COMMENT.sub("", f" {text}").strip() if "#" in text else text.strip()
    if len(text) > _LONGEST:
        return None
    attributes, text = _attributes(text)
    match = _SPEC.fullmatch(text)
    if attributes is None or match is None or not _NAME.fullmatch(match["name"]):
        return None
    version, build = _version_and_build(match["rest"].strip())
    version, build = attributes.get("version", version), attributes.get("build", build)
    requirement = requirement_of(version) if version else ANY
    if requirement is None or (build and not _BUILD.fullmatch(build)):
        return None
    channel, _, subdir = _channel(attributes.get("channel", match["channel"] or ""))
    number = attributes.get("build_number", "")
    return Spec(
        match["name"].lower(),
        requirement,
        "" if build == "*" else build,
        number,
        channel,
        attributes.get("subdir", subdir),
    )


@lru_cache(maxsize=50_000)
def constraint_of(text: str) -> Spec | None:
    """A requirement that counts only where something else requires the package."""
    spec = spec_of(text)
    return replace(spec, optional=True) if spec else None


def _attributes(text: str) -> tuple[dict[str, str] | None, str]:
    """What is in brackets; None where one of them is not known here, or is no attribute."""
    match = _BRACKETS.search(text)
    if match is None:
        return {}, text
    inside, found, place = match[1].strip(), {}, 0
    # One attempt at each place where one may begin: a search would try all others too.
    while place < len(inside):
        one = _ATTRIBUTE.match(inside, place)
        if one is None or one[1] not in _KNOWN:
            return None, text
        found[one[1]] = one[2] or one[3] or one[4] or ""
        place = one.end()
    return found, text[: match.start()].strip()


def _version_and_build(rest: str) -> tuple[str, str]:
    """``1.2=py_0``, ``=1.2=py_0``, ``1.2.* py_0``, ``>=1,<2 py*``."""
    match = _VERSION_BUILD.fullmatch(rest)
    if match:
        version = match["version"]
        return (f"={version[1:]}" if version[0] == "=" else version).replace("==", "="), match["build"]
    rest = re.sub(r"\s*([|,])\s*", r"\1", re.sub(r"([=<>~!])\s+", r"\1", rest))
    version, _, build = rest.partition(" ")
    return version, build.strip()


def _channel(text: str) -> tuple[str, str, str]:
    """``conda-forge/linux-64`` → ``conda-forge``, ``/``, ``linux-64``."""
    head, mark, last = text.rpartition("/")
    if re.fullmatch(r"noarch|(?:linux|osx|win)-\w+", last) and head:
        return head, mark, last
    return text.strip("/"), "", ""


@lru_cache(maxsize=200_000)
def _matches(pattern: str, build: str) -> bool:
    """Piece by piece, each at its first place: no pattern of a channel takes longer than its length."""
    first, *others = pattern.split("*")
    if not others:
        return pattern == build
    if not build.startswith(first):
        return False
    place = len(first)
    for piece in others[:-1]:
        found = build.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    return build.endswith(others[-1]) and place + len(others[-1]) <= len(build)


def _number_fits(wanted: str, number: int) -> bool:
    match = re.fullmatch(r"(>=|<=|==|=|>|<|!=)?\s*([0-9]{1,9})", wanted)
    if match is None:
        return False
    stated = int(match[2])
    found = (number > stated) - (number < stated)
    return {
        ">=": found >= 0,
        "<=": found <= 0,
        ">": found > 0,
        "<": found < 0,
        "!=": found != 0,
    }.get(match[1] or "", found == 0)
