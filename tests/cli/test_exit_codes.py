"""Exit codes have names, in one table; the page of the documentation has each number."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from freshlayer.cli import exit_codes

ROOT = Path(__file__).parents[2]


def bare_codes(source: str) -> Iterator[int]:
    """The numbers other than 0 that a module returns, in a conditional expression too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Return) and node.value is not None:
            parts = [node.value]
            if isinstance(node.value, ast.IfExp):
                parts = [node.value.body, node.value.orelse]
            yield from (
                int(part.value)
                for part in parts
                if isinstance(part, ast.Constant) and type(part.value) is int and part.value
            )


def test_a_bare_code_is_found() -> None:
    assert list(bare_codes("def f(): return 2\ndef g(x): return 0 if x else 125")) == [2, 125]


def test_no_command_returns_a_bare_code() -> None:
    modules = (ROOT / "src" / "freshlayer" / "cli").glob("*.py")
    found = {path.name: list(bare_codes(path.read_text("utf-8"))) for path in modules}
    assert {name: codes for name, codes in found.items() if codes} == {}


def test_the_page_has_every_code() -> None:
    page = (ROOT / "docs" / "reference" / "exit-codes.md").read_text("utf-8")
    for name in exit_codes.__all__:
        assert str(getattr(exit_codes, name)) in page
