"""The answer of a redirect, for a command that does not follow it: known by where it leads."""

from __future__ import annotations

from urllib.parse import quote, urljoin

from freshlayer.errors import ReferenceInvalidError
from freshlayer.model.evidence import Evidence, Strength
from freshlayer.model.observation import Observation, ProbeOutcome
from freshlayer.probe.network.wire import Answer
from freshlayer.reference import Reference, parse, shown

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LONGEST = 2000


def not_followed(reference: Reference, answer: Answer) -> Observation | None:
    """The observation of a redirect that the command reads itself; None where it is none.

    Its body names the same target, and its other headers differ at every request.
    """
    if reference.form.follow or answer.error or answer.status not in REDIRECTS:
        return None
    location = answer.hops[-1].one("location")
    if not location:
        return None
    found = (Evidence("location", _public(reference, location), Strength.CHECKSUM),)
    reason = f"answered {answer.status}, and the command follows no redirect"
    return Observation(reference, ProbeOutcome.SEEN, reason, found)


def _public(reference: Reference, location: str) -> str:
    """The target without a signature or another secret, which differ at every request."""
    try:
        joined = urljoin(reference.ask, quote(location, safe="".join(map(chr, range(33, 127)))))
        return parse(joined.partition("#")[0]).text
    except (ReferenceInvalidError, ValueError):
        return shown(location, _LONGEST)
