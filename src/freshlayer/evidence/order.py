"""Which evidence counts, and the comparison of two sets of it."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.evidence.entity_tag import MTIMES, proves
from freshlayer.model.evidence import Evidence, Strength
from freshlayer.model.observation import Recorded
from freshlayer.model.reasons import Reason

BODY_DIGEST = "sha256"
"""The scheme of a digest that freshlayer took of a body itself."""

CODED = f"{BODY_DIGEST}-"
"""Begins the scheme of a digest of compressed bytes (``sha256-gzip``): it is not the digest of the file."""

_ALGORITHMS = ("sha512", "sha256", "sha1", "md5", "crc64nvme", "crc32c", "crc32")
_DATES = {"last-modified", *MTIMES}
_PROOF = {Strength.CONTENT, Strength.STRONG, Strength.CHECKSUM}


class Comparison(Struct, frozen=True):
    """``same`` is None where the two have nothing in common that decides; ``certain`` as in ``Certainty``."""

    same: bool | None
    certain: bool
    old: Evidence | None = None
    new: Evidence | None = None


class _Pair(Struct, frozen=True):
    """The evidence of one scheme in two sets."""

    old: Evidence
    new: Evidence

    @property
    def strength(self) -> Strength:
        """The weaker of the two."""
        return max(self.old.strength, self.new.strength, key=lambda strength: strength.rank)

    @property
    def same(self) -> bool:
        """A date is compared without the length beside it: lengths are compared where both are known."""
        return _moment(self.old) == _moment(self.new)

    @property
    def rank(self) -> tuple[int, int, str]:
        """The strongest first, whichever of the two is the old one."""
        return self.strength.rank, _algorithm(self.new), self.new.scheme

    @property
    def guessed(self) -> bool:
        """Whether one of the two is only probably of the bytes that the other evidence is of."""
        return self.old.guessed or self.new.guessed

    @property
    def is_decisive(self) -> bool:
        """Whether no guess counts beside it. A strong tag that differs does not prove other bytes."""
        equal_tag = self.strength is Strength.STRONG and self.same
        return not self.guessed and (self.strength is Strength.CONTENT or equal_tag)

    def decides(self, *, same: bool | None, certain: bool) -> Comparison:
        return Comparison(same, certain and not self.guessed, self.old, self.new)


def in_order(evidence: list[Evidence]) -> tuple[Evidence, ...]:
    """Strongest first; what is ignored last; the later hop before the earlier one."""
    return tuple(sorted(evidence, key=_rank))


def _rank(item: Evidence) -> tuple[bool, int, int, int]:
    return bool(item.ignored), item.strength.rank, _algorithm(item), -item.hop


def _algorithm(item: Evidence) -> int:
    return _ALGORITHMS.index(item.scheme) if item.scheme in _ALGORITHMS else len(_ALGORITHMS)


def strongest(evidence: tuple[Evidence, ...]) -> Evidence | None:
    """The evidence that the identity is made of."""
    return next((item for item in in_order(list(evidence)) if not item.ignored), None)


def compare(old: tuple[Evidence, ...], new: tuple[Evidence, ...]) -> Comparison:
    """Compare on the strongest scheme that both have.

    A common content hash decides alone; else unequal lengths prove a change; else the strongest common
    scheme: an equal strong entity tag is certain, an unequal one only probable, for origins draw tags from
    inodes and mtimes (nginx, Apache, lighttpd). Lengths that contradict equal hashes or equal strong tags
    take the certainty away; so does a redirect: equal tags of two resources prove nothing (RFC 9110
    §8.8.3), and its target may be another one today. What is only probably of the recorded bytes is never
    certain, and counts for nothing beside a hash or a strong tag that is certainly of them.
    """
    pairs = _common(old, new)
    sizes = next((pair for pair in pairs if pair.strength is Strength.SIZE and not pair.same), None)
    best = pairs[0] if pairs else None
    if best and best.strength is Strength.CONTENT:
        unsure = sizes if best.same else best.new.scheme.startswith(CODED)
        return best.decides(same=best.same, certain=not unsure)
    if best and sizes:
        return sizes.decides(same=False, certain=not (best.same and best.strength is Strength.STRONG))
    return _by_validator(pairs)


def _by_validator(pairs: list[_Pair]) -> Comparison:
    """A tag may change without the bytes (an S3 object in other parts): a checksum of both is preferred."""
    checksums = [pair for pair in pairs if pair.strength is Strength.CHECKSUM]
    moved = [pair for pair in pairs[:1] if pair.strength is Strength.STRONG and not pair.same]
    decisive = next(iter(checksums if moved and checksums else pairs), None)
    if decisive is None:
        return Comparison(None, False)
    if decisive.strength is Strength.SIZE:
        return decisive.decides(same=None, certain=False)
    strong = _is_proof(decisive.old) and _is_proof(decisive.new)
    return decisive.decides(same=decisive.same, certain=decisive.same and strong)


def _is_proof(tag: Evidence) -> bool:
    """Whether an equal tag proves equal bytes: a strong one, of the requested resource itself."""
    return tag.strength is Strength.STRONG and not tag.hop and not tag.guessed and proves(tag.value)


def _moment(item: Evidence) -> str:
    return item.value.partition("/")[0] if item.scheme in _DATES else item.value


def _common(old: tuple[Evidence, ...], new: tuple[Evidence, ...]) -> list[_Pair]:
    before, now = _by_scheme(old), _by_scheme(new)
    pairs = [_Pair(before[scheme], item) for scheme, item in now.items() if scheme in before]
    if any(pair.is_decisive for pair in pairs):
        pairs = [pair for pair in pairs if not pair.guessed]
    return sorted(pairs, key=lambda pair: pair.rank)


def _by_scheme(evidence: tuple[Evidence, ...]) -> dict[str, Evidence]:
    """The strongest piece of each scheme."""
    return {item.scheme: item for item in reversed(in_order(list(evidence))) if not item.ignored}


def is_revalidated(recorded: Recorded) -> bool:
    """Whether 304 Not Modified to the recorded validator proves equal bytes: only to a strong entity tag."""
    tag = recorded.validators.entity_tag
    for item in recorded.evidence if tag else ():
        if item.scheme == "etag" and tag in {f'"{item.value}"', item.value} and _is_proof(item):
            return True
    return False


def union(
    new: tuple[Evidence, ...], old: tuple[Evidence, ...], *, certain: bool = True
) -> tuple[Evidence, ...]:
    """All that is known of bytes that did not change: so a header that is sent at times is not a change.

    Where they only probably did not change, new evidence is marked as guessed: a tag of other bytes would
    make the next 304 certain.
    """
    schemes = {item.scheme for item in new if not item.ignored}
    known = {(item.scheme, item.value) for item in old if not item.guessed}
    kept = [
        replace(item, guessed=(item.guessed or not certain) and (item.scheme, item.value) not in known)
        for item in new
        if not item.ignored
    ]
    kept += [item for item in old if not item.ignored and item.scheme not in schemes]
    return in_order(kept)


def unsettled(first: tuple[Evidence, ...], second: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """The first answer, without a tag or a date that differs in the second, a moment later.

    Some origins make a tag from the time, or at random.
    """
    later = {item.scheme: _moment(item) for item in second if item.scheme in _DATES and not item.ignored}
    tags = {item.value for item in second if item.scheme == "etag" and not item.ignored}
    return in_order([_settled(item, tags, later) for item in first])


def _settled(item: Evidence, tags: set[str], later: dict[str, str]) -> Evidence:
    if item.ignored:
        return item
    if item.scheme == "etag" and item.value not in tags:
        return replace(item, ignored=Reason("tag-unstable"))
    if later.get(item.scheme, _moment(item)) != _moment(item):
        return replace(item, ignored=Reason("date-unstable"))
    return item


def unconfirmed(found: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """The evidence of HEAD alone, with its length as a guess: some origins state that of another body."""
    return tuple(replace(e, guessed=True) if e.strength is Strength.SIZE else e for e in found)


def without_weak(evidence: tuple[Evidence, ...], reason: Reason) -> tuple[Evidence, ...]:
    """With weak evidence ignored, for this reason."""
    weak = {Strength.WEAK, Strength.HEURISTIC}
    return in_order([replace(e, ignored=reason) if e.strength in weak else e for e in evidence])


def wants_body(
    evidence: tuple[Evidence, ...], recorded: Recorded | None, length: int | None, limit: int
) -> bool:
    """Whether the body has to be read for its digest: only where there is no better evidence.

    ``length`` and ``limit`` are bytes; a limit of 0 reads none. Evidence equal to what was
    recorded keeps the recorded digest.
    """
    if limit <= 0 or (length is not None and length > limit):
        return False
    best = strongest(evidence)
    if best is not None and best.strength in _PROOF:
        return recorded is not None and _is_decided_by_body(best, recorded, evidence)
    return recorded is None or compare(recorded.evidence, evidence).same is not True


def _is_decided_by_body(best: Evidence, recorded: Recorded, evidence: tuple[Evidence, ...]) -> bool:
    """Whether new proof appears beside a recorded digest: the body is read once, to connect the two."""
    known = [item for item in recorded.evidence if not item.guessed]
    hashed = any(item.scheme == BODY_DIGEST for item in known)
    stated = any((item.scheme, item.value) == (best.scheme, best.value) for item in known)
    return hashed and not stated and not compare(recorded.evidence, evidence).certain
