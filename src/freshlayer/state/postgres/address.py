"""The URL of a server: read by libpq, and shown without anything that may be secret."""

from __future__ import annotations

from freshlayer.lazy_regex import compiled

_PARTS = compiled(
    r"postgres(?:ql)?://(?:[^@/?#]*@)?(?P<host>[A-Za-z0-9._,:%\[\]-]*)(?P<name>/[A-Za-z0-9_.-]*)?(?:\?[^@]*)?",
)


def shown_address(url: str) -> str:
    """Host, port and database. Where a password may be misplaced, nothing of it is shown."""
    found = _PARTS.fullmatch(url)
    if found is None:
        return "postgresql://…"
    return f"postgresql://{found['host']}{found['name'] or ''}"
