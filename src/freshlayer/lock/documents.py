"""Blocks of a lock file → values, with every field checked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from freshlayer.errors import ReferenceInvalidError
from freshlayer.lazy_regex import compiled
from freshlayer.lock.blocks import Block, LockError
from freshlayer.masking.names import has_known_form
from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.lock import (
    NOT_SEEN,
    LockedDockerfile,
    LockedInput,
    LockedPackage,
    LockedPackages,
    LockedUnwatched,
    LockUser,
    NotRead,
)
from freshlayer.reference import parse

_Text = Annotated[str, Meta(min_length=1)]
_Code = Annotated[str, Meta(pattern=r"\A[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?\Z")]
_Time = Annotated[str, Meta(pattern=r"\A[0-9]{8}T[0-9]{6}Z\Z")]
_Sha256 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
_Digest = Annotated[str, Meta(pattern=r"\A[a-z0-9]+:[0-9a-f]{32,128}\Z")]
_Platform = Annotated[str, Meta(pattern=r"\A[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?\Z", max_length=60)]
_Platforms = Annotated[
    str, Meta(pattern=r"\A[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?(,[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?)*\Z")
]
"""Of packages that a build for several platforms installs."""
_PACKAGE = compiled(r"(\S+) (\S+) (\S+)")
_NO_DIGEST = "-"

# What nearly every URL is: canonical, without a place for a secret, so that it need not be parsed.
_ONE = r"(?:https?|s3|gs|docker-image|git\+https?)://[a-z0-9][a-z0-9.-]*(?::\d{1,5})?(?:/[A-Za-z0-9._:+-]+)+"
_PLAIN = compiled(rf"{_ONE}(?:\n{_ONE})*")
_MAY_HOLD = ("slack", "hook", "/bot", "telegram", "builtin", "with/key", "packagecloud", "cloudsmith", "fury")
_MAY_CHANGE = compiled(r"(?m)/\.\.?(?:/|$)|(?<![A-Za-z0-9])[A-Za-z0-9]{15}")
_REFERENCES = ("reference", "served-by")
_AT_ONCE = 100


class _Document(Struct, forbid_unknown_fields=True, rename="kebab", kw_only=True, gc=False):
    """As the file has it."""


class _Input(_Document):
    reference: _Text
    identity: _Text
    strength: Strength
    used_by: list[_Text]
    learned_by: list[_Text] = []
    platform: _Platform | None = None
    served_by: _Text | None = None
    sha256: _Sha256 | None = None
    size: Annotated[int, Meta(ge=0)] | None = None
    index: _Digest | None = None
    frozen: bool = False
    reason: _Code | None = None


class _Packages(_Document):
    manager: _Code
    platform: _Platforms
    used_by: _Text
    commands: list[_Text]
    source: _Text | None = None
    packages: list[_Text] = []
    reason: _Code | None = None
    learned: bool = False
    at: _Time | None = None


class _Unwatched(_Document):
    used_by: _Text
    reason: _Code
    text: _Text | None = None
    accepted: bool = False
    learned: bool = False


class _NotRead(_Document):
    used_by: _Text
    reference: _Text | None = None
    text: _Text | None = None
    reason: _Code | None = None


class _Dockerfile(_Document):
    path: _Text
    context: _Text | None = None
    platforms: list[_Platform] = []
    target: _Text | None = None
    network: _Text | None = None
    build_args: list[_Text] = []
    pin_packages: bool = False


def _user(text: str) -> LockUser:
    try:
        found = LockUser.parse(text)
    except ValueError:
        raise LockError("'used-by' is not a Dockerfile, a stage and an instruction") from None
    check_path(found.dockerfile)
    return found


def check_path(path: str) -> None:
    """Raises LockError for one that is absolute, or goes up behind its beginning."""
    if ".." not in path and path[:1] != "/" and "\\" not in path:
        return
    parts = path.split("/")
    while parts and parts[0] == "..":
        parts = parts[1:]
    if path.startswith("/") or ".." in parts or "\\" in path:
        raise LockError("a path of the lock file is relative to it, and leads down")


def _input(values: _Input, plain: Collection[str]) -> LockedInput:
    if values.reference not in plain:
        _check_reference(values.reference)
    if values.served_by and values.served_by not in plain:
        _check_reference(values.served_by)
    identity = None
    if (values.identity == NOT_SEEN) != (values.strength is Strength.NONE):
        raise LockError(f"an identity is {NOT_SEEN!r} where the strength is 'none', and nowhere else")
    if values.identity != NOT_SEEN:
        try:
            identity = Identity.parse(values.identity, values.strength)
        except ValueError:
            raise LockError("'identity' is not written as scheme:value") from None
    return LockedInput(
        reference=values.reference,
        identity=identity,
        used_by=tuple(map(_user, values.used_by)),
        learned_by=tuple(map(_user, values.learned_by)),
        platform=values.platform or "",
        served_by=values.served_by or "",
        sha256=values.sha256 or "",
        size=values.size,
        index=values.index or "",
        frozen=values.frozen,
        reason=values.reason or "",
    )


def plain_among(blocks: Iterable[Block]) -> set[str]:
    """References that need no parsing; found by the hundred, since most of a lock file are such."""
    texts = [it for block in blocks for it in map(block.values.get, _REFERENCES) if isinstance(it, str)]
    found: set[str] = set()
    for start in range(0, len(texts), _AT_ONCE):
        group = texts[start : start + _AT_ONCE]
        lines = "\n".join(group)
        if lines.count("\n") < len(group) and _are_plain(lines):
            found.update(group)
    return found


def _are_plain(lines: str) -> bool:
    if not _PLAIN.fullmatch(lines) or _MAY_CHANGE.search(lines) or has_known_form(lines):
        return False
    small = lines.lower()
    return not any(word in small for word in _MAY_HOLD)


def _check_reference(text: str) -> None:
    """It is canonical, which implies that it has no credential and no signature."""
    if _are_plain(text) and "\n" not in text:
        return
    try:
        found = parse(text).text
    except ReferenceInvalidError as error:
        raise LockError(f"not a reference: {error.what}") from None
    if found != text:
        raise LockError(
            "a reference is not in its canonical spelling, or has a secret (freshlayer lock writes it again)"
        )


def _packages(values: _Packages, _plain: Collection[str]) -> LockedPackages:
    listed = [_PACKAGE.fullmatch(line) for line in values.packages]
    if not all(listed):
        raise LockError("a line of 'packages' is not a name, a version and a digest")
    found = [
        LockedPackage(it[1], it[2], "" if it[3] == _NO_DIGEST else it[3]) for it in listed if it is not None
    ]
    return LockedPackages(
        used_by=_user(values.used_by),
        manager=values.manager,
        platform=values.platform,
        commands=tuple(values.commands),
        source=values.source or "",
        packages=tuple(found),
        reason=values.reason or "",
        learned=values.learned,
        at=values.at or "",
    )


def _unwatched(values: _Unwatched, _plain: Collection[str]) -> LockedUnwatched:
    return LockedUnwatched(
        used_by=_user(values.used_by),
        reason=values.reason,
        text=values.text or "",
        accepted=values.accepted,
        learned=values.learned,
    )


def _not_read(values: _NotRead, plain: Collection[str]) -> NotRead:
    if values.reference and values.reference not in plain:
        _check_reference(values.reference)
    return NotRead(
        used_by=_user(values.used_by),
        reference=values.reference or "",
        text=values.text or "",
        reason=values.reason or "",
    )


def _dockerfile(values: _Dockerfile, _plain: Collection[str]) -> LockedDockerfile:
    check_path(values.path)
    check_path(values.context or ".")
    if not all("=" in item for item in values.build_args):
        raise LockError("'build-args' has more than NAME=VALUE")
    return LockedDockerfile(
        path=values.path,
        context=values.context or "",
        platforms=tuple(values.platforms),
        target=values.target or "",
        network=values.network or "",
        build_args=dict(item.split("=", 1) for item in values.build_args),
        pin_packages=values.pin_packages,
    )


_TABLES: Mapping[str, tuple[type[_Document], Callable[[Any, Collection[str]], Any]]] = {
    "dockerfile": (_Dockerfile, _dockerfile),
    "input": (_Input, _input),
    "packages": (_Packages, _packages),
    "unwatched": (_Unwatched, _unwatched),
    "not-read": (_NotRead, _not_read),
}


def value_of(block: Block, plain: Collection[str] = ()) -> object:
    """The value of one block. ``plain``: as of ``plain_among``. Raises LockError with its line."""
    if block.table not in _TABLES:
        known = ", ".join(f"[[{name}]]" for name in _TABLES)
        raise LockError(f"there is no [[{block.table[:40]}]] in a lock file (there are {known})", block.line)
    form, made = _TABLES[block.table]
    try:
        return made(msgspec.convert(block.values, form), plain)
    except msgspec.ValidationError as error:
        raise LockError(f"[[{block.table}]]: {_what(error)}", block.line) from None
    except LockError as error:
        raise LockError(f"[[{block.table}]]: {error.what}", block.line) from None


def _what(error: msgspec.ValidationError) -> str:
    text = str(error)
    return text[:1].lower() + text[1:]
