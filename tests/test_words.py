"""Retired words are not in the documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLACES = ("README.md", "CONTRIBUTING.md", "GLOSSARY.md", "CHANGELOG.md", "ARCHITECTURE.md", "docs/**/*.md")
"""Glob patterns, relative to the checkout; the source is to follow."""
MADE_FROM_SOURCE = ("docs/reference/commands.md", "docs/reasons.md")

RETIRED = {
    "told": "reported, printed",
    "befell": "happened to",
    "reckons": "computes",
    "mended": "fixed",
    "heeds": "honours",
    "for ever": "indefinitely",
    "letter for letter": "verbatim",
    "octets": "bytes",
    "octet": "byte",
    "anew": "again",
    "begun": "started",
    "nobody": "the actor's name",
    "whoever": "the actor's name",
    "as good as none": "treated as missing",
    "goes by": "is based on",
    "is no url": "is not a URL",
    "is no table": "must be a table",
    "is no folder": "is not a directory",
    "is no file": "is not a file",
}
"""Retired → what to write."""

# A media type and Python's own names are not ours to change.
NOT_OURS = re.compile(r"application/octet-stream")


def retired_in(text: str) -> Iterator[tuple[int, str]]:
    """Line number and retired word; words may be divided by the end of a line."""
    text = NOT_OURS.sub("", text)
    for word in RETIRED:
        pattern = r"\s+".join(map(re.escape, word.split()))
        for found in re.finditer(rf"\b{pattern}\b", text, re.IGNORECASE):
            yield text.count("\n", 0, found.start()) + 1, word


def texts(root: Path, places: Iterable[str]) -> list[Path]:
    made = {root / name for name in MADE_FROM_SOURCE}
    return sorted({path for place in places for path in root.glob(place)} - made)


def complaints(root: Path, places: Iterable[str] = PLACES) -> list[str]:
    return [
        f"{path.relative_to(root)}:{line}: {word!r}: write {RETIRED[word]!r}"
        for path in texts(root, places)
        for line, word in retired_in(path.read_text("utf-8"))
    ]


def test_no_retired_word_is_in_the_documents() -> None:
    assert complaints(ROOT) == []


def test_every_place_has_a_text() -> None:
    assert [place for place in PLACES if not texts(ROOT, [place])] == []


@pytest.mark.parametrize("word", RETIRED)
def test_a_document_with_a_retired_word_fails(tmp_path: Path, word: str) -> None:
    (tmp_path / "README.md").write_text(f"One.\n\nThis {word.capitalize()}, here.\n")
    assert f"README.md:3: {word!r}: write {RETIRED[word]!r}" in complaints(tmp_path)


def test_a_retired_phrase_across_two_lines_fails(tmp_path: Path) -> None:
    (tmp_path / "docs" / "guides").mkdir(parents=True)
    (tmp_path / "docs" / "guides" / "a.md").write_text("may change for\never.\n")
    assert complaints(tmp_path) == ["docs/guides/a.md:1: 'for ever': write 'indefinitely'"]


def test_a_part_of_a_word_is_not_a_retired_word() -> None:
    assert list(retired_in("toldo, foretold, application/octet-stream, forever")) == []
