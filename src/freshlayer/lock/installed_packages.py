"""The ``[[packages]]`` blocks of an identities file: what an instruction installed, in one line."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping

from freshlayer.errors import StateError
from freshlayer.model.build import Pairs

Installed = Mapping[tuple[str, str], Pairs]
"""(the name of a Dockerfile, the digest of an instruction) → its packages."""


def read(blocks: object, path: object) -> dict[tuple[str, str], Pairs]:
    """Raises StateError where a block lacks something."""
    if not isinstance(blocks, list):
        raise StateError(f"{path}: 'packages' is not a list of [[packages]] blocks")
    return dict(_block(path, number, block) for number, block in enumerate(blocks, 1))


def _block(path: object, number: int, block: object) -> tuple[tuple[str, str], Pairs]:
    table = block if isinstance(block, dict) else {}
    user, instruction, listed = (table.get(name) for name in ("used-by", "instruction", "installed"))
    if not (isinstance(user, str) and isinstance(instruction, str) and isinstance(listed, list)):
        raise StateError(f"{path}: [[packages]] {number} lacks used-by, instruction or installed")
    pairs = [text.partition(" ")[::2] for text in listed if isinstance(text, str)]
    if len(pairs) < len(listed) or not all(":" in reference and ":" in it for reference, it in pairs):
        raise StateError(f"{path}: [[packages]] {number}: 'installed' has more than packages and identities")
    return (user, instruction), tuple(sorted(pairs))


def merged(before: Installed, user: str, now: Mapping[str, Pairs], dropped: Container[str]) -> Installed:
    """With those of one Dockerfile in place of what it had. ``dropped``: Dockerfiles that are gone."""
    kept = {key: pairs for key, pairs in before.items() if key[0] not in dropped}
    return {**kept, **{(user, instruction): pairs for instruction, pairs in now.items() if pairs}}


def lines(installed: Installed) -> Iterator[str]:
    """The blocks, a line for the packages of an instruction, however many there are."""
    for (user, instruction), pairs in sorted(installed.items()):
        listed = ", ".join(json.dumps(f"{reference} {identity}") for reference, identity in pairs)
        yield from (
            "",
            "[[packages]]",
            f"used-by = {json.dumps(user)}",
            f"instruction = {json.dumps(instruction)}",
            f"installed = [{listed}]",
        )
