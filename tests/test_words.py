"""Retired words are not in the documents, the source, its messages, the demo, the benchmarks, the scripts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLACES = (
    "README.md",
    "CONTRIBUTING.md",
    "GLOSSARY.md",
    "CHANGELOG.md",
    "ARCHITECTURE.md",
    "docs/**/*.md",
    "src/**/*.py",
    "demo/**/*",
    "bench/**/*.py",
    "scripts/*",
)
"""Glob patterns, relative to the checkout. Names in the source count as words: ``_asked`` is ``asked``."""

RETIRED = {
    "told": "reported, printed",
    "tell": "report, print, distinguish",
    "tells": "reports, prints, distinguishes",
    "telling": "reporting, printing",
    "said": "returned, stated",
    "says": "returns, states",
    "ask": "probe, request",
    "asks": "probes, requests",
    "asked": "probed, requested",
    "asking": "probing, requesting",
    "stands": "is",
    "lies": "is in",
    "befell": "happened to",
    "reckon": "compute",
    "reckons": "computes",
    "mended": "fixed",
    "heed": "honour",
    "heeds": "honours",
    "for ever": "indefinitely",
    "letter for letter": "verbatim",
    "octets": "bytes",
    "octet": "byte",
    "anew": "again",
    "begun": "started",
    "folder": "directory",
    "folders": "directories",
    "nobody": "the actor's name",
    "somebody": "the actor's name",
    "whoever": "the actor's name",
    "as good as none": "treated as missing",
    "goes by": "is based on",
    "house": "architecture",
    "is no url": "is not a URL",
    "is no table": "must be a table",
    "is no file": "is not a file",
}
"""Retired → what to write."""

LEGITIMATE = {
    r"application/octet-stream": "a media type",
    r"pycurl\.NOBODY": "an option of libcurl",
    r"(?:--|\b)(?:modules|cache)-folder\b": "options of yarn",
    r"\bstands for\b": "means",
    r"\basked INTEGER\b|(?:,|\bSET) asked\b|\"asked\"": "a column of the first schema, which is kept",
}
"""Pattern → why it is not ours to change."""


def retired_in(text: str) -> Iterator[tuple[int, str]]:
    """Line number and retired word; words may be divided by the end of a line."""
    for pattern in LEGITIMATE:
        text = re.sub(pattern, "", text)
    for word in RETIRED:
        pattern = r"[\s#]+".join(map(re.escape, word.split()))
        for found in re.finditer(rf"(?<![a-z]){pattern}(?![a-z])", text, re.IGNORECASE):
            yield text.count("\n", 0, found.start()) + 1, word


def texts(root: Path, places: Iterable[str]) -> list[Path]:
    return sorted({path for place in places for path in root.glob(place) if path.is_file() and is_text(path)})


def is_text(path: Path) -> bool:
    return b"\0" not in path.read_bytes()[:4096]


def complaints(root: Path, places: Iterable[str] = PLACES) -> list[str]:
    return [
        f"{path.relative_to(root)}:{line}: {word!r}: write {RETIRED[word]!r}"
        for path in texts(root, places)
        for line, word in retired_in(path.read_text("utf-8"))
    ]


def test_no_retired_word_is_in_any_place() -> None:
    assert complaints(ROOT) == []


def test_every_place_has_a_text() -> None:
    assert [place for place in PLACES if not texts(ROOT, [place])] == []


@pytest.mark.parametrize("pattern", LEGITIMATE)
def test_every_legitimate_use_is_in_the_texts(pattern: str) -> None:
    assert any(re.search(pattern, path.read_text("utf-8")) for path in texts(ROOT, PLACES))


@pytest.mark.parametrize("word", RETIRED)
def test_a_document_with_a_retired_word_fails(tmp_path: Path, word: str) -> None:
    (tmp_path / "README.md").write_text(f"One.\n\nThis {word.capitalize()}, here.\n")
    assert f"README.md:3: {word!r}: write {RETIRED[word]!r}" in complaints(tmp_path)


def test_a_retired_phrase_across_two_lines_fails(tmp_path: Path) -> None:
    (tmp_path / "docs" / "guides").mkdir(parents=True)
    (tmp_path / "docs" / "guides" / "a.md").write_text("may change for\never.\n")
    assert complaints(tmp_path) == ["docs/guides/a.md:1: 'for ever': write 'indefinitely'"]


def test_a_part_of_a_word_is_not_a_retired_word() -> None:
    assert list(retired_in("toldo, foretold, application/octet-stream, forever, taskset, ASKPASS")) == []


@pytest.mark.parametrize("text", ["def _asked():", "x = told_of", "NOBODY = 1", "# letter for\n    # letter"])
def test_a_retired_word_in_the_source_fails(tmp_path: Path, text: str) -> None:
    (tmp_path / "src" / "freshlayer").mkdir(parents=True)
    (tmp_path / "src" / "freshlayer" / "a.py").write_text(f"{text}\n")
    assert len(complaints(tmp_path)) == 1
