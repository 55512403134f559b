"""What a builder states that a build received: content evidence beside what the origin stated. Pure.

A RUN can't be given bytes of our choice, and a probe sees an answer of its own. So the digest of what came is
the builder's statement; it is kept as long as the origin states that nothing changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from freshlayer import evidence
from freshlayer.evidence.images import value_of
from freshlayer.evidence.order import BODY_DIGEST
from freshlayer.lazy_regex import compiled
from freshlayer.model.evidence import Evidence, Strength
from freshlayer.model.inputs import Place, RemoteInput
from freshlayer.model.lock import LockedInput
from freshlayer.model.observation import Recorded, Verdict
from freshlayer.reference import Reference

_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""SHA-256 of no bytes: what an answer to HEAD has."""

_CLIENTS = frozenset({"ADD", "curl", "wget"})
"""What requests the file as it is, unless an option requests another form."""

_CODED = compiled(r"(?i)--compr|encoding|compression|curlrc|wget2")

_PROOF = frozenset({Strength.CONTENT, Strength.STRONG, Strength.CHECKSUM})
"""Of an identity that is weaker, later bytes would be taken for those that were received."""


def only_digests(stated: Iterable[tuple[str, str]]) -> dict[str, str]:
    """URL → SHA-256, where all statements about it agree: a part or another method has another digest."""
    found: dict[str, str] = {}
    for uri, digest in stated:
        found[uri] = digest if found.get(uri, digest) == digest else ""
    return {uri: digest for uri, digest in found.items() if digest not in {"", _OF_NOTHING}}


def of_the_file(inputs: Iterable[RemoteInput], starts: Iterable[int], lines: Sequence[str]) -> set[str]:
    """URLs of which a build receives the file itself, and no compressed form of it.

    A client may request a coding (``curl --compressed``; libraries of Python and Go do by themselves), and
    what it receives then has another digest. ``starts``: first lines of all instructions that read inputs.
    """
    ends = sorted({*starts, *(place.line for it in inputs for place in it.places), len(lines) + 1})

    def is_plain(place: Place) -> bool:
        end = next(it for it in ends if it > place.line)
        text = "\n".join(lines[place.line - 1 : end - 1])
        return place.script is None and place.via in _CLIENTS and not _CODED.search(text)

    return {it.reference.text for it in inputs if lines and all(map(is_plain, it.places))}


def with_received(
    verdicts: Mapping[Reference, Verdict], received: Mapping[str, str]
) -> dict[Reference, Verdict]:
    """The verdicts, each with the digest of what the build received of it, where its record has none.

    ``received``: URL → SHA-256. The identity stays what it is: no key depends on who built. An answer behind
    a redirect is left out, for the statement may be about the answer that redirected.
    """
    return {
        reference: replace(verdict, keep=_with(verdict.keep, received[reference.text]))
        if verdict.keep and reference.kind == "http" and reference.text in received
        else verdict
        for reference, verdict in verdicts.items()
    }


def digest_of(item: LockedInput, known: Recorded | None) -> str:
    """What builds received of a locked input while it was what it is now; empty where none is recorded."""
    if known is None or known.identity != item.identity or known.identity.strength not in _PROOF:
        return ""
    return value_of(known.evidence, BODY_DIGEST)


def _with(known: Recorded, digest: str) -> Recorded:
    has_one = any(item.scheme == BODY_DIGEST for item in known.evidence)
    if has_one or known.identity.strength not in _PROOF or evidence.is_redirected(known.evidence):
        return known
    stated = Evidence(BODY_DIGEST, digest, Strength.CONTENT)
    return replace(known, evidence=evidence.in_order([*known.evidence, stated]))
