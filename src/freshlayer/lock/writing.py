"""``Lock`` → the text of a lock file: one field a line, sorted, the same bytes for the same values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from freshlayer.lock.reading import VERSION
from freshlayer.model.lock import (
    NOT_SEEN,
    Lock,
    LockedDockerfile,
    LockedInput,
    LockedPackages,
    LockedUnwatched,
    NotRead,
)

_HEAD = (
    "# The remote inputs of Dockerfiles. Written by freshlayer lock and freshlayer update: review changes,\n"
    "# and edit nothing; to keep an input as it is, add frozen = true to it."
)
_Field = tuple[str, "str | int | bool | Iterable[str] | None"]


def lock_text(lock: Lock) -> str:
    """The text of a lock."""
    lines = [_HEAD, f"version = {VERSION}"]
    for dockerfile in sorted(lock.dockerfiles, key=lambda it: it.path):
        lines += _block("dockerfile", _of_dockerfile(dockerfile))
    for item in sorted(lock.inputs, key=lambda it: it.name):
        lines += _block("input", _of_input(item))
    # Equal names are in the order of the Dockerfile, which a stable sort keeps.
    for packages in sorted(lock.packages, key=lambda it: it.name):
        lines += _block("packages", _of_packages(packages))
    for unwatched in sorted(lock.unwatched):
        lines += _block("unwatched", _of_unwatched(unwatched))
    for not_read in sorted(lock.not_read):
        lines += _block("not-read", _of_not_read(not_read))
    return "\n".join(lines) + "\n"


def _of_dockerfile(item: LockedDockerfile) -> Iterator[_Field]:
    yield "path", item.path
    yield "context", item.context
    yield "platforms", sorted(item.platforms)
    yield "target", item.target
    yield "network", item.network
    yield "build-args", [f"{name}={item.build_args[name]}" for name in sorted(item.build_args)] or None
    yield "pin-packages", item.pin_packages


def _of_input(item: LockedInput) -> Iterator[_Field]:
    yield "reference", item.reference
    yield "platform", item.platform
    yield "identity", str(item.identity) if item.identity else NOT_SEEN
    yield "strength", item.strength
    yield "reason", item.reason
    yield "index", item.index
    yield "served-by", item.served_by
    yield "sha256", item.sha256
    yield "size", item.size
    yield "frozen", item.frozen
    yield "used-by", sorted(map(str, item.used_by))
    yield "learned-by", sorted(map(str, item.learned_by)) or None


def _of_packages(item: LockedPackages) -> Iterator[_Field]:
    yield "manager", item.manager
    yield "platform", item.platform
    yield "used-by", str(item.used_by)
    yield "commands", item.commands
    yield "source", item.source
    yield "reason", item.reason
    yield "learned", item.learned
    yield "at", item.at
    if not item.reason:
        yield "packages", [f"{it.name} {it.version} {it.digest or '-'}" for it in sorted(item.packages)]


def _of_unwatched(item: LockedUnwatched) -> Iterator[_Field]:
    yield "used-by", str(item.used_by)
    yield "reason", item.reason
    yield "text", item.text
    yield "accepted", item.accepted
    yield "learned", item.learned


def _of_not_read(item: NotRead) -> Iterator[_Field]:
    yield "used-by", str(item.used_by)
    yield "reference", item.reference
    yield "reason", item.reason
    yield "text", item.text


def _block(table: str, fields: Iterable[_Field]) -> Iterator[str]:
    """Empty fields are left out."""
    yield from ("", f"[[{table}]]")
    for name, value in fields:
        if value is None or value is False or value == "":
            continue
        if value is True:
            yield f"{name} = true"
        elif isinstance(value, str):
            yield f"{name} = {_string(value)}"
        elif isinstance(value, int):
            yield f"{name} = {value}"
        else:
            yield from _list(name, [_string(item) for item in value])


def _list(name: str, items: list[str]) -> Iterator[str]:
    """An item a line, so that two branches that add some can be merged."""
    if len(items) < 2:
        yield f"{name} = [{''.join(items)}]"
        return
    yield f"{name} = ["
    yield from (f"  {item}," for item in items)
    yield "]"


def _string(text: str) -> str:
    """A TOML basic string. A character that can't be printed, which no lock file may hold, is replaced."""
    if text.isprintable():
        return json.dumps(text, ensure_ascii=False)
    blanks = re.sub(r"\s", " ", text)
    safe = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in blanks)
    return json.dumps(safe, ensure_ascii=False)
