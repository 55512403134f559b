"""The bytes of URLs: hashed while they come, and kept nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from freshlayer import evidence
from freshlayer.credentials import Keyring
from freshlayer.model.downloaded_scripts import Confinement
from freshlayer.model.evidence import Evidence
from freshlayer.model.observation import Observation, ProbeOutcome
from freshlayer.model.reasons import Reason, hint_of
from freshlayer.probe.confined import confined, means_for
from freshlayer.probe.http.redirects import end_of
from freshlayer.probe.network.exchange import WHOLE, exchange, reason_of, request_of
from freshlayer.probe.network.messages import Conversation, Limits, Means
from freshlayer.reference import Reference

_AT_ONCE = 16
_OF_HOST = 4
_TOTAL = 1800.0
_DEADLINE = 6 * 3600.0


class Body(Struct, frozen=True):
    """A body that was read to its end. ``evidence``: what the answer stated of it.

    ``served_by``: where redirects ended; empty where there were none.
    """

    sha256: str
    size: int
    evidence: tuple[Evidence, ...] = ()
    served_by: str = ""


def bodies(
    references: Iterable[Reference],
    most: int,
    limits: Limits,
    keyring: Keyring,
    *,
    confinements: Mapping[Reference, Confinement],
    progress: Callable[[int, int], None] | None = None,
) -> dict[Reference, Body | Reason]:
    """Download each URL once; one of which no whole body came has its reason.

    ``most``: bytes of one body. A transfer that stops is ended by ``limits.answer``; a slow one has half an
    hour.
    """
    from freshlayer.probe.network.driver import converse  # noqa: PLC0415 - libcurl is loaded for the first request

    patient = replace(
        limits,
        total=_TOTAL,
        deadline=_DEADLINE,
        per_host=min(limits.per_host, _OF_HOST),
        connections=min(limits.connections, _AT_ONCE),
    )
    means, found = Means(patient, keyring), dict[Reference, Body | Reason]()
    talks = {it: _talk(it, most, means, confinements.get(it), found) for it in dict.fromkeys(references)}
    for done, seen in enumerate(converse(talks, patient), 1):
        found.setdefault(seen.reference, seen.reason)
        if progress:
            progress(done, len(talks))
    return found


def too_large(most: int) -> Reason:
    """Why a body of more bytes was not hashed."""
    detail = f"its body is larger than {most} bytes"
    return Reason("body-too-large", detail=detail, hint=hint_of("body-too-large"))


def _talk(
    reference: Reference,
    most: int,
    means: Means,
    confinement: Confinement | None,
    found: dict[Reference, Body | Reason],
) -> Conversation:
    if confinement is None:
        return _read(reference, most, means, found)
    return confined(_read(reference, most, means_for(reference, confinement, means), found), confinement)


def _read(
    reference: Reference, most: int, means: Means, found: dict[Reference, Body | Reason]
) -> Conversation:
    request = replace(request_of(reference), read=most, digest=True)
    answer = yield from exchange(request, means)
    if answer.error or answer.status not in WHOLE:
        return Observation(reference, ProbeOutcome.UNKNOWN, reason_of(answer))
    if not answer.digest:
        return Observation(reference, ProbeOutcome.UNKNOWN, too_large(most))
    if evidence.coding(answer.hops[-1]):
        return Observation(reference, ProbeOutcome.UNKNOWN, Reason("body-compressed"))
    found[reference] = Body(
        answer.digest, answer.length, evidence.of_hops(answer.hops), end_of(request.url, answer.hops)
    )
    return Observation(reference, ProbeOutcome.SEEN, Reason("observed"))
