"""What the state holds, as aligned text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import asdict

from freshlayer.model.inventory import Inventory
from freshlayer.reference import shown
from freshlayer.report.story import moment
from freshlayer.report.text import Line

VERSION = 1
_LONGEST = 200
_KIBIBYTE = 1024


def lines(found: Inventory, path: str) -> Iterator[Line]:
    """The file with its size, then Dockerfiles, then references."""
    yield (
        "bold",
        f"{shown(path, _LONGEST)}: {size(found.size)}, {_many(found.event_count, 'event')} of history",
    )
    yield "bold", _many(found.dockerfile_count, "Dockerfile")
    for item in found.dockerfiles:
        built = f"built {moment(item.last_built)}" if item.last_built else "not built"
        records = _many(item.instructions, "instruction")
        yield "", f"  {built}  {records}  {shown(item.name, _LONGEST)}"
    yield from _rest(found.dockerfile_count - len(found.dockerfiles))
    yield "bold", _many(found.reference_count, "reference")
    for reference in found.references:
        yield "", f"  probed {moment(reference.probed)}  {shown(reference.reference, _LONGEST)}"
    yield from _rest(found.reference_count - len(found.references))


def document(found: Inventory, path: str) -> dict[str, Any]:
    """The same for ``--format json``: ``docs/schema/state.json``."""
    return {
        "version": VERSION,
        "path": path,
        "size": found.size,
        "events": found.event_count,
        "dockerfile_count": found.dockerfile_count,
        "reference_count": found.reference_count,
        "dockerfiles": [asdict(item) | {"last_built": item.last_built or None} for item in found.dockerfiles],
        "references": [asdict(item) for item in found.references],
    }


def size(count: int) -> str:
    """``312 bytes``, ``4.2 MiB``."""
    if count < _KIBIBYTE:
        return f"{count} bytes"
    value, units = float(count), iter(("KiB", "MiB", "GiB"))
    unit = ""
    while value >= _KIBIBYTE and (following := next(units, "")):
        value, unit = value / _KIBIBYTE, following
    return f"{value:.1f} {unit}"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _rest(count: int) -> Iterator[Line]:
    if count > 0:
        yield "dim", f"  and {count} more (-n prints more)"
