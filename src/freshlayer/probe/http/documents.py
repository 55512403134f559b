"""Indexes whose bytes change more often than what they list: the digest is of the part that counts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from freshlayer import evidence
from freshlayer.evidence import documents
from freshlayer.model.evidence import Evidence, Strength, Validators
from freshlayer.model.observation import Observation, ProbeOutcome, Recorded
from freshlayer.model.reasons import Reason
from freshlayer.probe.http import ladder as http
from freshlayer.probe.http.conditional import NOT_MODIFIED, conditionally
from freshlayer.probe.network.exchange import WHOLE, exchange, request_of, status_line
from freshlayer.probe.network.messages import Answer, Conversation, Means, Step
from freshlayer.reference import Reference


class Document(Struct, frozen=True):
    """``read``: text → the part that counts, empty where the text is something else.

    ``revalidates``: whether the origins' entity tags change with that part. ``media``: the media type that
    such a document has, where its URL alone does not distinguish it from other files; empty where it does.
    """

    scheme: str
    read: Callable[[str], str]
    accept: str = "*/*"
    revalidates: bool = True
    media: str = ""

    def probe(self, reference: Reference, recorded: Recorded | None, means: Means) -> Conversation:
        """Get the document, and identify it by its part; by its bytes where it has no such part."""
        if self.media and not (yield from self._is_one(reference, recorded, means)):
            return (yield from http.probe(reference, recorded, means))
        plain = request_of(reference)
        headers = (
            *(line for line in plain.headers if not line.startswith("Accept: ")),
            f"Accept: {self.accept}",
        )
        request = replace(plain, headers=headers, read=means.limits.hash_up_to, keep=True)
        known = recorded if self.revalidates else None
        answer = yield from conditionally(request, known, means)
        if answer.status == NOT_MODIFIED and known is not None and known.validators.entity_tag:
            return Observation(reference, ProbeOutcome.NOT_MODIFIED, Reason("not-modified"))
        whole = answer.status in WHOLE and not answer.error
        part = self.read(answer.body.decode("utf-8", "replace")) if whole else ""
        if not part:
            return (yield from http.probe(reference, recorded, means))
        digest = hashlib.sha256(part.encode()).hexdigest()
        found = (Evidence(self.scheme, digest, Strength.CONTENT),)
        kept = evidence.validators(answer.hops[-1]) if self.revalidates else Validators()
        reason = Reason("observed", detail=status_line(answer.status))
        return Observation(reference, ProbeOutcome.SEEN, reason, found, kept)

    def _is_one(
        self, reference: Reference, recorded: Recorded | None, means: Means
    ) -> Generator[Step, Answer, bool]:
        """Whether there is such a document: there was before, or the media type shows it; no body is read."""
        if recorded is not None and any(item.scheme == self.scheme for item in recorded.evidence):
            return True
        head = yield from exchange(replace(request_of(reference), method="HEAD"), means)
        return bool(head.hops) and head.hops[-1].one("content-type").lower().startswith(self.media)


_ALL = (
    Document("apt-release", documents.release),
    Document(
        "python-index",
        documents.simple_index,
        accept="application/vnd.pypi.simple.v1+json, text/html;q=0.5",
        # PyPI has answered with one entity tag for two contents.
        revalidates=False,
    ),
    Document("npm-dist", documents.npm_version, media="application/json"),
)
DOCUMENTS: Mapping[str, Document] = {it.scheme: it for it in _ALL}
"""Scheme of the evidence → the document, and what counts in it; ``routes`` has their URLs."""
