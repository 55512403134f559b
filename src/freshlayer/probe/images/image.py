"""``docker-image://…``: the digest of a tag, by a HEAD; of an index, the digests for the build's platforms.

Docker Hub counts a GET of a manifest as a pull and a HEAD as nothing: an index is got only where its own
digest is not the recorded one.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from freshlayer import evidence
from freshlayer.evidence.images import (
    CREATED,
    INDEX,
    MANIFEST,
    combined,
    of_platforms,
    platform_list,
    value_of,
)
from freshlayer.model.evidence import Evidence, Strength
from freshlayer.model.observation import Observation, ProbeOutcome, Recorded
from freshlayer.model.reasons import Reason, joined
from freshlayer.probe.images.manifest import ACCEPT, INDEXES, Entry, chosen, created_in, digest_in, entries
from freshlayer.probe.images.registry import Admission, Endpoint, admitted, endpoints
from freshlayer.probe.network.exchange import ABSENT, HEADERS, WHOLE, exchange, reason_of, status_line
from freshlayer.probe.network.messages import MIB, Answer, Conversation, Means, Request, Step
from freshlayer.reference import Reference

_MOST = 4 * MIB
_HEAD_REFUSED = {400, 405, 406, 411, 500, 501}
_HEADERS = (*(line for line in HEADERS if not line.startswith("Accept: ")), ACCEPT)
_TOO_LARGE = Reason("registry-manifest-too-large", detail=f"the manifest has more than {_MOST // MIB} MiB")


class Image(Struct, frozen=True):
    """A tag of a repository of a registry."""

    registry: str
    repository: str
    tag: str


class Manifest(Struct, frozen=True):
    """What a tag names. ``digest`` is empty where it is not known; ``got``: with its bytes."""

    answer: Answer
    digest: str
    is_index: bool
    got: bool = False


def probe(reference: Reference, recorded: Recorded | None, means: Means) -> Conversation:
    """The manifest that a tag names now, for the build's platforms; a mirror that fails is skipped."""
    image = _image(reference)
    seen = Observation(reference, ProbeOutcome.UNKNOWN, Reason("probe-failed"))
    for endpoint in endpoints(image.registry, means.keyring):
        seen = yield from _at(endpoint, image, reference, recorded, means)
        if seen.outcome is ProbeOutcome.SEEN:
            break
    return seen


def _image(reference: Reference) -> Image:
    registry, _, rest = reference.address.partition("://")[2].partition("/")
    repository, _, tag = rest.partition("@") if "@" in rest else rest.rpartition(":")
    return Image(registry, repository, tag)


def _at(
    endpoint: Endpoint, image: Image, reference: Reference, recorded: Recorded | None, means: Means
) -> Conversation:
    url = f"{endpoint.url}/v2/{image.repository}/manifests/{image.tag}"
    request = Request("HEAD", url, _HEADERS)
    head = yield from admitted(request, endpoint, image.repository, means)
    named = _manifest(head.answer)
    if not _suffices(named, recorded, means):
        named = yield from _got(replace(request, credential=head.credential), means)
    if named.answer.status in ABSENT and not named.answer.error:
        return Observation(reference, ProbeOutcome.ABSENT, reason_of(named.answer))
    if not named.digest:
        return Observation(reference, ProbeOutcome.UNKNOWN, _reason(head, named.answer))
    return _seen(reference, named, recorded, means)


def _manifest(answer: Answer) -> Manifest:
    """A manifest by the headers of its answer."""
    whole = answer.status in WHOLE and not answer.error
    kind = answer.hops[-1].one("content-type").partition(";")[0].strip().lower() if whole else ""
    digest = digest_in(answer.hops[-1].one("docker-content-digest")) if whole else ""
    return Manifest(answer, digest, kind in INDEXES)


def _suffices(head: Manifest, recorded: Recorded | None, means: Means) -> bool:
    """Whether no GET is needed: refused for good, known by its digest, or the index that is recorded."""
    answer = head.answer
    if answer.error:
        return not answer.transient or bool(answer.hops)
    if answer.status not in WHOLE:
        return answer.status not in _HEAD_REFUSED
    if not head.is_index or not means.platforms:
        return bool(head.digest)
    known = bool(head.digest) and bool(_recorded(recorded, MANIFEST))
    return known and _index_of(head, means) == _recorded(recorded, INDEX)


def _got(request: Request, means: Means) -> Generator[Step, Answer, Manifest]:
    """The manifest itself; its digest is of its bytes, and what the registry states must not be another."""
    wanted = replace(request, method="GET", read=_MOST, keep=True, digest=True)
    answer = yield from exchange(wanted, means)
    found = _manifest(answer)
    stated = found.digest
    if not answer.digest or answer.status not in WHOLE:
        error = answer.error or (_TOO_LARGE if answer.length else None)
        return replace(found, digest="", answer=replace(answer, error=error))
    if len(stated) == len(answer.digest) and stated != answer.digest:
        wrong = replace(answer, error=Reason("registry-digest-mismatch"))
        return replace(found, digest="", answer=wrong)
    return replace(found, digest=stated or answer.digest, got=True)


def _seen(reference: Reference, named: Manifest, recorded: Recorded | None, means: Means) -> Observation:
    """The evidence: the manifest decides, and the index spares a GET the next time."""
    notes = [*evidence.warnings_of(named.answer.hops), *map(evidence.note, _limits(named.answer))]
    if not named.is_index or not means.platforms:
        return _observation(reference, named, named.digest, [*notes, *_dated(named)])
    index = _index_of(named, means)
    if not named.got:
        return _observation(reference, named, _recorded(recorded, MANIFEST), notes, index)
    found = entries(named.answer.body)
    if found is None:
        return Observation(reference, ProbeOutcome.UNKNOWN, Reason("registry-index-invalid"))
    if not found:
        # An index without platforms is identified by its own digest.
        return _observation(reference, named, named.digest, notes, index)
    manifests = chosen(found, means.platforms)
    stated = [*of_platforms(manifests), *(_created(found, manifests) or _dated(named))]
    return _for_platforms(reference, named, manifests, [*notes, *stated], recorded, means)


def _created(found: tuple[Entry, ...], manifests: Mapping[str, str]) -> list[Evidence]:
    """When the newest of these manifests was made, as far as the index states that."""
    dates = [entry.created for entry in found if entry.digest in manifests.values() and entry.created]
    return [Evidence(CREATED, max(dates), Strength.NONE)] if dates else []


def _dated(named: Manifest) -> list[Evidence]:
    """When the image was made, where its manifest or index was read, and states that."""
    created = created_in(named.answer.body) if named.got else ""
    return [Evidence(CREATED, created, Strength.NONE)] if created else []


def _for_platforms(
    reference: Reference,
    named: Manifest,
    manifests: Mapping[str, str],
    notes: list[Evidence],
    recorded: Recorded | None,
    means: Means,
) -> Observation:
    """The manifests for the platforms of the build; one that has none is part of the identity as well."""
    lacking = ", ".join(platform for platform, digest in manifests.items() if not digest)
    if not any(manifests.values()):
        detail = f"the image has no manifest for {lacking}"
        return Observation(reference, ProbeOutcome.ABSENT, Reason("platform-absent", detail=detail))
    index, value = _index_of(named, means), combined(manifests)
    absent = [Reason("platform-absent", detail=f"the image has no manifest for {lacking}")] if lacking else []
    reasons = (*absent, *_index_changes(index, value, recorded))
    return _observation(reference, named, value, [*notes, *map(evidence.note, reasons)], index)


def _observation(
    reference: Reference, named: Manifest, value: str, notes: list[Evidence], index: str = ""
) -> Observation:
    """A manifest is the content; its index is to it what a strong entity tag is to a file."""
    found = [Evidence(MANIFEST, value, Strength.CONTENT)]
    found += [Evidence(INDEX, index, Strength.STRONG)] if index else []
    reason = Reason("observed", detail=status_line(named.answer.status))
    return Observation(reference, ProbeOutcome.SEEN, reason, (*found, *notes))


def _index_of(named: Manifest, means: Means) -> str:
    """An index as evidence: its digest for these platforms and no others."""
    return f"{named.digest}/{platform_list(means.platforms)}"


def _index_changes(index: str, value: str, recorded: Recorded | None) -> tuple[Reason, ...]:
    """Why the index differs from the recorded one, for the verdict."""
    digest, _, platforms = index.partition("/")
    before, _, old = _recorded(recorded, INDEX).partition("/")
    if not before:
        return ()
    if old != platforms:
        detail = f"it was recorded for {old}, and is probed for {platforms}"
        return (Reason("recorded-for-other-platforms", detail=detail),)
    same = value == _recorded(recorded, MANIFEST)
    return (Reason("index-changed"),) if same and digest != before else ()


def _recorded(recorded: Recorded | None, scheme: str) -> str:
    return value_of(recorded.evidence if recorded else (), scheme)


def _reason(head: Admission, answer: Answer) -> Reason:
    """Why nothing is known."""
    hidden = answer.status in {401, 403} and not answer.error
    ambiguous = [Reason("registry-hides-absence")] if hidden else []
    return joined([reason_of(answer), *ambiguous, *head.notes, *_limits(answer)])


def _limits(answer: Answer) -> tuple[Reason, ...]:
    """Docker Hub's limit of pulls, if none is left: ``ratelimit-remaining: 0;w=21600``."""
    remaining = answer.hops[-1].one("ratelimit-remaining") if answer.hops else ""
    match = re.fullmatch(r"0(?:;w=(\d{1,9}))?", remaining)
    if not match:
        return ()
    within = f" (they are counted over {int(match[1])} s)" if match[1] else ""
    detail = f"the registry allows no more pulls for this address{within}"
    return (Reason("registry-rate-limited", detail=detail),)
