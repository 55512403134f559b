"""Which evidence counts, and what two sets of it say about each other."""

from __future__ import annotations

from dataclasses import dataclass, replace

from freshlayer.model import Evidence, Recorded, Strength

BODY_DIGEST = "sha256"
"""The scheme of a digest that freshlayer took of a body itself."""

_ALGORITHMS = ("sha512", "sha256", "sha1", "md5")
_DATES = {"last-modified", "mtime-s", "mtime-us", "mtime-ns"}
_PROOF = {Strength.CONTENT, Strength.STRONG, Strength.CHECKSUM}


@dataclass(frozen=True, slots=True)
class Comparison:
    """``same`` is None where the two have nothing common that tells; ``certain`` as in ``Certainty``."""

    same: bool | None
    certain: bool
    old: Evidence | None = None
    new: Evidence | None = None


def in_order(evidence: list[Evidence]) -> tuple[Evidence, ...]:
    """Strongest first; what is ignored last; the later hop before the earlier one."""
    return tuple(sorted(evidence, key=_rank))


def _rank(item: Evidence) -> tuple[bool, int, int, int]:
    algorithm = _ALGORITHMS.index(item.scheme) if item.scheme in _ALGORITHMS else len(_ALGORITHMS)
    return bool(item.ignored), item.strength.rank, algorithm, -item.hop


def strongest(evidence: tuple[Evidence, ...]) -> Evidence | None:
    """The piece that the identity is drawn from."""
    return next((item for item in in_order(list(evidence)) if not item.ignored), None)


def compare(old: tuple[Evidence, ...], new: tuple[Evidence, ...]) -> Comparison:
    """Compare on the strongest scheme that both have.

    A common content hash decides alone; else unequal lengths prove a change; else the strongest common
    scheme: an equal strong entity tag is certain, an unequal one only probable, for origins draw tags from
    inodes and mtimes (facts of real servers: nginx, Apache, lighttpd).
    """
    common = _common(old, new)
    content = [pair for pair in common if pair[1].strength is Strength.CONTENT]
    sizes = [pair for pair in common if pair[1].scheme == "length" and pair[0].value != pair[1].value]
    if content:
        before, now = content[0]
        return Comparison(before.value == now.value, True, before, now)
    if sizes:
        return Comparison(False, True, *sizes[0])
    return _by_validator(common)


def _by_validator(common: list[tuple[Evidence, Evidence]]) -> Comparison:
    if not common:
        return Comparison(None, False)
    before, now = common[0]
    if now.strength is Strength.SIZE:
        return Comparison(None, False, before, now)
    same = _moment(before) == _moment(now)
    both_strong = before.strength is now.strength is Strength.STRONG
    return Comparison(same, same and both_strong, before, now)


def _moment(item: Evidence) -> str:
    """A date is compared without the length beside it: lengths have been compared, where both are known."""
    return item.value.partition("/")[0] if item.scheme in _DATES else item.value


def _common(old: tuple[Evidence, ...], new: tuple[Evidence, ...]) -> list[tuple[Evidence, Evidence]]:
    before: dict[str, Evidence] = {}
    for item in in_order(list(old)):
        if not item.ignored:
            before.setdefault(item.scheme, item)
    pairs = [(before[item.scheme], item) for item in new if not item.ignored and item.scheme in before]
    return sorted(pairs, key=lambda pair: _rank(pair[1]))


def union(new: tuple[Evidence, ...], old: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """All that is known of bytes that did not change: so a header that comes and goes is no change."""
    schemes = {item.scheme for item in new if not item.ignored}
    kept = [item for item in new if not item.ignored]
    kept += [item for item in old if not item.ignored and item.scheme not in schemes]
    return in_order(kept)


def unsettled(first: tuple[Evidence, ...], second: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """The first answer, without a tag that the second, a moment later, no longer has.

    Some origins make a tag from the time, or at random: it says nothing.
    """
    tags = {item.value for item in second if item.scheme == "etag" and not item.ignored}
    return in_order(
        [
            replace(item, ignored="the entity tag differs at every request")
            if item.scheme == "etag" and not item.ignored and item.value not in tags
            else item
            for item in first
        ]
    )


def without_weak(evidence: tuple[Evidence, ...], reason: str) -> tuple[Evidence, ...]:
    """Only what proves something counts; the rest is ignored, for a reason."""
    weak = {Strength.WEAK, Strength.HEURISTIC}
    return in_order([replace(e, ignored=reason) if e.strength in weak else e for e in evidence])


def wants_body(
    evidence: tuple[Evidence, ...], recorded: Recorded | None, length: int | None, limit: int
) -> bool:
    """Whether the body has to be read for its digest: only where nothing better stands for it.

    ``length`` and ``limit`` are octets; a limit of 0 reads none. Evidence equal to what was
    recorded keeps the recorded digest.
    """
    if limit <= 0 or (length is not None and length > limit):
        return False
    best = strongest(evidence)
    hashed = recorded is not None and any(item.scheme == BODY_DIGEST for item in recorded.evidence)
    if best is not None and best.strength in _PROOF:
        # A tag where a digest was recorded: only the bytes can tell whether they are the same.
        return hashed and recorded is not None and compare(recorded.evidence, evidence).same is None
    return recorded is None or compare(recorded.evidence, evidence).same is not True
