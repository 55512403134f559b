"""HTTP origins with better evidence than their headers: one table, a row each.

A URL that matches no row is probed by ``ladder``; where its evidence proves nothing, the checksums published
beside it are read (``side_files``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from freshlayer.lazy_regex import ASCII, compiled
from freshlayer.model.observation import ProbeOutcome, Recorded
from freshlayer.probe.http import ladder as http
from freshlayer.probe.network.messages import Conversation, Means
from freshlayer.reference import Reference

if TYPE_CHECKING:
    import re

    Route = Callable[[re.Match[str], Reference, Recorded | None, Means], Conversation]

_REPOSITORY = r"(?P<owner>[\w.-]+)/(?P<name>[\w.-]+)"
_ARCHIVE = r"(?:tar\.gz|tgz|zip)"

LATEST_RELEASE = compiled(
    rf"https://(?:github\.com|api\.github\.com/repos)/{_REPOSITORY}/releases/latest", ASCII
)
GITHUB_ARCHIVE = compiled(
    rf"(?P<forge>https://(?:github\.com|codeload\.github\.com|api\.github\.com/repos))/{_REPOSITORY}/"
    rf"(?:archive/(?P<ref>.+)\.{_ARCHIVE}|(?:legacy\.)?{_ARCHIVE}/(?P<code>.+)|(?:tar|zip)ball/(?P<ball>.+))",
    ASCII,
)
GITLAB_ARCHIVE = compiled(
    r"(?P<repository>https?://[^?#]+)/-/archive/(?P<ref>[^?#]+)/[^/?#]+\.(?:tar\.gz|tar\.bz2|tar|zip)",
    ASCII,
)
SNAPSHOT = compiled(
    r"(?P<directory>https?://[^?#]+/(?P<artifact>[^/?#]+)/(?P<version>[^/?#]+)-SNAPSHOT)"
    r"/(?P=artifact)-(?P=version)-SNAPSHOT(?P<rest>(?:-[^/?#]+?)?\.[^/?#]+)"
)
APT_RELEASE = compiled(r"https?://[^?#]+/dists/[^?#]+/(?:In)?Release")
PYTHON_INDEX = compiled(r"https?://[^?#]+/simple/[^/?#]+/?")
# A version of a package, in whatever registry: /name/1.2.3, /@scope/name/1.2.3-beta.1.
NPM_VERSION = compiled(r"https?://[^?#]+/[^/?#]+/\d+\.\d+\.\d+(?:[-+][\w.+-]+)?", ASCII)
HUGGING_FACE = compiled(r"https://(?:huggingface\.co|hf\.co)/[^?#]+/resolve/[^?#]+(?:\?[^#]*)?")


def _names_version(text: str) -> bool:
    """Whether its last part starts with a digit and has two points."""
    last = text.rpartition("/")[2]
    return last[:1].isdigit() and last.count(".") > 1


def _latest_release(
    match: re.Match[str], reference: Reference, recorded: Recorded | None, means: Means
) -> Conversation:
    from freshlayer.probe.http.forges import latest_release  # noqa: PLC0415 - a row is loaded when it is used

    return latest_release(match, reference, recorded, means)


def _archive(
    match: re.Match[str], reference: Reference, recorded: Recorded | None, means: Means
) -> Conversation:
    from freshlayer.probe.http.forges import archive  # noqa: PLC0415 - the same

    return archive(match, reference, recorded, means)


def _first_hop(
    match: re.Match[str], reference: Reference, recorded: Recorded | None, means: Means
) -> Conversation:
    from freshlayer.probe.http.hugging_face import first_hop  # noqa: PLC0415 - the same

    return first_hop(match, reference, recorded, means)


def _snapshot(
    match: re.Match[str], reference: Reference, recorded: Recorded | None, means: Means
) -> Conversation:
    from freshlayer.probe.http.maven import snapshot  # noqa: PLC0415 - the same

    return snapshot(match, reference, recorded, means)


def _document(scheme: str) -> Route:
    def probe(
        _match: re.Match[str], reference: Reference, recorded: Recorded | None, means: Means
    ) -> Conversation:
        from freshlayer.probe.http.documents import DOCUMENTS  # noqa: PLC0415 - the same

        return DOCUMENTS[scheme].probe(reference, recorded, means)

    return probe


FORGES: tuple[tuple[str | Callable[[str], bool], re.Pattern[str], Route], ...] = (
    ("/releases/latest", LATEST_RELEASE, _latest_release),
    ("github.com/", GITHUB_ARCHIVE, _archive),
    ("/-/archive/", GITLAB_ARCHIVE, _archive),
)
ROUTES: tuple[tuple[str | Callable[[str], bool], re.Pattern[str], Route], ...] = (
    *FORGES,
    ("/resolve/", HUGGING_FACE, _first_hop),
    ("-SNAPSHOT/", SNAPSHOT, _snapshot),
    ("/dists/", APT_RELEASE, _document("apt-release")),
    ("/simple/", PYTHON_INDEX, _document("python-index")),
    (_names_version, NPM_VERSION, _document("npm-dist")),
)
"""A part that the canonical URL has, or what it passes; the pattern that matches it whole; how it is probed.

The part is looked for first: most URLs match no row, and a pattern takes ten times as long to find that out.
"""
_PARTS = tuple(part for part, _, _ in ROUTES if isinstance(part, str))


def is_of_body(reference: Reference) -> bool:
    """Whether what is observed of a URL is about its body, and not about what the body names."""
    text = reference.text.partition("#")[0]
    return not any(_may_match(part, text) and pattern.fullmatch(text) for part, pattern, _ in ROUTES)


def _may_match(part: str | Callable[[str], bool], text: str) -> bool:
    return part in text if isinstance(part, str) else part(text)


def _as_usual(reference: Reference) -> bool:
    """Whether the command requests no media type, with which an index is another document."""
    headers = reference.form.headers
    return not headers or all(name != "accept" for name, _ in headers)


def probe(reference: Reference, recorded: Recorded | None, means: Means) -> Conversation:
    """Probe a URL in the way that suits its origin."""
    text = reference.text.partition("#")[0]
    # Of each input: what a URL most often lacks is looked for at once.
    if any(map(text.__contains__, _PARTS)) or _names_version(text):
        for part, pattern, route in ROUTES if _as_usual(reference) else FORGES:
            match = pattern.fullmatch(text) if _may_match(part, text) else None
            if match:
                return (yield from route(match, reference, recorded, means))
    seen = yield from http.probe(reference, recorded, means)
    if seen.outcome is not ProbeOutcome.SEEN:
        return seen
    from freshlayer.probe.http import side_files  # noqa: PLC0415 - the same

    return (yield from side_files.completed(seen, recorded, means))
