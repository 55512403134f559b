"""BuildKit's ``--progress=rawjson``, where the user selects it.

One object a line (buildx 0.29), or an object over many lines that ends with a ``}`` of its own (buildx 0.13).
A vertex comes again whenever something of it changes; the last counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from freshlayer.builders.progress.vertices import LONGEST_NAME, Label, label, merged
from freshlayer.model.progress_event import ProgressEvent

if TYPE_CHECKING:
    from datetime import datetime

LONGEST = 4 * 1024 * 1024
"""Characters of one object that are kept."""

_MOST = 10_000
_MOST_INPUTS = 100


class _Vertex(Struct, frozen=True):
    """``inputs``: the digests of the vertices that it reads."""

    name: str
    event: ProgressEvent
    inputs: tuple[str, ...]


class RawJson:
    """Reads the stream of objects."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._ended: dict[str, _Vertex] = {}

    def line(self, text: str, now: float) -> None:  # noqa: ARG002 - it reports times itself
        if text.startswith("{"):
            self._begin()
        self._length += len(text)
        if self._length > LONGEST:
            self._begin()
            return
        self._parts.append(text)
        if text == "}" or (text.startswith("{") and text.endswith("}")):
            self._object("".join(self._parts))
            self._begin()

    def ended(self, now: float) -> tuple[ProgressEvent, ...]:  # noqa: ARG002
        found = self._ended.values()
        read = {digest for vertex in found for digest in vertex.inputs}
        # A download comes before the copy that reads it.
        ordered = sorted(self._ended, key=lambda digest: digest not in read)
        return merged((self._ended[digest].name, self._ended[digest].event) for digest in ordered)

    def _begin(self) -> None:
        self._parts.clear()
        self._length = 0

    def _object(self, text: str) -> None:
        import json  # noqa: PLC0415 - where this form is selected

        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return
        for digest, vertex in _vertices(found):
            if len(self._ended) < _MOST:
                self._ended[digest] = vertex


def _vertices(found: object) -> Iterator[tuple[str, _Vertex]]:
    vertexes = found.get("vertexes") if isinstance(found, Mapping) else None
    for vertex in vertexes if isinstance(vertexes, list) else []:
        if not isinstance(vertex, Mapping) or not vertex.get("completed") or vertex.get("error"):
            continue
        named = label(str(vertex.get("name", "")))
        if named is not None:
            name, inputs = str(vertex.get("name", ""))[:LONGEST_NAME], vertex.get("inputs")
            listed = inputs[:_MOST_INPUTS] if isinstance(inputs, list) else []
            found = _Vertex(name, _event(named, vertex), tuple(str(digest) for digest in listed))
            yield str(vertex.get("digest", "")), found


def _event(named: Label, vertex: Mapping[str, object]) -> ProgressEvent:
    if vertex.get("cached"):
        return named.happened(cached=True, seconds=None)
    return named.happened(cached=False, seconds=_seconds(vertex))


def _seconds(vertex: Mapping[str, object]) -> float | None:
    try:
        started, completed = (_moment(str(vertex.get(name, ""))) for name in ("started", "completed"))
    except ValueError:
        return None
    return max(0.0, (completed - started).total_seconds())


def _moment(text: str) -> datetime:
    from datetime import datetime  # noqa: PLC0415 - see above

    return datetime.fromisoformat(text)
