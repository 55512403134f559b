"""A script as a tree of statements, so that parts of it can be left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

Block = tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One statement: text, with blocks of statements between."""

    parts: tuple[str | Block, ...]

    def __str__(self) -> str:
        return "".join(part if isinstance(part, str) else text_of(part) for part in self.parts)


def node(*parts: str | Block) -> Node:
    """A statement of these parts."""
    return Node(parts)


def text_of(block: Block) -> str:
    """A block of no statement does nothing."""
    return "\n".join(map(str, block)) or ":"


def smaller(block: Block) -> Iterator[Block]:
    """The block with one statement less, or with one replaced by what is inside of it."""
    for place, item in enumerate(block):
        before, behind = block[:place], block[place + 1 :]
        yield (*before, *behind)
        for position, part in enumerate(item.parts):
            if isinstance(part, str):
                continue
            yield (*before, *part, *behind)
            for less in smaller(part):
                parts = (*item.parts[:position], less, *item.parts[position + 1 :])
                yield (*before, replace(item, parts=parts), *behind)
