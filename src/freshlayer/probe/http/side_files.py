"""Checksums published beside a file, for origins whose own evidence proves nothing."""

from __future__ import annotations

from collections.abc import Generator
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from freshlayer import evidence
from freshlayer.evidence import http_date
from freshlayer.evidence.order import in_order
from freshlayer.evidence.sums import digest_of
from freshlayer.model.evidence import Evidence, Strength
from freshlayer.model.observation import Observation, ProbeOutcome, Recorded
from freshlayer.model.reasons import Reason
from freshlayer.probe.network.exchange import ABSENT, WHOLE, exchange, request_of
from freshlayer.probe.network.messages import MIB, Answer, Conversation, Means, Pause, Request, Step
from freshlayer.reference import shown

ROWS: tuple[tuple[str, str], ...] = (
    ("{name}.sha256", "sha256"),
    ("{name}.sha512", "sha512"),
    ("{name}.sha1", "sha1"),
    ("SHA256SUMS", "sha256"),
    ("SHASUMS256.txt", "sha256"),
)
"""Name beside the file → scheme. All of them are requested once, when a large file is first seen."""

_WEAK = {Strength.WEAK, Strength.HEURISTIC, Strength.SIZE}
_HAS_OR_HAS_NOT = WHOLE | {403} | ABSENT
_PROGRESS = 600
_AGAIN = 1.0


def completed(seen: Observation, recorded: Recorded | None, means: Means) -> Conversation:
    """The observation, with the checksum published beside the file if there is one and it is needed."""
    if not _is_wanted(seen, recorded, means.limits.hash_up_to):
        return seen
    parts = urlsplit(seen.reference.address)
    base = request_of(seen.reference)
    directory, _, name = parts.path.rpartition("/")
    for row, scheme in ROWS:
        url = parts._replace(path=f"{directory}/{row.format(name=name)}").geturl()
        found, answer = yield from stated(base, url, unquote(name), scheme, means)
        if found and _is_older(answer, seen):
            yield Pause(_AGAIN)
            found, answer = yield from stated(base, url, unquote(name), scheme, means, tries=1)
        if found:
            return _with(seen, Evidence(scheme, found, Strength.CHECKSUM), answer, url)
        if answer.error or answer.status not in _HAS_OR_HAS_NOT:
            break
    return seen


def stated(
    base: Request, url: str, name: str, scheme: str, means: Means, tries: int = 0
) -> Generator[Step, Answer, tuple[str, Answer]]:
    """The digest that a file of checksums states of ``name``, empty where it states none; and the answer.

    ``base``: the request of the file itself.
    """
    request = replace(base, url=url, read=MIB, keep=True, follow=True)
    answer = yield from exchange(request, means, shared=("checksums", tries))
    text = answer.body.decode("utf-8", "replace") if answer.status in WHOLE and not answer.error else ""
    return digest_of(text, name, scheme), answer


def _is_wanted(seen: Observation, recorded: Recorded | None, hash_up_to: int) -> bool:
    """Only for a file that is too large to be read, and whose evidence proves nothing and changed."""
    if seen.outcome is not ProbeOutcome.SEEN:
        return False
    best = evidence.strongest(seen.evidence)
    if best is None or best.strength not in _WEAK:
        return False
    parts = urlsplit(seen.reference.address)
    lengths = [int(item.value) for item in seen.evidence if item.scheme == "length" and not item.ignored]
    if parts.query or not parts.path.rpartition("/")[2] or max(lengths, default=hash_up_to + 1) <= hash_up_to:
        return False
    return recorded is None or evidence.compare(recorded.evidence, seen.evidence).same is not True


def _with(seen: Observation, found: Evidence, answer: Answer, url: str) -> Observation:
    """The observation with a checksum; one that is older than the file does not count."""
    if not _is_older(answer, seen):
        return replace(seen, evidence=in_order([*seen.evidence, found]))
    date = http_date.seconds(answer.hops[-1].one("date"))
    if date is not None and date - (_modified(seen) or 0) < _PROGRESS:
        name = shown(url.rpartition("/")[2], 60)
        reason = Reason("being-published", detail=f"the file is newer than its {name}: it is being published")
        return Observation(seen.reference, ProbeOutcome.UNKNOWN, reason)
    old = replace(found, ignored=Reason("checksums-outdated"))
    return replace(seen, evidence=in_order([*seen.evidence, old]))


def _is_older(answer: Answer, seen: Observation) -> bool:
    at, modified = http_date.seconds(answer.hops[-1].one("last-modified")), _modified(seen)
    return at is not None and modified is not None and at < modified


def _modified(seen: Observation) -> int | None:
    """Last-Modified of the file, in seconds since 1970."""
    dates = (item for item in seen.evidence if item.scheme == "last-modified" and not item.ignored)
    return next((int(item.value.partition("/")[0]) for item in dates), None)
