"""Redirects: where they ended; and of a command that does not follow them, the target as evidence."""

from __future__ import annotations

from freshlayer.errors import ReferenceInvalidError
from freshlayer.evidence import Hop
from freshlayer.model.evidence import Evidence, Strength
from freshlayer.model.observation import Observation, ProbeOutcome
from freshlayer.model.reasons import Reason
from freshlayer.probe.network.exchange import status_line
from freshlayer.probe.network.messages import Answer
from freshlayer.reference import Reference, parse, shown

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LONGEST = 2000


def not_followed(reference: Reference, answer: Answer) -> Observation | None:
    """The observation of a redirect that the command does not follow; None if it is not one.

    Its body names the same target, and its other headers differ at every request.
    """
    if reference.form.follow or answer.error or answer.status not in REDIRECTS:
        return None
    location = answer.hops[-1].one("location")
    if not location:
        return None
    found = (Evidence("location", _public(reference, location), Strength.CHECKSUM),)
    detail = f"{status_line(answer.status)}, and the command does not follow redirects"
    return Observation(reference, ProbeOutcome.SEEN, Reason("observed", detail=detail), found)


def end_of(url: str, hops: tuple[Hop, ...]) -> str:
    """Where the redirects of a URL ended, without a secret; empty without redirects."""
    for hop in hops[:-1]:
        url = _joined(url, hop.one("location"))
    try:
        return parse(url).text if len(hops) > 1 else ""
    except ReferenceInvalidError:
        return ""


def _public(reference: Reference, location: str) -> str:
    """The target without a signature or another secret, which differ at every request."""
    try:
        return parse(_joined(reference.address, location)).text
    except ReferenceInvalidError:
        return shown(location, _LONGEST)


def _joined(url: str, location: str) -> str:
    """Empty where the two can't be joined."""
    from urllib.parse import quote, urljoin  # noqa: PLC0415 - few origins redirect

    try:
        return urljoin(url, quote(location, safe="".join(map(chr, range(33, 127))))).partition("#")[0]
    except ValueError:
        return ""
