"""What a repository of Composer states: its root, and the minified versions of a package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.model.packages import Entries
from freshlayer.packages.composer.versions import branch_of, normalized
from freshlayer.packages.named.member import RELEASES

_SHA1 = compiled(r"[0-9a-f]{40}")
_UNSET = "__unset"
_LONGEST = 200
_DEFAULT = "9999999-dev"


class Root(Struct, frozen=True, array_like=True):
    """``packages.json``. ``pattern``: where the documents of packages are; empty where it names none."""

    pattern: str = ""


class Release(Struct, frozen=True, array_like=True):
    """``normal``: normalized; ``aliases``: other versions that it is. ``php``: what it requires."""

    version: str
    normal: str
    digest: str = ""
    php: str = ""
    aliases: tuple[str, ...] = ()


def entries(kind: str, body: bytes) -> Entries:
    """Of a ``root``, or of the ``versions`` of a package. Raises ValueError."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from None
    if not isinstance(document, dict):
        raise ValueError("it is no object")  # noqa: TRY004 - what the Protocol wants
    if kind == "root":
        pattern = document.get("metadata-url", "")
        yield RELEASES, msgspec.msgpack.encode(Root(pattern if isinstance(pattern, str) else ""))
        return
    packages = document.get("packages")
    if not isinstance(packages, dict):
        raise ValueError("it has no packages")  # noqa: TRY004 - the same
    minified = document.get("minified") == "composer/2.0"
    for name, versions in packages.items():
        if isinstance(name, str) and len(name) <= _LONGEST:
            listed = versions if isinstance(versions, list) else list(_table(versions).values())
            releases = list(_releases(_expanded(listed) if minified else map(_table, listed)))
            yield f"{RELEASES}:{name.lower()}", msgspec.msgpack.encode(releases)


def _expanded(versions: list[object]) -> Iterator[Mapping[str, object]]:
    """Each version has what differs from the one before it."""
    known: dict[str, object] = {}
    for version in versions:
        for key, value in _table(version).items():
            if value == _UNSET:
                known.pop(key, None)
            else:
                known[key] = value
        yield known


def _releases(versions: Iterator[Mapping[str, object]]) -> Iterator[Release]:
    for it in versions:
        version = it.get("version")
        normal = it.get("version_normalized")
        known = normalized(version) if isinstance(version, str) and len(version) <= _LONGEST else None
        if isinstance(version, str) and known:
            normal = normal if isinstance(normal, str) and 0 < len(normal) <= _LONGEST else known
            php = _table(it.get("require")).get("php", "")
            php = php if isinstance(php, str) and len(php) <= _LONGEST else ""
            yield Release(version, normal, _digest(it), php, tuple(_aliases(it, version, normal)))


def _digest(version: Mapping[str, object]) -> str:
    """Of the archive, else the commit."""
    dist, source = _table(version.get("dist")), _table(version.get("source"))
    for value in (dist.get("shasum"), dist.get("reference"), source.get("reference")):
        if isinstance(value, str) and _SHA1.fullmatch(value):
            return f"sha1:{value}"
    return ""


def _aliases(it: Mapping[str, object], version: str, normal: str) -> Iterator[str]:
    """What ``extra.branch-alias`` makes of a branch; a default branch without one is the highest of all."""
    if not normal.startswith("dev-") and not normal.endswith("-dev"):
        return
    stated = _table(_table(it.get("extra")).get("branch-alias")).get(version)
    if isinstance(stated, str) and stated.endswith("-dev") and len(stated) <= _LONGEST:
        found = branch_of(stated.removesuffix("-dev"))
        if not found.startswith("dev-"):
            yield found
            return
    if it.get("default-branch") is True and normal.startswith("dev-"):
        yield _DEFAULT


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
