"""A statement about an image, pushed beside it as a referrer.

Its manifest names the image as ``subject``, so that the image and its digest stay as they are. A registry
without the referrers API has their list under a tag made of the digest, which each client replaces.
https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests-with-subject
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator
from urllib.parse import urljoin, urlsplit

from msgspec import Struct

from freshlayer.credentials import Keyring
from freshlayer.model.observation import Observation, ProbeOutcome
from freshlayer.model.reasons import Reason, joined
from freshlayer.probe.images.manifest import ACCEPT, INDEXES, MANIFESTS
from freshlayer.probe.images.registry import Endpoint, admitted, endpoints
from freshlayer.probe.network.exchange import HEADERS, reason_of
from freshlayer.probe.network.messages import MIB, Answer, Conversation, Limits, Means, Request, Step
from freshlayer.reference import Reference

_INDEX, _MANIFEST = INDEXES[0], MANIFESTS[0]
_EMPTY_TYPE, _EMPTY = "application/vnd.oci.empty.v1+json", b"{}"
_BYTES = "application/octet-stream"
_OK, _CREATED, _ACCEPTED, _NOT_FOUND = 200, 201, 202, 404
_HEADERS = tuple(line for line in HEADERS if not line.startswith("Accept: "))
_MOST_REFERRERS = 1000


class Referrer(Struct, frozen=True):
    """What to push. ``digest``, ``media_type``, ``size``: of the manifest or index that it is about.

    ``kind``: its own type; ``body``: the document, of the type ``body_type``. ``annotations``: of it.
    """

    digest: str
    media_type: str
    size: int
    kind: str
    body: bytes
    body_type: str
    annotations: tuple[tuple[str, str], ...] = ()


class Pushed(Struct, frozen=True):
    """``digest``: of the manifest of the referrer. ``tag``: the fallback, where there is no referrers API."""

    digest: str
    tag: str = ""


class _PushError(Exception):
    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(reason.code)


def push(reference: Reference, referrer: Referrer, limits: Limits, keyring: Keyring) -> Pushed | Reason:
    """Push a referrer into the repository of an image. What is there already is not sent again."""
    from freshlayer.probe.network.driver import converse  # noqa: PLC0415 - libcurl is loaded for the first request

    found: list[Pushed | Reason] = []
    talk = _talk(reference, referrer, Means(limits, keyring), found)
    found.extend(seen.reason for seen in converse({reference: talk}, limits))
    return found[0]


def _talk(
    reference: Reference, referrer: Referrer, means: Means, found: list[Pushed | Reason]
) -> Conversation:
    registry, _, rest = reference.address.partition("://")[2].partition("/")
    repository = rest.partition("@")[0].partition(":")[0]
    # A mirror is for reading: the registry itself comes last.
    place = _Repository(endpoints(registry, means.keyring)[-1], repository, means)
    try:
        found.append((yield from _push(place, referrer)))
    except _PushError as error:
        found.append(error.reason)
    return Observation(reference, ProbeOutcome.SEEN, Reason("observed"))


def _push(place: _Repository, referrer: Referrer) -> Generator[Step, Answer, Pushed]:
    yield from place.put_blob(_EMPTY)
    yield from place.put_blob(referrer.body)
    body = _manifest(referrer)
    digest = _sha256(body)
    answer = yield from place.put_manifest(digest, body, _MANIFEST)
    # The header states that the registry keeps the list of referrers itself.
    if answer.hops[-1].one("oci-subject"):
        return Pushed(digest)
    listed = yield from place.request(Request("GET", place.url(f"referrers/{referrer.digest}"), _HEADERS))
    if listed.status == _OK:
        return Pushed(digest)
    tag = referrer.digest.replace(":", "-")
    yield from _listed_by_tag(place, tag, _descriptor(referrer, body))
    return Pushed(digest, tag)


def _listed_by_tag(
    place: _Repository, tag: str, descriptor: dict[str, object]
) -> Generator[Step, Answer, None]:
    """Add a referrer to the index under the tag, where it is not there yet."""
    # A registry returns 404 for a manifest whose type is not accepted; all are, so that none is replaced.
    headers = (*_HEADERS, ACCEPT)
    request = Request("GET", place.url(f"manifests/{tag}"), headers, read=4 * MIB, keep=True)
    answer = yield from place.request(request)
    if answer.status not in {_OK, _NOT_FOUND} or answer.error:
        raise _PushError(reason_of(answer))
    known = _manifests(answer.body) if answer.status == _OK else []
    if any(item.get("digest") == descriptor["digest"] for item in known):
        return
    index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": [*known, descriptor]}
    yield from place.put_manifest(tag, _compact(index), _INDEX)


def _manifests(body: bytes) -> list[dict[str, object]]:
    try:
        document: object = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    listed = document.get("manifests") if isinstance(document, dict) else None
    if not isinstance(listed, list) or len(listed) >= _MOST_REFERRERS:
        raise _PushError(Reason("referrers-not-listed", detail="the tag of its referrers is not an index"))
    return [item for item in listed if isinstance(item, dict)]


def _manifest(referrer: Referrer) -> bytes:
    """No time is in it: the same statement has the same digest."""
    subject = {"mediaType": referrer.media_type, "digest": referrer.digest, "size": referrer.size}
    return _compact(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "artifactType": referrer.kind,
            "config": {"mediaType": _EMPTY_TYPE, "digest": _sha256(_EMPTY), "size": len(_EMPTY)},
            "layers": [
                {
                    "mediaType": referrer.body_type,
                    "digest": _sha256(referrer.body),
                    "size": len(referrer.body),
                    "annotations": dict(referrer.annotations),
                }
            ],
            "subject": subject,
            "annotations": dict(referrer.annotations),
        }
    )


def _descriptor(referrer: Referrer, manifest: bytes) -> dict[str, object]:
    return {
        "mediaType": _MANIFEST,
        "digest": _sha256(manifest),
        "size": len(manifest),
        "artifactType": referrer.kind,
        "annotations": dict(referrer.annotations),
    }


class _Repository:
    """The requests to a repository. Each raises _PushError where it was not carried out."""

    def __init__(self, endpoint: Endpoint, repository: str, means: Means) -> None:
        self._endpoint, self._repository, self._means = endpoint, repository, means

    def url(self, path: str) -> str:
        return f"{self._endpoint.url}/v2/{self._repository}/{path}"

    def request(self, request: Request) -> Generator[Step, Answer, Answer]:
        admission = yield from admitted(request, self._endpoint, self._repository, self._means)
        if not admission.answer.hops or admission.answer.error:
            raise _PushError(joined([reason_of(admission.answer), *admission.notes]))
        return admission.answer

    def put_blob(self, body: bytes) -> Generator[Step, Answer, None]:
        digest = _sha256(body)
        known = yield from self.request(Request("HEAD", self.url(f"blobs/{digest}"), _HEADERS))
        if known.status == _OK:
            return
        started = yield from self.request(self._sent("POST", self.url("blobs/uploads/"), b"", _BYTES))
        self._check(started, _ACCEPTED)
        place = self._upload(started.hops[-1].one("location"))
        joint = "&" if urlsplit(place).query else "?"
        answer = yield from self.request(self._sent("PUT", f"{place}{joint}digest={digest}", body, _BYTES))
        self._check(answer, _CREATED)

    def put_manifest(self, name: str, body: bytes, kind: str) -> Generator[Step, Answer, Answer]:
        answer = yield from self.request(self._sent("PUT", self.url(f"manifests/{name}"), body, kind))
        self._check(answer, _CREATED)
        return answer

    def _sent(self, method: str, url: str, body: bytes, kind: str) -> Request:
        headers = (*_HEADERS, f"Content-Type: {kind}", "Expect:")
        return Request(method, url, headers, form=body, follow=False)

    def _upload(self, location: str) -> str:
        """Where the registry wants the bytes; another host would get them without a credential of ours."""
        place = urljoin(self.url("blobs/uploads/"), location)
        own, there = urlsplit(self._endpoint.url), urlsplit(place)
        if not location or (own.scheme, own.netloc) != (there.scheme, there.netloc):
            raise _PushError(Reason("push-refused", detail="the registry takes blobs at another host"))
        return place

    def _check(self, answer: Answer, wanted: int) -> None:
        if answer.status != wanted:
            raise _PushError(reason_of(answer))


def _compact(document: object) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _sha256(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
