"""The undetectable cells of the truth table, as data. docs/how-freshlayer-knows.md has the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

NGINX = ("nginx", "nginx, gzip", "nginx, gzip_static", "nginx, HEAD refused")
APACHE = ("Apache", "Apache, FileETag INode MTime Size")
OTHERS = ("Caddy 2.6", "Caddy 2.11", "h2o", "HAProxy", "Squid", "Python's http.server", "rclone serve http")
CHANGES = (
    "same size in the same second",
    "mtime preserved",
    "mtime preserved, new inode",
    "other size",
    "other bytes, new mtime",
)


@dataclass(frozen=True, slots=True)
class Blind:
    """Events that look, on these servers, as if nothing had happened.

    `serves_old`: to whoever downloads, too.
    """

    events: tuple[str, ...]
    servers: tuple[str, ...]
    reason: str
    serves_old: bool = False


NOBODY_KNOWS = (
    Blind(
        ("mtime preserved",),
        (*NGINX, *APACHE, "lighttpd", *OTHERS),
        "Tag and date are made of size and modification time, and both are what they were.",
    ),
    Blind(
        ("mtime preserved, new inode",),
        (*NGINX, *APACHE, *OTHERS),
        "The same. Where a tag names the inode, freshlayer ignores that, because no two replicas share it.",
    ),
    Blind(
        ("other size", "other bytes, new mtime"),
        ("rclone serve http",),
        "Its headers come from a list of the directory that is up to five minutes old.",
    ),
    Blind(
        CHANGES,
        ("Varnish",),
        "For two minutes the cache gives what it keeps, whatever a client requests; a download gets it too.",
        serves_old=True,
    ),
)


def pairs(blind: Blind) -> Iterator[tuple[str, str]]:
    """Its cells: (server, event)."""
    return ((server, event) for server in blind.servers for event in blind.events)


CELLS = {cell: blind for blind in NOBODY_KNOWS for cell in pairs(blind)}
"""(server, event) → why the change is undetectable."""
