"""What evidence belongs to which bytes: tags that prove nothing, validators, guesses, compressed answers."""

from __future__ import annotations

import pytest

from freshlayer.decisions.verdict import judge
from freshlayer.evidence import Hop, of_hops, strongest, unsettled, validators
from freshlayer.model.evidence import Evidence, Strength
from freshlayer.model.observation import Certainty, Change, Observation, ProbeOutcome, Recorded, Verdict
from freshlayer.model.reasons import Reason
from freshlayer.reference import parse
from freshlayer.report.document import of_probe

URL = parse("https://example.org/a")
MODIFIED = "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT"
MD5_OF_NOTHING = "1B2M2Y8AsgTpgAmY7PhCfg=="


def hop(*lines: str, status: int = 200) -> Hop:
    pairs = [line.partition(":")[::2] for line in lines]
    return Hop(status, tuple((name.lower(), value.strip()) for name, value in pairs))


def seen(*lines: str) -> Observation:
    found = of_hops((hop(*lines),))
    return Observation(URL, ProbeOutcome.SEEN, Reason("observed"), found, validators(hop(*lines), found))


def kept(verdict: Verdict) -> Recorded:
    assert verdict.keep is not None, verdict.reason
    return verdict.keep


def not_modified(recorded: Recorded) -> Verdict:
    return judge(recorded, Observation(URL, ProbeOutcome.NOT_MODIFIED, Reason("observed")))


@pytest.mark.parametrize(
    "tag",
    ['""', 'W/""', '"-gzip"', '" "', "null", '"undefined"', 'W/"None"', '"(null)"', "*", '"*"', '"a", "b"'],
)
def test_a_constant_tag_is_neither_evidence_nor_a_validator(tag: str) -> None:
    assert strongest(of_hops((hop(f"ETag: {tag}"),))) is None
    assert validators(hop(f"ETag: {tag}")).entity_tag == ""


@pytest.mark.parametrize(
    "line",
    [
        'ETag: "d41d8cd98f00b204e9800998ecf8427e"',
        'ETag: "da39a3ee5e6b4b0d3255bfef95601890afd80709"',
        'ETag: W/"0-2jmj7l5rSw0yVb/vlWAYkK/YBwk"',
        f"Content-MD5: {MD5_OF_NOTHING}",
        "Repr-Digest: sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:",
        "X-Checksum-Sha1: da39a3ee5e6b4b0d3255bfef95601890afd80709",
    ],
)
def test_the_tag_of_an_empty_body_counts_for_an_empty_file_alone(line: str) -> None:
    best = strongest(of_hops((hop(line, "Content-Length: 500"),)))
    assert best is not None
    assert best.scheme == "length"
    empty = strongest(of_hops((hop(line, "Content-Length: 0"),)))
    assert empty is not None
    assert empty.scheme != "length"
    assert validators(hop(line, "Content-Length: 500")).entity_tag == ""


@pytest.mark.parametrize("tag", ["0-15e0", "1-15e0", "15e0-0", "12cea600-15e0"])
def test_a_tag_made_of_a_fixed_mtime_is_no_proof(tag: str) -> None:
    """Builds that can be repeated set every mtime to one value; without a date no arithmetic shows it."""
    verdict = judge(kept(judge(None, seen(f'ETag: "{tag}"'))), seen(f'ETag: "{tag}"'))
    assert verdict.certainty is Certainty.PROBABLE


def test_a_tag_that_was_ignored_is_no_validator() -> None:
    answer = hop('ETag: "b"', MODIFIED)
    found = unsettled(of_hops((answer,)), of_hops((hop('ETag: "a"'),)))
    assert validators(answer, found).entity_tag == ""
    assert validators(answer, found).last_modified
    assert validators(answer).entity_tag == '"b"'


@pytest.mark.parametrize("line", ['ETag: "new"', "X-Checksum-Sha1: " + "ab" * 20])
def test_what_came_with_a_probable_verdict_is_never_certain_later(line: str) -> None:
    """The date did not move, the bytes did: the new tag is that of other bytes than the identity's."""
    dated = judge(None, seen(MODIFIED, "Content-Length: 5"))
    guessed = judge(kept(dated), seen(MODIFIED, "Content-Length: 5", line))
    assert (guessed.change, guessed.certainty) == (Change.UNCHANGED, Certainty.PROBABLE)
    again = judge(kept(guessed), seen(MODIFIED, "Content-Length: 5", line))
    other = judge(kept(again), seen("X-Checksum-Sha1: " + "cd" * 20, 'ETag: "other"'))
    assert not_modified(kept(again)).certainty is Certainty.PROBABLE
    assert again.certainty is Certainty.PROBABLE
    assert other.certainty is Certainty.PROBABLE


def test_a_guess_is_visible_in_the_document_of_probe() -> None:
    """The tag came beside a date that did not move, so it may be of other bytes than the identity's."""
    dated = judge(None, seen(MODIFIED, "Content-Length: 5"))
    observation = seen(MODIFIED, "Content-Length: 5", 'ETag: "new"')
    document = of_probe([(observation, judge(kept(dated), observation))])
    guessed = {item["scheme"]: item["guessed"] for item in document["references"][0]["evidence"]}
    assert guessed == {"etag": True, "last-modified": False, "length": False}


def test_what_came_with_a_certain_verdict_is_certain_later() -> None:
    hashed = ("X-Checksum-Sha1: " + "ab" * 20,)
    tagged = judge(kept(judge(None, seen(*hashed))), seen(*hashed, 'ETag: "a"'))
    assert (tagged.change, tagged.certainty) == (Change.UNCHANGED, Certainty.CERTAIN)
    assert not_modified(kept(tagged)).certainty is Certainty.CERTAIN


def test_a_guess_does_not_count_beside_what_is_certain() -> None:
    sha = Evidence("sha1", "ab" * 20, Strength.CONTENT, guessed=True)
    tag = Evidence("etag", "a", Strength.STRONG)
    known = Recorded(tag.identity, (sha, tag))
    verdict = judge(known, seen('ETag: "a"', "X-Checksum-Sha1: " + "cd" * 20))
    assert (verdict.change, verdict.certainty) == (Change.UNCHANGED, Certainty.CERTAIN)


@pytest.mark.parametrize(
    ("lines", "coded"),
    [
        (("Content-Encoding: gzip",), True),
        (("Content-Encoding: x-gzip",), True),
        (("Content-Encoding: br", "Content-Encoding: gzip"), True),
        (("Content-Encoding: aws-chunked",), False),
        (("Content-Encoding: utf-8",), False),
        (("Content-Encoding: identity",), False),
    ],
)
def test_what_is_stated_of_compressed_bytes_is_not_of_the_file(
    lines: tuple[str, ...], *, coded: bool
) -> None:
    stated = ("Content-Length: 40", "Repr-Digest: sha-256=:" + "a" * 43 + "=:", *lines)
    counting = {item.scheme for item in of_hops((hop(*stated),)) if not item.ignored}
    assert counting == (set() if coded else {"length", "sha256"})


def test_a_digest_of_compressed_bytes_is_not_compared_with_one_of_the_plain() -> None:
    plain = Evidence("sha256", "ab" * 32, Strength.CONTENT)
    coded = Evidence("sha256-gzip", "cd" * 32, Strength.CONTENT)
    verdict = judge(
        Recorded(plain.identity, (plain,)), Observation(URL, ProbeOutcome.SEEN, Reason("observed"), (coded,))
    )
    assert (verdict.change, verdict.keep) == (Change.UNKNOWN, None)
    other = Evidence("sha256-gzip", "ef" * 32, Strength.CONTENT)
    changed = judge(
        Recorded(coded.identity, (coded,)), Observation(URL, ProbeOutcome.SEEN, Reason("observed"), (other,))
    )
    # The same file compressed by another version of zlib has other bytes.
    assert (changed.change, changed.certainty) == (Change.CHANGED, Certainty.PROBABLE)


def test_equal_lengths_are_not_called_incomparable() -> None:
    known = kept(judge(None, seen("Content-Length: 5")))
    reason = judge(known, seen("Content-Length: 5")).reason.text
    assert reason == "the origin states no stable evidence; its length is 5, and equal lengths prove nothing"
    tagged = judge(known, seen("Content-Length: 5", 'ETag: "a"'))
    assert (
        tagged.reason.text == "the origin now states etag, which was not recorded: the two can't be compared"
    )
    gone = judge(
        kept(judge(None, seen("Content-Length: 5", 'ETag: "a"'))), seen("Content-Length: 5", MODIFIED)
    )
    assert (
        gone.reason.text
        == "the origin now states last-modified, and etag was recorded: the two can't be compared"
    )
