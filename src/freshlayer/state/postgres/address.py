"""The URL of a server: read by libpq, and shown without anything that may be secret."""

from __future__ import annotations

from freshlayer.lazy_regex import compiled

_PARTS = compiled(
    r"postgres(?:ql)?://(?:[^@/?#]*@)?(?P<host>[A-Za-z0-9._,:%\[\]-]*)(?P<name>/[A-Za-z0-9_.-]*)?(?:\?[^@]*)?",
)

_PARAMETER = compiled(r'parameter: "([A-Za-z0-9_]{1,40})"')


def fault_of(url: str, message: str) -> str:
    """What is wrong with a URL that libpq refuses. Its message is quoted where it can hold no password."""
    found = _PARAMETER.search(message) if _PARTS.fullmatch(url) else None
    if found is not None:
        return f"there is no parameter {found[1]!r} (see the parameter key words of libpq)"
    return "not a PostgreSQL URL (write postgresql://USER@HOST:PORT/DATABASE)"


def shown_address(url: str) -> str:
    """Host, port and database. Where a password may be misplaced, nothing of it is shown."""
    found = _PARTS.fullmatch(url)
    if found is None:
        return "postgresql://…"
    return f"postgresql://{found['host']}{found['name'] or ''}"
