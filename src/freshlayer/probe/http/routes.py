"""HTTP origins with better evidence than their headers: one table, a row each.

A URL that matches no row is probed by ``ladder``; where its evidence proves nothing, the checksums published
beside it are read (``side_files``).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from freshlayer.model.observation import Recorded
from freshlayer.probe.http import documents, forges, hugging_face, maven, side_files
from freshlayer.probe.http import ladder as http
from freshlayer.probe.network.messages import Conversation, Means
from freshlayer.reference import Reference

Route = Callable[[re.Match[str], Reference, Recorded | None, Means], Conversation]

FORGES: tuple[tuple[re.Pattern[str], Route], ...] = (
    (forges.LATEST_RELEASE, forges.latest_release),
    (forges.GITHUB_ARCHIVE, forges.archive),
    (forges.GITLAB_ARCHIVE, forges.archive),
)
ROUTES: tuple[tuple[re.Pattern[str], Route], ...] = (
    *FORGES,
    (hugging_face.FILE, hugging_face.first_hop),
    (maven.SNAPSHOT, maven.snapshot),
    *((row.pattern, row.probe) for row in documents.ROWS),
)
"""The canonical URL, matched whole → how it is probed."""


def is_of_body(reference: Reference) -> bool:
    """Whether what is observed of a URL is about its body, and not about what the body names."""
    text = reference.text.partition("#")[0]
    return not any(pattern.fullmatch(text) for pattern, _ in ROUTES)


def _as_usual(reference: Reference) -> bool:
    """Whether the command requests no media type, with which an index is another document."""
    return all(name != "accept" for name, _ in reference.form.headers)


def probe(reference: Reference, recorded: Recorded | None, means: Means) -> Conversation:
    """Probe a URL in the way that suits its origin."""
    for pattern, route in ROUTES if _as_usual(reference) else FORGES:
        match = pattern.fullmatch(reference.text.partition("#")[0])
        if match:
            return (yield from route(match, reference, recorded, means))
    seen = yield from http.probe(reference, recorded, means)
    return (yield from side_files.completed(seen, recorded, means))
