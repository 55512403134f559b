"""What a builder states that a build received, beside what the origin stated."""

from __future__ import annotations

import hashlib

import pytest

from freshlayer.decisions.received import digest_of, of_the_file, only_digests, with_received
from freshlayer.decisions.verdict import judge
from freshlayer.evidence import in_order
from freshlayer.model.evidence import Evidence, Identity, Strength
from freshlayer.model.inputs import Place, RemoteInput
from freshlayer.model.lock import LockedInput
from freshlayer.model.observation import Change, Observation, ProbeOutcome, Recorded, Verdict
from freshlayer.model.reasons import Reason
from freshlayer.reference import Reference, parse

URL = parse("https://example.org/a")
BODY, OTHER = "ab" * 32, "cd" * 32
TAG = Evidence("etag", "one", Strength.STRONG)
DATE = Evidence("last-modified", "1700000000", Strength.WEAK)


def seen(*evidence: Evidence) -> Observation:
    return Observation(URL, ProbeOutcome.SEEN, Reason("seen"), in_order(list(evidence)))


def received(*evidence: Evidence, reference: Reference = URL, uri: str = URL.text) -> Verdict:
    """The verdict of a first observation, once the build has received a body."""
    verdict = judge(None, seen(*evidence))
    return with_received({reference: verdict}, {uri: BODY})[reference]


def known(verdict: Verdict) -> Recorded:
    assert verdict.keep is not None
    return verdict.keep


def locked(identity: Identity | None) -> LockedInput:
    return LockedInput(reference=URL.text, identity=identity, used_by=())


def test_the_digest_is_recorded_and_the_identity_stays() -> None:
    verdict = received(TAG)
    assert (verdict.identity, known(verdict).identity) == (TAG.identity, TAG.identity)
    assert digest_of(locked(TAG.identity), verdict.keep) == BODY


def test_it_outlives_observations_of_the_same_bytes_alone() -> None:
    first = known(received(TAG))
    again = judge(first, seen(TAG))
    assert (again.change, digest_of(locked(TAG.identity), again.keep)) == (Change.UNCHANGED, BODY)
    not_modified = Observation(URL, ProbeOutcome.NOT_MODIFIED, Reason("seen"))
    assert digest_of(locked(TAG.identity), judge(first, not_modified).keep) == BODY
    new = Evidence("etag", "two", Strength.STRONG)
    moved = judge(first, seen(new))
    assert (moved.change, digest_of(locked(new.identity), moved.keep)) == (Change.CHANGED, "")


def test_it_is_of_no_other_identity() -> None:
    keep = received(TAG).keep
    assert digest_of(locked(Identity("etag", "two", Strength.STRONG)), keep) == ""
    assert digest_of(locked(None), keep) == ""
    assert digest_of(locked(TAG.identity), None) == ""


@pytest.mark.parametrize(
    "evidence",
    [
        (DATE,),
        (TAG, Evidence("sha256", OTHER, Strength.CONTENT)),
        (TAG, Evidence("redirect", "https://example.org/b", Strength.NONE)),
    ],
    ids=["weak", "has one", "redirected"],
)
def test_what_could_be_of_other_bytes_is_left_out(evidence: tuple[Evidence, ...]) -> None:
    assert received(*evidence).keep == judge(None, seen(*evidence)).keep


def test_another_url_and_another_kind_get_none() -> None:
    assert digest_of(locked(TAG.identity), received(TAG, uri="https://example.org/b").keep) == ""
    git = parse("git+https://example.org/a.git#main")
    assert digest_of(locked(TAG.identity), received(TAG, reference=git, uri=git.text).keep) == ""


def test_statements_that_disagree_and_bodies_of_nothing_do_not_count() -> None:
    nothing = hashlib.sha256(b"").hexdigest()
    stated = [("a", BODY), ("b", BODY), ("a", BODY), ("b", OTHER), ("b", BODY), ("c", nothing), ("d", OTHER)]
    assert only_digests(stated) == {"a": BODY, "d": OTHER}


@pytest.mark.parametrize(
    ("line", "via", "expected"),
    [
        ("RUN curl -fsSL https://example.org/a", "curl", True),
        ("RUN wget https://example.org/a", "wget", True),
        ("ADD https://example.org/a /a", "ADD", True),
        ("RUN curl --compressed https://example.org/a", "curl", False),
        ("RUN curl --compr https://example.org/a", "curl", False),
        ("RUN curl -H 'accept-Encoding: gzip' https://example.org/a", "curl", False),
        ("RUN curl https://example.org/b \\\n  && curl --compressed https://example.org/a", "curl", False),
        ("RUN wget --compression=auto https://example.org/a", "wget", False),
        ("RUN pip install https://example.org/a", "pip", False),
    ],
)
def test_what_may_have_come_compressed_has_no_digest_of_the_file(
    line: str, via: str, *, expected: bool
) -> None:
    lines = ["FROM a", *line.split("\n"), "RUN curl --compressed https://example.org/c"]
    place = Place(2, line.split(maxsplit=1)[0], "0", via)
    starts = [2, len(lines)]
    assert of_the_file([RemoteInput(URL, (place,))], starts, lines) == ({URL.text} if expected else set())
    assert of_the_file([RemoteInput(URL, (place,))], starts, []) == set()
