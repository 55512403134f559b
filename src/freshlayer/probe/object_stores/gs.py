"""``gs``: an object by the XML API, whose headers state its hashes; a prefix by the JSON API."""

from __future__ import annotations

import json

from msgspec.structs import replace

from freshlayer.credentials import Credential, google
from freshlayer.model.evidence import Strength
from freshlayer.model.observation import Observation, ProbeOutcome, Recorded
from freshlayer.model.reasons import Reason
from freshlayer.probe.http import ladder as http
from freshlayer.probe.network.exchange import HEADERS
from freshlayer.probe.network.messages import Answer, Conversation, Means, Request
from freshlayer.probe.object_stores import listing
from freshlayer.probe.object_stores.listing import LARGEST_PAGE, PAGE, Page
from freshlayer.probe.object_stores.objects import (
    Named,
    credential_of,
    keeping_body,
    named,
    parameter,
    refused,
    with_last_answer,
)
from freshlayer.reference import Reference

_FIELDS = "items(name,md5Hash,crc32c),nextPageToken"
_DENIED = {401, 403}
_UNSUPPORTED = Reason(
    "service-account-unsupported", hint="log in with gcloud, or set GOOGLE_OAUTH_ACCESS_TOKEN"
)


def probe(reference: Reference, recorded: Recorded | None, means: Means) -> Conversation:
    """Learn what Google Cloud Storage states about an object, or about the objects below a prefix."""
    wanted, endpoint = named(reference), google.endpoint(means.keyring)
    token, note = yield from credential_of(google.token(means.keyring))
    if wanted.is_prefix:
        talk = _listed(endpoint, wanted, token, reference, means)
    else:
        url = f"{endpoint}/{wanted.bucket}/{wanted.path}"
        talk = http.learn(
            Request("GET", url, HEADERS, credential=token, anonymous=True), reference, recorded, means
        )
    observation, answer = yield from with_last_answer(talk, keeping_body)
    return _explained(observation, answer, token, note, means)


def _explained(
    observation: Observation, answer: Answer, token: Credential | None, note: Reason | None, means: Means
) -> Observation:
    if observation.outcome is not ProbeOutcome.UNKNOWN or answer.status not in _DENIED:
        return observation
    if token is not None:
        return refused(observation, answer)
    unsupported = _UNSUPPORTED if means.keyring.environ.get("GOOGLE_APPLICATION_CREDENTIALS") else None
    return refused(observation, answer, Reason("no-credentials"), note, unsupported)


def _listed(
    endpoint: str, wanted: Named, token: Credential | None, reference: Reference, means: Means
) -> Conversation:
    base = f"{endpoint}/storage/v1/b/{wanted.bucket}/o?prefix={parameter(wanted.key)}"

    def page(after: str) -> Request:
        mark = f"&pageToken={parameter(after)}" if after else ""
        url = f"{base}&maxResults={PAGE}&fields={parameter(_FIELDS)}{mark}"
        page = Request("GET", url, HEADERS, read=LARGEST_PAGE, keep=True)
        return replace(page, credential=token, anonymous=True)

    return (yield from listing.probe(reference, page, _page, means))


def _page(body: bytes) -> Page | None:
    """A page of the JSON API; None if it is not one. A composed object has no MD5."""
    try:
        document = json.loads(body)
        items = document.get("items", [])
        entries = tuple((item["name"], item.get("md5Hash") or item["crc32c"]) for item in items)
        weaker = any(not item.get("md5Hash") for item in items)
        after = document.get("nextPageToken", "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if not all(isinstance(text, str) for text in (after, *(text for entry in entries for text in entry))):
        return None
    return replace(Page(entries, after), strength=Strength.CHECKSUM if weaker else Strength.STRONG)
