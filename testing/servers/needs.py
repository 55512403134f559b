"""Tests of servers are skipped where a server is missing, and fail where CI runs them."""

from __future__ import annotations

import os

import pytest

from testing.servers.base import find


def missing(*programs: str) -> str:
    """Why the tests that need these programs cannot run; empty where they can."""
    for program in programs:
        try:
            find(program)
        except FileNotFoundError as error:
            return str(error)
    return ""


def needs(*programs: str) -> pytest.MarkDecorator:
    """The mark for what needs these programs: skipped with the reason, but on CI, which has to have them."""
    reason = missing(*programs)
    return pytest.mark.skipif(bool(reason) and not os.environ.get("CI"), reason=reason or "all is there")


def require(*programs: str) -> None:
    """The same from inside a test."""
    reason = missing(*programs)
    if reason and os.environ.get("CI"):
        pytest.fail(f"CI has to have it: {reason}")
    if reason:
        pytest.skip(reason)
