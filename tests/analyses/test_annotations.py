"""What is decoded at each start has types as annotations: a text would be compiled in each run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from msgspec import Struct

from freshlayer.analyses import form
from freshlayer.dockerfile.model import Instruction
from freshlayer.model.inputs import Place
from freshlayer.reference import Reference


def test_what_is_decoded_at_each_start_has_no_text_as_an_annotation() -> None:
    seen: set[object] = set()
    for start in (form._Kept, Instruction, Reference, Place):
        _look(start, seen)
    assert len(seen) > 8
    assert [(str(kind), text) for kind in seen for text in _texts(kind)] == []


def _look(kind: object, seen: set[object]) -> None:
    for inner in get_args(kind):
        _look(inner, seen)
    if isinstance(kind, type) and issubclass(kind, Struct) and kind not in seen:
        seen.add(kind)
        for annotation in kind.__annotations__.values():
            _look(annotation, seen)


def _texts(kind: object) -> Iterator[str]:
    assert isinstance(kind, type)
    return (it for it in kind.__annotations__.values() if isinstance(it, str))
