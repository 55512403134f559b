"""``azblob``: a blob, or all blobs below a prefix; anonymous, or by shared key, signature (SAS) or token."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import unquote

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.credentials import Credential, Scheme, azure
from freshlayer.model.evidence import Strength
from freshlayer.model.observation import Observation, ProbeOutcome, Recorded
from freshlayer.model.reasons import Reason
from freshlayer.probe.http import ladder as http
from freshlayer.probe.network.exchange import HEADERS
from freshlayer.probe.network.messages import Answer, Conversation, Means, Request
from freshlayer.probe.network.xml import parse
from freshlayer.probe.object_stores import listing
from freshlayer.probe.object_stores.listing import LARGEST_PAGE, PAGE, Page
from freshlayer.probe.object_stores.objects import (
    Named,
    credential_of,
    error_code,
    keeping_body,
    named,
    parameter,
    refused,
    unknown,
    with_last_answer,
)
from freshlayer.reference import Reference

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_HEADERS = (*HEADERS, "x-ms-version: 2021-12-02")
_DENIED = {400, 401, 403, 404, 409}
_HIDDEN = {"ResourceNotFound", "PublicAccessNotPermitted"}
"""Error codes of a container that is not public, whether the blob exists or not."""


class _Container(Struct, frozen=True):
    """Where blobs are requested; ``token`` is sent to Azure itself, which has all accounts."""

    account: azure.Account
    name: str
    token: Credential | None

    def request(self, path: str, query: str = "") -> Request:
        """A GET, with the account's signature in its query where there is one."""
        queries = "&".join(part for part in (query, self.account.sas) if part)
        url = f"{self.account.endpoint}/{parameter(self.name)}{path}{'?' if queries else ''}{queries}"
        return Request("GET", url, _HEADERS, credential=self.token, anonymous=True)


def probe(reference: Reference, recorded: Recorded | None, means: Means) -> Conversation:
    """Learn what Azure states about a blob, or about the blobs below a prefix."""
    wanted = named(reference)
    account = azure.account(means.keyring, wanted.bucket)
    if account.fault is not None:
        return unknown(reference, account.fault)
    token, note = yield from credential_of(account.program)
    container, _, name = wanted.key.partition(b"/")
    below = Named(container.decode("utf-8", "replace"), name)
    store = _Container(account, below.bucket, token)
    talk = (
        _listed(store, below, reference, means)
        if below.is_prefix
        else http.learn(store.request(f"/{below.path}"), reference, recorded, means)
    )
    prepare = _signing(account, formatdate(time.time(), usegmt=True))
    observation, answer = yield from with_last_answer(talk, prepare)
    return _explained(observation, answer, account, note)


def _signing(account: azure.Account, date: str) -> Callable[[Request], Request]:
    """How requests are prepared: a shared key signs method, conditions and range of each."""

    def sign(request: Request) -> Request:
        request = keeping_body(request)
        if not account.key or request.credential is not None:
            return request
        headers = (*request.headers, f"x-ms-date: {date}")
        signature = azure.shared_key(account, request.method, request.url, headers)
        shown = Credential(Scheme.HEADER, signature, header="Authorization")
        return replace(request, headers=headers, credential=shown)

    return sign


def _listed(store: _Container, wanted: Named, reference: Reference, means: Means) -> Conversation:
    prefix = f"&prefix={parameter(wanted.key)}" if wanted.key else ""

    def page(after: str) -> Request:
        mark = f"&marker={parameter(after)}" if after else ""
        query = f"restype=container&comp=list{prefix}&maxresults={PAGE}{mark}"
        return replace(store.request("", query), read=LARGEST_PAGE, keep=True)

    return (yield from listing.probe(reference, page, _page, means))


def _page(body: bytes) -> Page | None:
    """A page of List Blobs; None if it is not one.

    A tag is a revision, which changes with metadata too; the MD5 is what a client once stated.
    """
    root = parse(body)
    if root is None or root.tag != "EnumerationResults":
        return None
    blobs = root.findall("./Blobs/Blob")
    entries = tuple((_name(blob), _tag(blob)) for blob in blobs)
    weak = any(not blob.findtext("./Properties/Content-MD5") for blob in blobs)
    return Page(entries, root.findtext("NextMarker") or "", Strength.WEAK if weak else Strength.CHECKSUM)


def _name(blob: Element) -> str:
    """A name that XML can't represent is encoded, and marked so."""
    name = blob.find("Name")
    text = (name.text or "") if name is not None else ""
    return unquote(text) if name is not None and name.get("Encoded") == "true" else text


def _tag(blob: Element) -> str:
    md5 = blob.findtext("./Properties/Content-MD5")
    return md5 or blob.findtext("./Properties/Etag", "").strip('"')


def _explained(
    observation: Observation, answer: Answer, account: azure.Account, note: Reason | None
) -> Observation:
    """With what a refusal may mean: without a credential, a private blob looks absent."""
    if observation.outcome is ProbeOutcome.SEEN or answer.status not in _DENIED:
        return observation
    hidden = account.is_open and error_code(answer) in _HIDDEN
    if observation.outcome is ProbeOutcome.ABSENT and not hidden:
        return observation
    missing = Reason("no-credentials", detail="no credential was found for this account")
    return refused(observation, answer, note or (missing if account.is_open else None))
