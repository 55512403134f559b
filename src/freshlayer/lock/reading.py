"""Text of a lock file → ``Lock``. All of it or nothing: what can't be read is an error with its line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from freshlayer.lock.blocks import Block, LockError, read_blocks
from freshlayer.lock.documents import plain_among, value_of
from freshlayer.model.lock import (
    Lock,
    LockedDockerfile,
    LockedInput,
    LockedPackages,
    LockedUnwatched,
    NotRead,
)

VERSION = 1
_Value = TypeVar("_Value")


def parse_lock(text: str) -> Lock:
    """Raises LockError."""
    head, *blocks = read_blocks(text)
    _check_head(head)
    plain = plain_among(blocks)
    values = [(value_of(block, plain), block.line) for block in blocks]
    dockerfiles = _of(LockedDockerfile, values)
    inputs = _of(LockedInput, values)
    _once(dockerfiles, lambda it: it.path)
    _once(inputs, lambda it: it.name)
    return Lock(
        dockerfiles=tuple(it for it, _ in dockerfiles),
        inputs=tuple(it for it, _ in inputs),
        packages=tuple(it for it, _ in _of(LockedPackages, values)),
        unwatched=tuple(it for it, _ in _of(LockedUnwatched, values)),
        not_read=tuple(it for it, _ in _of(NotRead, values)),
    )


def _check_head(head: Block) -> None:
    version = head.values.get("version")
    if type(version) is not int:
        raise LockError("it has no version, so it is not a lock file of freshlayer", 1)
    if version != VERSION:
        raise LockError(f"its version is {version}, and this freshlayer reads version {VERSION}", 1)
    others = sorted(head.values.keys() - {"version"})
    if others:
        raise LockError(f"there is no {others[0][:40]!r} in a lock file", 1)


def _of(kind: type[_Value], values: Iterable[tuple[object, int]]) -> list[tuple[_Value, int]]:
    return [(value, line) for value, line in values if isinstance(value, kind)]


def _once(values: Iterable[tuple[_Value, int]], name: Callable[[_Value], object]) -> None:
    """Two branches may have added the same input, and a merge kept both."""
    lines: dict[object, int] = {}
    for value, line in values:
        if name(value) in lines:
            raise LockError(
                f"it is there twice: also on line {lines[name(value)]} (run freshlayer lock)", line
            )
        lines[name(value)] = line
