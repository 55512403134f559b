"""Every reason code of the source has its entry in the table, and the page is made from the table."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from freshlayer.model.all_reasons import REASONS, entry, reference_page
from freshlayer.model.reasons import Reason, joined

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "freshlayer"


def codes_in(source: str) -> Iterator[str]:
    """The first argument of every ``Reason(…)`` that is a literal."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Reason":
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant):
                yield str(first.value)


def strings_in(source: str) -> set[str]:
    return {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_the_codes_of_a_text_are_found() -> None:
    assert list(codes_in('x = Reason("a-b", "s")\ny = Reason(code)')) == ["a-b"]


def test_every_code_of_the_source_has_an_entry() -> None:
    lacking = {
        f"{path.name}: {code}"
        for path in SOURCES.rglob("*.py")
        for code in codes_in(path.read_text("utf-8"))
        if code not in REASONS
    }
    assert not lacking


def test_every_entry_is_used() -> None:
    """Only then does the page say nothing of what can't happen."""
    tables = set((SOURCES / "model").glob("reasons*.py"))
    used = {
        text
        for path in SOURCES.rglob("*.py")
        if path not in tables
        for text in strings_in(path.read_text("utf-8"))
    }
    assert not REASONS.keys() - used


@pytest.mark.parametrize("code", REASONS)
def test_an_entry_is_two_clauses(code: str) -> None:
    assert code == code.lower().replace(" ", "-").replace("_", "-")
    for clause in REASONS[code]:
        assert clause
        assert not clause.endswith(".")
        assert code in entry(code)


def test_the_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "reasons.md").read_text("utf-8")
    assert page == reference_page(), "run: freshlayer explain > docs/reasons.md"


def test_a_reason_is_printed_as_subject_what_happened_and_what_to_do() -> None:
    assert str(Reason("http-forbidden", "https://e.org/a", "403 Forbidden", "add a credential")) == (
        "https://e.org/a: 403 Forbidden (add a credential)"
    )
    assert str(Reason("offline")) == REASONS["offline"][0]


def test_a_document_has_the_general_hint_where_there_is_no_special_one() -> None:
    assert Reason("offline").document["hint"] == REASONS["offline"][1]
    assert Reason("offline", hint="wait").document["hint"] == "wait"


def test_several_reasons_are_one() -> None:
    both = joined([Reason("offline", "a", "x"), Reason("ttl", "b", "y")])
    assert both.code == "offline"
    assert str(both) == "a: x; b: y"
