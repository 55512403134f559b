"""What a bench writes replaces its own part of the page, and nothing else."""

from __future__ import annotations

from bench.page import BEGIN, END, with_parts

PAGE = f"before\n{BEGIN}old machine\n\n### One\n\n1\n\n### Two\n\n2\n{END}after\n"


def test_one_part_is_replaced_and_the_others_stay() -> None:
    changed = with_parts(PAGE, "machine", {"Two": "two\n\n`bench`, 1 s."}, ["One", "Two"])
    assert changed == (
        f"before\n{BEGIN}machine\n\n### One\n\n1\n\n### Two\n\ntwo\n\n`bench`, 1 s.\n{END}after\n"
    )


def test_a_new_part_is_where_the_order_has_it_and_one_that_no_bench_writes_goes() -> None:
    changed = with_parts(PAGE, "machine", {"Three": "3"}, ["Three", "Two"])
    assert changed == f"before\n{BEGIN}machine\n\n### Three\n\n3\n\n### Two\n\n2\n{END}after\n"


def test_the_same_part_leaves_the_page_as_it_is() -> None:
    assert with_parts(PAGE, "old machine", {"One": "1"}, ["One", "Two"]) == PAGE
