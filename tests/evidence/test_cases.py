"""The 70 edge cases of evidence, by their numbers: what headers decide; last, where the wire is asked.

"Maybe changed" is a verdict of changed that is probable, and "probably unchanged" likewise.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

import pytest

from freshlayer.decisions.verdict import judge
from freshlayer.evidence import Hop, of_hops, strongest, total_length, unsettled, validators
from freshlayer.evidence.sums import digest_of
from freshlayer.model.evidence import Strength, Validators
from freshlayer.model.observation import Certainty, Change, Observation, ProbeOutcome, Recorded
from freshlayer.model.reasons import Reason
from freshlayer.reference import parse

TESTS = Path(__file__).parents[1]
URL = parse("https://example.org/a")
MD5, SHA1, SHA256 = "d4" * 16, "2323" + "ab" * 18, "c0" * 32
OTHER_MD5 = "e5" * 16
LM = "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT"  # 1700000000 = 0x6553f100
LATER = "Last-Modified: Tue, 14 Nov 2023 22:13:21 GMT"
DATE = "Date: Tue, 14 Nov 2023 22:13:20 GMT"
CL = "Content-Length: 5600"
US = f"{1_700_000_000_123_456:x}"
GZIP = "Content-Encoding: gzip"
DATED = ("last-modified", "1700000000/-", Strength.HEURISTIC)
APACHE_SAYS = ("mtime-us", "1700000000123456/5600", Strength.WEAK)
NGINX, APACHE = f'ETag: "6553f100-15e0"\n{LM}\n{CL}', f"{LM}\n{CL}\nETag: "
S3 = "x-amz-request-id: 1\nETag: "
KMS, CUSTOMER = "x-amz-server-side-encryption", "x-amz-server-side-encryption-customer-algorithm"
PARTS, WHOLE = f'{S3}"{MD5}-2"', f'{S3}"{OTHER_MD5}"'
REVISION_1, REVISION_2 = (f'x-ms-request-id: 1\nETag: "0x8D{n}"' for n in (1, 2))
COMPRESSED = f'{GZIP}\nETag: "t"'
X_CHECKSUMS = f"X-Checksum-Sha1: {SHA1}\nX-Checksum-Sha256: {SHA256.upper()}"
CONTENT, STRONG, CHECKSUM = Strength.CONTENT, Strength.STRONG, Strength.CHECKSUM
WEAK, HEURISTIC, SIZE = Strength.WEAK, Strength.HEURISTIC, Strength.SIZE
UNCHANGED, CHANGED, UNKNOWN = Change.UNCHANGED, Change.CHANGED, Change.UNKNOWN
SURE, MAYBE = Certainty.CERTAIN, Certainty.PROBABLE


def b64(digest: str) -> str:
    return base64.b64encode(bytes.fromhex(digest)).decode()


NEXUS = f"{{SHA1{{{SHA1}}}}}"
CRC, AMZ = f"x-amz-checksum-crc32c: {b64('aabbccdd')}", f"x-amz-checksum-sha256: {b64(SHA256)}"
GOOGLE_CRC, GOOGLE = f"x-goog-hash: crc32c={b64('aabbccdd')}", f"x-goog-hash: md5={b64(MD5)}"
REPR = f"Repr-Digest: sha-256=:{b64(SHA256)}:"
PART_MD5 = f"Content-MD5: {b64(OTHER_MD5)}"
CONTENT_MD5, BLOB_MD5 = f"Content-MD5: {b64(MD5)}", f"x-ms-blob-content-md5: {b64(MD5)}"


@dataclass(frozen=True, slots=True)
class Says:
    """What one answer says: the strongest evidence, and the code of why something of it is ignored."""

    number: int
    sentence: str
    headers: str
    best: tuple[str, str, Strength] | None
    ignored: str = ""
    status: int = 200


@dataclass(frozen=True, slots=True)
class Becomes:
    """The verdict on an answer after another."""

    number: int
    sentence: str
    before: str
    now: str
    change: Change
    certainty: Certainty
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Measures:
    """The full length that an answer tells, in octets."""

    number: int
    sentence: str
    headers: str
    length: int | None
    status: int = 200


CASES: tuple[Says | Becomes | Measures, ...] = (
    Says(1, "Nexus states the SHA-1", f'ETag: "{NEXUS}"', ("sha1", SHA1, CONTENT)),
    Says(2, "without quotes", f"ETag: {NEXUS}", ("sha1", SHA1, CONTENT)),
    Says(2, "weakened by a proxy", f'{GZIP}\nETag: W/"{NEXUS}"', ("sha1", SHA1, CONTENT)),
    Becomes(2, "a proxy weakens the tag", f'ETag: "{NEXUS}"', f'ETag: W/"{NEXUS}"', UNCHANGED, SURE),
    Says(3, "Nexus passes the upstream's tag on", 'Server: Nexus/3\nETag: "abc"', ("etag", "abc", STRONG)),
    Says(4, "39 digits", f'ETag: "{{SHA1{{{SHA1[1:]}}}}}"', ("etag", f"{{SHA1{{{SHA1[1:]}}}}}", STRONG)),
    Says(5, "Artifactory", f"ETag: {SHA1}\n{X_CHECKSUMS}", ("sha256", SHA256, CONTENT)),
    Says(5, "Artifactory's tag alone", f"X-JFrog-Version: 7\nETag: {SHA1}", ("sha1", SHA1, CONTENT)),
    Says(6, "40 digits of an unknown vendor", f"ETag: {SHA1}", ("etag", SHA1, STRONG)),
    Says(7, "32 digits of S3", f'{S3}"{MD5}"', ("md5", MD5, CONTENT)),
    Says(8, "S3 with KMS", f'{KMS}: aws:kms:dsse\n{S3}"{MD5}"', ("etag", MD5, STRONG), "tag-not-md5"),
    Says(8, "a customer's key", f'{CUSTOMER}: AES256\n{S3}"{MD5}"', ("etag", MD5, STRONG), "tag-not-md5"),
    Says(8, "S3's own key", f'{KMS}: AES256\n{S3}"{MD5}"', ("md5", MD5, CONTENT)),
    Becomes(9, "stored in parts, then in one", PARTS, WHOLE, CHANGED, MAYBE),
    Becomes(9, "a checksum of both", f"{CRC}\n{PARTS}", f"{CRC}\n{WHOLE}", UNCHANGED, MAYBE),
    Says(10, "one part is not the whole", f'{S3}"{MD5}-1"', ("etag", f"{MD5}-1", STRONG), "digest-of-parts"),
    Says(11, "32 digits of an unknown vendor", f'Server: nginx\nETag: "{MD5}"', ("etag", MD5, STRONG)),
    Says(12, "a hash of hashes", f"{AMZ}-2", None, "digest-of-parts"),
    Says(12, "composite by its type", f"x-amz-checksum-type: COMPOSITE\n{AMZ}", None, "digest-of-parts"),
    Becomes(13, "a checksum is no longer stated", f"{AMZ}\n{PARTS}", PARTS, UNCHANGED, SURE),
    Says(14, "two lines of hashes", f"{GOOGLE_CRC}\n{GOOGLE}", ("md5", MD5, CONTENT)),
    Says(15, "a composed object of GCS", f'{GOOGLE_CRC}\nETag: "CJ+x"', ("etag", "CJ+x", STRONG)),
    Becomes(16, "GCS", f'ETag: "CJ"\n{GOOGLE}', f'ETag: "CK"\n{GOOGLE}\n{LATER}', UNCHANGED, SURE),
    # An MD5 that a client set on the blob, and may have left as it was: unchanged, as far as it can be known.
    Becomes(17, "Azure", f"{REVISION_1}\n{CONTENT_MD5}", f"{REVISION_2}\n{CONTENT_MD5}", UNCHANGED, MAYBE),
    Becomes(18, "Azure, a new revision", REVISION_1, REVISION_2, CHANGED, MAYBE),
    Says(19, "of the part", f"{PART_MD5}\n{BLOB_MD5}", ("md5", MD5, CHECKSUM), "digest-of-part", status=206),
    Says(20, "nginx", NGINX, ("mtime-s", "1700000000/5600", WEAK)),
    Says(21, "another date", NGINX.replace(LM, LATER), ("etag", "6553f100-15e0", STRONG)),
    Becomes(21, "another date", NGINX.replace(LM, LATER), NGINX.replace(LM, LATER), UNCHANGED, MAYBE),
    Says(22, "Apache with inode", f'{APACHE}"2a-15e0-{US}"', APACHE_SAYS),
    Becomes(22, "two inodes", f'{APACHE}"2a-15e0-{US}"', f'{APACHE}"ffe1-15e0-{US}"', UNCHANGED, MAYBE),
    Becomes(23, "Apache's file aged", f'{APACHE}W/"15e0-{US}"', f'{APACHE}"15e0-{US}"', UNCHANGED, MAYBE),
    Becomes(23, "the tag grew strong", 'ETag: W/"t"', 'ETag: "t"', UNCHANGED, MAYBE),
    Becomes(24, "Apache compresses", 'ETag: "t"', f'ETag: "t-gzip"\n{GZIP}', UNCHANGED, MAYBE),
    Says(24, "the core of Apache's tag", 'ETag: "t-gzip"', ("etag", "t", WEAK)),
    Becomes(25, "nginx compresses", 'ETag: "t"', f'ETag: W/"t"\n{GZIP}', UNCHANGED, MAYBE),
    Becomes(26, "nginx, an old file", NGINX, NGINX, UNCHANGED, MAYBE),
    Becomes(26, "nginx, a young file", NGINX, f"{NGINX}\n{DATE}", UNCHANGED, MAYBE, "may change again"),
    Says(27, "Last-Modified is Date", f"{LM}\n{DATE}\n{CL}", ("length", "5600", SIZE), "date-generated"),
    Says(28, "Last-Modified is to come", f"{LATER}\n{DATE}", ("last-modified", "1700000001/-", HEURISTIC)),
    Says(29, "RFC 850", "Last-Modified: Tuesday, 14-Nov-23 22:13:20 GMT", DATED),
    Says(29, "asctime", "Last-Modified: Tue Nov 14 22:13:20 2023", DATED),
    Says(29, "no date", "Last-Modified: yesterday", None, "date-malformed"),
    Becomes(30, "back, same hash", f"{LATER}\n{REPR}", f"{LM}\n{REPR}", UNCHANGED, SURE),
    Becomes(30, "back, no hash", LATER, LM, CHANGED, MAYBE),
    Measures(31, "a range in place of HEAD", "Content-Range: bytes 0-0/5000\nContent-Length: 1", 5000, 206),
    Measures(32, "the range is ignored", "Content-Length: 5000", 5000),
    Measures(33, "a range with status 200", "Content-Range: bytes 0-0/5000\nContent-Length: 1", 5000),
    Measures(34, "the whole is not told", "Content-Range: bytes 0-0/*\nContent-Length: 1", None, 206),
    Measures(35, "an empty file", "Content-Range: bytes */0\nContent-Length: 190", 0, 416),
    Says(35, "an empty file's tag", 'Content-Range: bytes */0\nETag: "t"', ("etag", "t", STRONG), status=416),
    Becomes(36, "HEAD has no length", f"{LM}\n{CL}", LM, UNCHANGED, MAYBE),
    Becomes(36, "HEAD has no length, a tag", f'ETag: "t"\n{CL}', 'ETag: "t"', UNCHANGED, SURE),
    Becomes(36, "HEAD has no length, nginx", NGINX, NGINX.replace(CL, "Via: x"), UNCHANGED, MAYBE),
    Measures(37, "compressed though asked not to", f"Content-Length: 20\n{GZIP}", None),
    Becomes(37, "two lengths", f"{COMPRESSED}\n{CL}", f"{COMPRESSED}\n{CL}6", UNCHANGED, MAYBE),
    Says(38, "compressed", f"{COMPRESSED}\n{CONTENT_MD5}\n{CL}", ("etag", "t", WEAK), "of-compressed-form"),
    Says(39, "the digest of a compressed form", f"{REPR}\n{GZIP}", None, "of-compressed-form"),
    Says(40, "a digest that is none", "Repr-Digest: sha-256=:bad:", None, "digest-malformed"),
    Becomes(47, "an equal tag with status 200", 'ETag: "t"', 'ETag: "t"', UNCHANGED, SURE),
    Becomes(62, "a proxy drops the tag", f'ETag: "t"\n{LM}\n{CL}', f"{LM}\n{CL}", UNCHANGED, MAYBE),
    Becomes(62, "and the date moved", f'ETag: "t"\n{LM}\n{CL}', f"{LATER}\n{CL}", CHANGED, MAYBE),
    Says(63, "an empty tag", 'ETag: ""', None, "tag-placeholder"),
    Says(63, "an empty weak tag", 'ETag: W/""', None, "tag-placeholder"),
    Says(63, "two tags in one line", 'ETag: "t", "u"', None, "tag-ambiguous"),
    Says(63, "blanks and commas", 'ETag: "a, b c"', ("etag", "a, b c", STRONG)),
    Says(63, "two lines that agree", 'ETag: "t"\nETag: "t"', ("etag", "t", STRONG)),
    Says(63, "two lines that differ", 'ETag: "t"\nETag: "u"', None, "tag-ambiguous"),
    Says(64, "no quotes", "ETag: abc", ("etag", "abc", STRONG)),
    Says(64, "a small w", 'ETag: w/"abc"', ("etag", "abc", WEAK)),
    Measures(65, "no length", "", None),
    Measures(65, "twice", "Content-Length: 5\nContent-Length: 5", 5),
    Measures(65, "a list", "Content-Length: 5, 5", 5),
    Measures(65, "two lengths", "Content-Length: 5\nContent-Length: 6", None),
    Measures(65, "a list of two lengths", "Content-Length: 5, 6", None),
    Measures(65, "less than nothing", "Content-Length: -5", None),
    Says(65, "less than nothing", "Content-Length: -5", None, "length-unusable"),
    Becomes(66, "a common weaker hash", f"{REPR}\n{CONTENT_MD5}", CONTENT_MD5, UNCHANGED, SURE),
    Becomes(66, "two mirrors, two hashes", REPR, CONTENT_MD5, UNKNOWN, MAYBE),
    Becomes(
        68, "from a cache", REPR, f"{REPR}\nAge: 290", UNCHANGED, MAYBE, "290 s old, which may be out of date"
    ),
    Becomes(69, "no evidence any more", 'ETag: "t"', "Server: x", UNKNOWN, MAYBE, "no evidence"),
    Says(69, "no evidence", "Server: x\nContent-Type: text/html\nX-Request-Id: 1", None),
)


def hop(headers: str, status: int = 200) -> Hop:
    lines = [line.partition(":")[::2] for line in headers.splitlines()]
    return Hop(status, tuple((name.lower(), value.strip()) for name, value in lines))


def seen(headers: str) -> Observation:
    answer = hop(headers)
    return Observation(URL, ProbeOutcome.SEEN, Reason("observed"), of_hops((answer,)), validators(answer))


def recorded(headers: str) -> Recorded:
    keep = judge(None, seen(headers)).keep
    assert keep is not None
    return keep


def named(case: Says | Becomes | Measures) -> str:
    return f"case {case.number} {case.sentence}"


@pytest.mark.parametrize("case", [case for case in CASES if isinstance(case, Says)], ids=named)
def test_an_answer_says(case: Says) -> None:
    found = of_hops((hop(case.headers, case.status),))
    best = strongest(found)
    assert (best and (best.scheme, best.value, best.strength)) == case.best
    codes = {item.ignored.code for item in found if item.ignored}
    assert not case.ignored or case.ignored in codes


@pytest.mark.parametrize("case", [case for case in CASES if isinstance(case, Becomes)], ids=named)
def test_an_answer_after_another_is(case: Becomes) -> None:
    known = recorded(case.before)
    verdict = judge(known, seen(case.now))
    assert (verdict.change, verdict.certainty) == (case.change, case.certainty)
    assert case.reason in verdict.reason.text
    # What can't be compared is not kept: it stays unknown, and loud, rather than be taken for known.
    assert (verdict.keep and verdict.keep.identity) == (None if case.change is UNKNOWN else verdict.identity)
    assert case.change is CHANGED or verdict.identity == known.identity


@pytest.mark.parametrize("case", [case for case in CASES if isinstance(case, Measures)], ids=named)
def test_an_answer_tells_the_length(case: Measures) -> None:
    assert total_length(hop(case.headers, case.status)) == case.length


def test_case_15_the_checksum_of_a_composed_object_is_kept_beside_its_tag() -> None:
    found = of_hops((hop(f'{GOOGLE_CRC}\nETag: "CJ"'),))
    assert [(item.scheme, item.strength) for item in found] == [("etag", STRONG), ("crc32c", CHECKSUM)]


def test_case_27_a_made_up_date_is_never_sent_back() -> None:
    assert validators(hop(f"{LM}\n{DATE}")) == Validators()


def test_case_41_another_signature_in_the_redirect_changes_nothing() -> None:
    chains = [(hop(f"Location: https://cdn/a?sig={n}", 302), hop('ETag: "t"')) for n in (1, 2)]
    assert of_hops(chains[0]) == of_hops(chains[1])


def test_case_41_of_a_redirect_only_what_it_says_of_its_target_counts() -> None:
    first = hop(f'ETag: "redirect"\n{LM}\nContent-Length: 0\n{CONTENT_MD5}\nX-Checksum-Sha1: {SHA1}', 302)
    found = of_hops((first, hop('ETag: "t"\nContent-Length: 5')))
    counting = [(item.scheme, item.value, item.hop) for item in found if not item.ignored]
    assert counting == [("sha1", SHA1, 0), ("etag", "t", 1), ("length", "5", 1)]
    assert [item.ignored for item in found if item.scheme == "md5"] == [Reason("of-redirect")]


@pytest.mark.parametrize("tag", [f'"{SHA256}"', f'W/"{SHA256}"', SHA256])
def test_case_42_hugging_face_states_the_sha256_on_the_redirect(tag: str) -> None:
    best = strongest(of_hops((hop(f"X-Linked-ETag: {tag}", 302), hop('ETag: "cdn"'))))
    assert best is not None
    assert (best.scheme, best.value, best.strength, best.hop) == ("sha256", SHA256, CONTENT, 0)


@pytest.mark.parametrize("reason", ["401 Unauthorized", "403", "429", "503", "timed out"])
def test_case_44_an_origin_that_fails_is_unknown_and_keeps_the_identity(reason: str) -> None:
    kept = recorded('ETag: "a"')
    verdict = judge(kept, Observation(URL, ProbeOutcome.UNKNOWN, Reason("probe-failed", detail=reason)))
    assert (verdict.change, verdict.identity, verdict.keep) == (UNKNOWN, kept.identity, None)
    assert (verdict.reason.text, verdict.is_observed) == (reason, False)


def test_case_45_present_then_absent_keeps_the_identity() -> None:
    kept = recorded('ETag: "a"')
    verdict = judge(
        kept, Observation(URL, ProbeOutcome.ABSENT, Reason("probe-failed", detail="404 Not Found"))
    )
    assert (verdict.change, verdict.identity, verdict.keep) == (Change.ABSENT, kept.identity, None)
    assert not verdict.is_observed


def test_case_45_absent_then_present_has_an_identity_where_there_was_none() -> None:
    absent = judge(
        None, Observation(URL, ProbeOutcome.ABSENT, Reason("probe-failed", detail="404 Not Found"))
    )
    assert (absent.change, absent.identity, absent.keep) == (Change.ABSENT, None, None)
    assert judge(None, seen('ETag: "a"')).identity is not None


@pytest.mark.parametrize(
    ("headers", "certainty"),
    [('ETag: "a"', SURE), ('ETag: W/"a"', MAYBE), (NGINX, MAYBE), ('ETag: "1618574428"', MAYBE), (LM, MAYBE)],
)
def test_case_46_not_modified_is_unchanged_whatever_else_it_says(headers: str, certainty: Certainty) -> None:
    kept = recorded(headers)
    verdict = judge(
        kept, Observation(URL, ProbeOutcome.NOT_MODIFIED, Reason("probe-failed", detail="304 Not Modified"))
    )
    assert (verdict.change, verdict.certainty, verdict.identity) == (UNCHANGED, certainty, kept.identity)
    assert verdict.keep == kept


@pytest.mark.parametrize("tag", ['"a"', 'W/"a"', '"a-gzip"', '"6553f100-15e0"', "abc"])
def test_case_48_a_tag_is_sent_back_letter_for_letter(tag: str) -> None:
    assert validators(hop(f"ETag: {tag}")).entity_tag == tag


@pytest.mark.parametrize(
    "text",
    [SHA1, f"{SHA1}\n", SHA1.upper(), f"{SHA1}  a.jar\n", f"{SHA1} *a.jar", f"SHA1(a.jar)= {SHA1}"],
)
def test_case_56_a_checksum_is_read_in_every_form(text: str) -> None:
    assert digest_of(text, "a.jar", "sha1") == SHA1


def test_case_56_a_page_in_place_of_a_checksum_states_nothing() -> None:
    assert not digest_of(f"<html>{SHA1}</html>", "a.jar", "sha1")


def test_case_67_a_token_is_not_in_the_reference_that_the_key_is_made_of() -> None:
    assert parse("https://example.org/a?token=s3cr3t").text == "https://example.org/a"


def test_case_68_not_modified_out_of_a_cache_is_not_certain() -> None:
    answer = Observation(URL, ProbeOutcome.NOT_MODIFIED, Reason("observed"), of_hops((hop("Age: 290", 304),)))
    verdict = judge(recorded('ETag: "a"'), answer)
    assert (verdict.change, verdict.certainty) == (UNCHANGED, MAYBE)
    assert "290 s old, which may be out of date" in verdict.reason.text


def test_case_69_an_answer_without_evidence_is_unknown() -> None:
    verdict = judge(None, seen("Server: x"))
    assert (verdict.change, verdict.identity, verdict.keep) == (UNKNOWN, None, None)


def test_case_70_a_tag_that_differs_a_moment_later_does_not_count() -> None:
    first, second = (of_hops((hop(f'ETag: "{n}"\n{LM}'),)) for n in (1, 2))
    best = strongest(unsettled(first, second))
    assert best is not None
    assert best.scheme == "last-modified"


PROBE, ROUTES, GIT = "probe/test_probe.py", "probe/test_routes.py", "probe/test_git.py"
IMAGE = "probe/test_image.py"

ON_THE_WIRE: dict[int, tuple[str, ...]] = {
    31: (f"{PROBE}::test_a_refused_head_is_followed_by_a_ranged_get_of_one_byte",),
    41: (
        f"{ROUTES}::test_playback_case_41_a_release_asset_is_known_by_its_hash_behind_another_signature_each_time",
    ),
    42: (
        f"{ROUTES}::test_playback_case_42_hugging_face_is_asked_on_the_first_hop_and_its_token_stays_there",
    ),
    43: (f"{PROBE}::test_a_login_page_in_place_of_an_archive_is_unknown_not_changed",),
    44: (
        f"{PROBE}::test_what_an_origin_does_wrong_is_unknown_with_its_reason",
        f"{PROBE}::test_a_busy_origin_is_asked_again_after_the_time_that_it_names",
    ),
    46: (f"{PROBE}::test_a_conditional_request_sends_the_tag_as_it_came",),
    48: (f"{PROBE}::test_a_conditional_request_sends_the_tag_as_it_came",),
    49: (f"{IMAGE}::test_a_tag_is_known_by_its_digest_and_costs_one_head_with_all_four_types",),
    50: (f"{IMAGE}::test_case_50_an_index_that_changed_for_other_platforms_is_unchanged_and_says_so",),
    51: (f"{GIT}::test_an_annotated_tag_is_peeled_so_that_tagging_again_is_no_change",),
    52: (f"{GIT}::test_case_52_an_amended_commit_is_a_change_though_its_tree_is_equal",),
    53: (f"{GIT}::test_only_the_very_name_counts_and_a_branch_goes_before_a_tag",),
    54: (
        f"{GIT}::test_only_the_very_name_counts_and_a_branch_goes_before_a_tag",
        f"{GIT}::test_case_54_of_a_branch_and_a_tag_of_one_name_both_commits_are_shown",
    ),
    55: ("probe/test_maven.py::test_case_55_a_snapshot_is_known_by_the_checksum_of_what_it_stands_for",),
    56: (f"{ROUTES}::test_case_56_a_page_in_place_of_a_checksum_states_nothing",),
    57: (f"{ROUTES}::test_case_57_a_checksum_older_than_its_file_does_not_count",),
    58: (f"{ROUTES}::test_case_58_a_release_that_was_only_signed_again_is_unchanged",),
    59: (f"{ROUTES}::test_playback_case_59_a_version_of_a_package_is_known_by_its_integrity",),
    60: (
        f"{ROUTES}::test_case_60_a_file_added_to_an_index_of_packages_is_a_change_and_another_order_is_none",
    ),
    # The page holds a serial that rises while the files stay the same.
    61: (
        f"{ROUTES}::test_case_60_a_file_added_to_an_index_of_packages_is_a_change_and_another_order_is_none",
    ),
    67: ("state/test_sqlite.py::test_no_credential_reaches_the_file",),
    69: (f"{PROBE}::test_a_small_body_without_evidence_is_known_by_its_digest",),
    70: (f"{PROBE}::test_a_tag_that_differs_at_every_request_is_noticed_and_the_bytes_are_read",),
}
"""Case → the tests, across the wire, of what headers alone do not decide."""


def exists(test: str) -> bool:
    path, _, name = test.partition("::")
    file = TESTS / path
    return file.exists() and f"def {name}(" in file.read_text("utf-8")


def test_every_case_has_its_test() -> None:
    functions = {int(name.split("_")[2]) for name in globals() if name.startswith("test_case_")}
    assert {case.number for case in CASES} | functions | set(ON_THE_WIRE) == set(range(1, 71))


def test_the_cases_stand_in_order() -> None:
    numbers = [case.number for case in CASES]
    assert numbers == sorted(numbers)


def test_every_test_across_the_wire_exists() -> None:
    named_tests = {test for tests in ON_THE_WIRE.values() for test in tests}
    assert {test for test in named_tests if not exists(test)} == set()
