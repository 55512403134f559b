"""Answers that contradict what is known: of a 304 Not Modified, and of HEAD."""

from __future__ import annotations

from freshlayer.evidence import http_date
from freshlayer.evidence.entity_tag import MTIMES, core_of
from freshlayer.evidence.headers import content_type, hashes_of, may_state_bytes, of_hops, total_length
from freshlayer.evidence.hop import Hop
from freshlayer.evidence.order import strongest
from freshlayer.model.evidence import Evidence, Strength
from freshlayer.model.observation import Recorded

_COMPARED = {"etag", "last-modified", "length", *MTIMES}


def contradicts(recorded: Recorded, hops: tuple[Hop, ...]) -> bool:
    """Whether the headers of a 304 describe another file than the recorded one.

    Some origins answer 304 to every condition, and state the tag, the date or the digest of other bytes.
    """
    last = hops[-1]
    tags, sent = last.all("etag"), recorded.validators.entity_tag
    if tags and tags != (sent,) and set(tags) != {sent} and set(map(core_of, tags)) != {core_of(sent)}:
        return True
    if not tags and _moved(recorded.validators.last_modified, last.one("last-modified")):
        return True
    if not may_state_bytes(last):
        return False
    length = total_length(last)
    stated = [e for e in hashes_of(last) if not e.ignored and e.strength is Strength.CONTENT]
    stated += [Evidence("length", str(length), Strength.SIZE)] if length else []
    if not stated:
        return False
    known = {item.scheme: item for item in recorded.evidence}
    return any(e.scheme in known and known[e.scheme].value != e.value for e in stated)


def _moved(before: str, now: str) -> bool:
    old, new = http_date.seconds(before), http_date.seconds(now)
    return old is not None and new is not None and old != new


def agree(head: tuple[Hop, ...], got: tuple[Hop, ...]) -> bool:
    """Whether the answers to HEAD and to GET are of one file: tags, dates, lengths and media types.

    A tag that only HEAD states is not one of the file.
    """
    one, other = _stated(head), _stated(got)
    types = {content_type(hops[-1]) for hops in (head, got)} - {""}
    if len(types) > 1 or ("etag" in one and "etag" not in other):
        return False
    return all(one[scheme] == other[scheme] for scheme in one.keys() & other.keys())


def _stated(hops: tuple[Hop, ...]) -> dict[str, str]:
    return {e.scheme: e.value for e in of_hops(hops) if e.scheme in _COMPARED and not e.ignored}


def has_new_tag(found: tuple[Evidence, ...], recorded: Recorded | None) -> bool:
    """Whether a tag counts that was never recorded: it may differ at every request."""
    best = strongest(found)
    if best is None or best.strength in {Strength.CONTENT, Strength.CHECKSUM}:
        return False
    known = {item.value for item in recorded.evidence if item.scheme == "etag"} if recorded else set()
    return any(e.scheme == "etag" and not e.ignored and e.value not in known for e in found)
