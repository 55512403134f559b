"""``s3``: an object, or all objects below a prefix. Signed by libcurl; anonymous without keys."""

from __future__ import annotations

import re
from collections.abc import Generator
from urllib.parse import unquote_plus

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.children import CLOUD
from freshlayer.credentials import aws
from freshlayer.lazy_regex import compiled
from freshlayer.model.observation import Observation, ProbeOutcome, Recorded
from freshlayer.model.reasons import Reason
from freshlayer.probe.http import ladder as http
from freshlayer.probe.network.exchange import HEADERS
from freshlayer.probe.network.messages import Answer, Conversation, Means, Once, Request, Run, Signer, Step
from freshlayer.probe.network.xml import parse
from freshlayer.probe.object_stores import listing
from freshlayer.probe.object_stores.listing import LARGEST_PAGE, Page
from freshlayer.probe.object_stores.objects import (
    Named,
    error_code,
    keeping_body,
    named,
    parameter,
    refused,
    unknown,
    with_last_answer,
)
from freshlayer.reference import Reference

# Every header is signed: gateways in front of S3 rewrite this one, which breaks the signature.
_HEADERS = (
    *(line for line in HEADERS if not line.startswith("Accept-Encoding")),
    "x-amz-checksum-mode: ENABLED",
)
_AS_A_HOST = compiled(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_REGION = compiled(r"[a-z]{2}[a-z0-9-]{1,30}")
_DENIED = {400, 401, 403}
_NO_CHAIN = Reason("no-credentials", hint="for roles, SSO and instances install freshlayer[aws]")


class _Store(Struct, frozen=True):
    """Where a bucket is requested, and with which keys. ``note``: why there are none, if that is known."""

    bucket: str
    endpoint: str
    region: str
    keys: aws.Keys | None
    note: Reason | None

    @property
    def url(self) -> str:
        """The bucket's: its name in the host on AWS, and in the path where that can't be (dots break TLS)."""
        if self.endpoint:
            return f"{self.endpoint}/{self.bucket}"
        domain = f"s3.{self.region}.amazonaws.com{'.cn' if self.region.startswith('cn-') else ''}"
        if _AS_A_HOST.fullmatch(self.bucket):
            return f"https://{self.bucket}.{domain}"
        return f"https://{domain}/{self.bucket}"

    def request(self, method: str, rest: str) -> Request:
        """A request for this bucket; a redirect leads to another region, which needs another signature."""
        if self.keys is None:
            return Request(method, self.url + rest, _HEADERS, follow=False, anonymous=True)
        token = (f"x-amz-security-token: {self.keys.token}",) if self.keys.token else ()
        signer = Signer(self.keys.user, self.keys.secret, self.region)
        return Request(method, self.url + rest, (*_HEADERS, *token), follow=False, signer=signer)


def probe(reference: Reference, recorded: Recorded | None, means: Means) -> Conversation:
    """Learn what S3 states about an object, or about the objects below a prefix."""
    wanted = named(reference)
    endpoint = aws.endpoint(means.keyring)
    if endpoint and not re.match(r"https?://[^/]", endpoint):
        detail = "the value of AWS_ENDPOINT_URL is not a URL"
        return unknown(reference, Reason("endpoint-invalid", detail=detail))
    keys, note = yield from _keys(means)
    if keys and {b".", b".."} & set(wanted.key.split(b"/")):
        detail = "libcurl would change the path of the key, and sign another one"
        return unknown(reference, Reason("object-key-unsupported", detail=detail))
    first = _Store(wanted.bucket, endpoint, aws.region(means.keyring), keys, note)
    store = yield from _in_its_region(first)
    talk = (
        _listed(store, wanted, reference, means)
        if wanted.is_prefix
        else http.learn(store.request("GET", f"/{wanted.path}"), reference, recorded, means)
    )
    observation, answer = yield from with_last_answer(talk, keeping_body)
    return _explained(observation, answer, store)


def _keys(means: Means) -> Generator[Step, Answer, tuple[aws.Keys | None, Reason | None]]:
    """Keys, or why there are none. The chain runs only where no key is in the environment or the profile."""
    found = aws.keys(means.keyring)
    if found is not None:
        return found, None
    chain = aws.chain(means.keyring)
    if chain is None:
        return None, _NO_CHAIN
    run = Run(chain.argv, CLOUD, chain.environment, chain.defaults, errors=False)
    answer = yield Once(("credentials of AWS",), run)
    return (None, answer.error) if answer.error else aws.printed(answer.output)


def _in_its_region(store: _Store) -> Generator[Step, Answer, _Store]:
    """The same in the region where the bucket is: any answer for a bucket names it.

    It is requested once for all keys of a bucket; else each would first be refused in the wrong region.
    """
    answer = yield Once(("region of", store.endpoint, store.bucket), store.request("HEAD", ""))
    region = answer.hops[-1].one("x-amz-bucket-region") if answer.hops else ""
    return replace(store, region=region) if _REGION.fullmatch(region) else store


def _explained(observation: Observation, answer: Answer, store: _Store) -> Observation:
    """With what a refusal may mean: without the right to list a bucket, S3 refuses an absent key."""
    if observation.outcome is not ProbeOutcome.UNKNOWN or answer.status not in _DENIED:
        return observation
    if store.keys is None:
        return refused(observation, answer, store.note or Reason("no-credentials"))
    hidden = error_code(answer) in {"", "AccessDenied"}
    return refused(observation, answer, Reason("s3-hides-absence") if hidden else None)


def _listed(store: _Store, wanted: Named, reference: Reference, means: Means) -> Conversation:
    """ListObjectsV2, with keys encoded: XML can't represent every character of a key."""

    def page(after: str) -> Request:
        token = f"&continuation-token={parameter(after)}" if after else ""
        query = f"?list-type=2&encoding-type=url&prefix={parameter(wanted.key)}{token}"
        return replace(store.request("GET", query), read=LARGEST_PAGE, keep=True)

    return (yield from listing.probe(reference, page, _page, means))


def _page(body: bytes) -> Page | None:
    """A page of ListObjectsV2; None if it is not one."""
    root = parse(body)
    if root is None or root.tag.rpartition("}")[2] != "ListBucketResult":
        return None
    encoded = root.findtext("{*}EncodingType") == "url"
    after = root.findtext("{*}NextContinuationToken", "")
    if root.findtext("{*}IsTruncated") == "true" and not after:
        return None
    entries = []
    for item in root.iterfind("{*}Contents"):
        key, tag = item.findtext("{*}Key", ""), item.findtext("{*}ETag", "")
        entries.append((unquote_plus(key) if encoded else key, tag.strip('"')))
    return Page(tuple(entries), after)
