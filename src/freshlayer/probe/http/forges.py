"""GitHub and GitLab: a release by its tag, a source archive by its commit.

GitHub's API counts downloads in a release's JSON, so that its entity tag always changes; the redirect of
the web page names the tag, and costs no quota. Archives are generated: their compression may change, and no
stable hash is promised.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from msgspec.structs import replace

from freshlayer.lazy_regex import compiled
from freshlayer.model.evidence import Evidence, Strength
from freshlayer.model.observation import Observation, ProbeOutcome, Recorded
from freshlayer.model.reasons import Reason
from freshlayer.probe import git
from freshlayer.probe.http import ladder as http
from freshlayer.probe.network.exchange import ABSENT, exchange, reason_of, request_of
from freshlayer.probe.network.messages import Conversation, Means, Request
from freshlayer.reference import Reference, parse, requested, shown

# git's refs are names; what looks like an abbreviated commit is requested over HTTP.
_ABBREVIATED = compiled(r"[0-9a-f]{4,39}")


def latest_release(
    match: re.Match[str], reference: Reference, recorded: Recorded | None, means: Means
) -> Conversation:
    """The tag of the latest release, from where its web page redirects to."""
    page = f"https://github.com/{match['owner']}/{match['name']}/releases/latest"
    answer = yield from exchange(_of_page(reference, page), means)
    location = answer.hops[-1].one("location") if answer.hops else ""
    tag = re.search(r"/releases/tag/([^/?#]+)$", location)
    if tag:
        # Never certain: tags may be moved, and assets are added after the release.
        found = (Evidence("release", shown(unquote(tag[1])), Strength.CHECKSUM),)
        return Observation(
            reference, ProbeOutcome.SEEN, Reason("observed", detail="the web page redirects to it"), found
        )
    if answer.status in ABSENT and "api." in reference.text:
        # A private repository has a page only after a login, but an API with a token.
        return (yield from http.probe(reference, recorded, means))
    if answer.status in ABSENT or location.endswith("/releases"):
        return Observation(reference, ProbeOutcome.ABSENT, Reason("release-absent"))
    return Observation(reference, ProbeOutcome.UNKNOWN, reason_of(answer))


def _of_page(reference: Reference, page: str) -> Request:
    """Without the parts that are for the API alone."""
    base = request_of(reference)
    return replace(base, method="HEAD", url=page, own=(), anonymous=False, follow=False)


def archive(
    match: re.Match[str], reference: Reference, recorded: Recorded | None, means: Means
) -> Conversation:
    """The commit that the archive's ref names, by git; without git, the evidence of the headers."""
    groups = match.groupdict()
    ref = unquote(groups["ref"] or groups.get("code") or groups.get("ball") or "")
    repository = groups.get("repository") or f"https://github.com/{match['owner']}/{match['name']}"
    if not _ABBREVIATED.fullmatch(ref) and re.fullmatch(r"[\w./@+-]+", ref, re.ASCII):
        seen = yield from git.probe(
            requested(parse(f"git+{repository}.git#{ref}"), reference.form), recorded, means
        )
        by_commit = recorded is not None and any(item.scheme == "commit" for item in recorded.evidence)
        if seen.outcome is not ProbeOutcome.UNKNOWN or by_commit:
            return replace(seen, reference=reference)
    return (yield from http.probe(reference, recorded, means))
