"""Header tables, with the numbers of the edge cases of facts/origins.md §4.4 in the ids."""

from __future__ import annotations

import base64
import hashlib

import pytest

from freshlayer.evidence import Hop, of_hops, strongest, total_length, validators
from freshlayer.model import Evidence, Strength, Validators

SHA1 = "2323" + "ab" * 18
SHA256 = "c0" * 32
SHA512 = "5a" * 64
MD5 = "d4" * 16
LM = "Tue, 14 Nov 2023 22:13:20 GMT"  # 1700000000 = 0x6553f100
APACHE_US = f"{1_700_000_000_123_456:x}"


def b64(digest: str) -> str:
    return base64.b64encode(bytes.fromhex(digest)).decode()


def hop(*lines: str, status: int = 200) -> Hop:
    pairs = [line.partition(":")[::2] for line in lines]
    return Hop(status, tuple((name.strip().lower(), value.strip()) for name, value in pairs))


def best(*lines: str, status: int = 200) -> tuple[str, str, Strength] | None:
    found = strongest(of_hops((hop(*lines, status=status),)))
    return (found.scheme, found.value, found.strength) if found else None


CONTENT = [
    ("case 1 Nexus tag", [f'ETag: "{{SHA1{{{SHA1}}}}}"'], "sha1", SHA1),
    ("case 2 Nexus tag, unquoted", [f"ETag: {{SHA1{{{SHA1}}}}}"], "sha1", SHA1),
    ("case 2 Nexus tag, weakened by a proxy", [f'ETag: W/"{{SHA1{{{SHA1}}}}}"'], "sha1", SHA1),
    ("Nexus tag in upper case", [f'ETag: "{{SHA1{{{SHA1.upper()}}}}}"'], "sha1", SHA1),
    (
        "case 5 Artifactory",
        [f"ETag: {SHA1}", f"X-Checksum-Sha1: {SHA1}", f"X-Checksum-Sha256: {SHA256.upper()}"],
        "sha256",
        SHA256,
    ),
    ("X-Checksum-Md5", [f"X-Checksum-Md5: {MD5}"], "md5", MD5),
    ("X-Checksum-Sha512 wins", [f"X-Checksum-Md5: {MD5}", f"X-Checksum-Sha512: {SHA512}"], "sha512", SHA512),
    ("Repr-Digest", [f"Repr-Digest: sha-256=:{b64(SHA256)}:"], "sha256", SHA256),
    (
        "Repr-Digest, the strongest of two",
        [f"Repr-Digest: sha-256=:{b64(SHA256)}:, sha-512=:{b64(SHA512)}:"],
        "sha512",
        SHA512,
    ),
    ("Digest of RFC 3230", [f"Digest: SHA-256={b64(SHA256)}"], "sha256", SHA256),
    ("Digest, sha", [f"Digest: sha={b64(SHA1)},unixsum=30637"], "sha1", SHA1),
    ("Content-MD5", [f"Content-MD5: {b64(MD5)}"], "md5", MD5),
    ("a hash beats a strong tag", ['ETag: "v1"', f"Content-MD5: {b64(MD5)}"], "md5", MD5),
]


@pytest.mark.parametrize(("lines", "scheme", "value"), [c[1:] for c in CONTENT], ids=[c[0] for c in CONTENT])
def test_a_stated_hash_is_content(lines: list[str], scheme: str, value: str) -> None:
    assert best(*lines) == (scheme, value, Strength.CONTENT)


STORY_OLD = "{SHA1{465fb0d9b9f143ad691c7c3bcf3801b47284f8555}}"
STORY_NEW = "{SHA1{465fb0d9b9f143ad691c7c3bcf3801b47284f8333}}"

STRONG = [
    ("case 3 Nexus proxy with the upstream's tag", '"abc"', "abc"),
    ("case 4 Nexus form with 39 digits", f'"{{SHA1{{{SHA1[:39]}}}}}"', f"{{SHA1{{{SHA1[:39]}}}}}"),
    ("Nexus form with 41 digits: the story's old tag", f'"{STORY_OLD}"', STORY_OLD),
    ("Nexus form with 41 digits: the story's new tag", f'"{STORY_NEW}"', STORY_NEW),
    ("case 6 bare 40 digits of an unknown vendor", SHA1, SHA1),
    ("case 11 32 digits of an unknown vendor", f'"{MD5}"', MD5),
    ("case 10 S3 multipart", f'"{MD5}-1"', f"{MD5}-1"),
    ("case 63 an empty tag", '""', ""),
    ("case 63 blanks and commas", '"a, b c"', "a, b c"),
    ("case 64 unquoted", "abc", "abc"),
    ("octets above ASCII", '"\xe9"', "\xe9"),
]


@pytest.mark.parametrize(("tag", "value"), [c[1:] for c in STRONG], ids=[c[0] for c in STRONG])
def test_an_opaque_tag_is_strong_and_no_hash(tag: str, value: str) -> None:
    found = of_hops((hop(f"ETag: {tag}"),))
    assert [(item.scheme, item.value, item.strength, item.ignored) for item in found] == [
        ("etag", value, Strength.STRONG, "")
    ]


WEAK = [
    ("W/", 'W/"t"'),
    ("case 64 w/ in small letters", 'w/"t"'),
    ("case 24 Apache -gzip", '"t-gzip"'),
    ("Apache --gzip", '"t--gzip"'),
    ("Jetty ;gzip", '"t;gzip"'),
    ("-br", '"t-br"'),
    ("case 25 nginx gzip", 'W/"t"'),
    ("both", 'W/"t-gzip"'),
]


@pytest.mark.parametrize("tag", [c[1] for c in WEAK], ids=[c[0] for c in WEAK])
def test_a_weak_or_suffixed_tag_has_the_same_core_and_is_weak(tag: str) -> None:
    assert best(f"ETag: {tag}") == ("etag", "t", Strength.WEAK)


def test_case_63_an_empty_weak_tag_is_valid() -> None:
    assert best('ETag: W/""') == ("etag", "", Strength.WEAK)


def test_case_63_equal_lines_are_one_tag_and_unequal_ones_are_none() -> None:
    assert best('ETag: "a"', 'ETag: "a"') == ("etag", "a", Strength.STRONG)
    assert best('ETag: "a"', 'ETag: "b"') is None


def test_case_38_a_tag_of_a_compressed_form_is_weak_and_its_hashes_and_length_do_not_count() -> None:
    found = of_hops(
        (hop('ETag: "t"', "Content-Encoding: gzip", f"Content-MD5: {b64(MD5)}", "Content-Length: 9"),)
    )
    counting = [(item.scheme, item.value, item.strength) for item in found if not item.ignored]
    assert counting == [("etag", "t", Strength.WEAK)]


MTIME = [
    ("case 20 nginx", '"6553f100-15e0"', "mtime-s", "1700000000/5600"),
    ("case 20 nginx, weak", 'W/"6553f100-15e0"', "mtime-s", "1700000000/5600"),
    ("Apache", f'"15e0-{APACHE_US}"', "mtime-us", "1700000000123456/5600"),
    ("case 22 Apache with inode", f'"2a-15e0-{APACHE_US}"', "mtime-us", "1700000000123456/5600"),
    ("case 22 Apache with the other inode", f'"ffe1-15e0-{APACHE_US}"', "mtime-us", "1700000000123456/5600"),
    ("Apache, compressed on the way", f'"15e0-{APACHE_US}-gzip"', "mtime-us", "1700000000123456/5600"),
]


@pytest.mark.parametrize(("tag", "scheme", "value"), [c[1:] for c in MTIME], ids=[c[0] for c in MTIME])
def test_a_tag_that_is_an_mtime_in_disguise_is_weak(tag: str, scheme: str, value: str) -> None:
    assert best(f"ETag: {tag}", f"Last-Modified: {LM}", "Content-Length: 5600") == (
        scheme,
        value,
        Strength.WEAK,
    )


@pytest.mark.parametrize(
    "lines",
    [
        ["Last-Modified: Tue, 14 Nov 2023 22:13:21 GMT", "Content-Length: 5600"],
        [f"Last-Modified: {LM}", "Content-Length: 5601"],
        ["Content-Length: 5600"],
    ],
    ids=["case 21 another Last-Modified", "another length", "no Last-Modified"],
)
def test_a_tag_that_arithmetic_does_not_prove_stays_strong(lines: list[str]) -> None:
    assert best('ETag: "6553f100-15e0"', *lines) == ("etag", "6553f100-15e0", Strength.STRONG)


def test_last_modified_stands_with_the_length_and_before_the_length_alone() -> None:
    found = of_hops((hop(f"Last-Modified: {LM}", "Content-Length: 5600"),))
    assert [(item.scheme, item.value, item.strength) for item in found] == [
        ("last-modified", "1700000000/5600", Strength.HEURISTIC),
        ("length", "5600", Strength.SIZE),
    ]


def test_case_27_last_modified_equal_to_date_is_ignored_with_a_reason() -> None:
    lines = (f"Last-Modified: {LM}", f"Date: {LM}")
    (found,) = [item for item in of_hops((hop(*lines),)) if item.scheme == "last-modified"]
    assert "Date" in found.ignored
    assert best(*lines) is None
    assert validators(hop(*lines)) == Validators()


def test_case_28_last_modified_in_the_future_is_no_error() -> None:
    found = of_hops((hop("Last-Modified: Fri, 31 Dec 2100 23:59:59 GMT", f"Date: {LM}"),))
    assert [item.scheme for item in found] == ["last-modified"]


@pytest.mark.parametrize(
    "text",
    [LM, "Tuesday, 14-Nov-23 22:13:20 GMT", "Tue Nov 14 22:13:20 2023"],
    ids=["case 29 preferred", "case 29 RFC 850", "case 29 asctime"],
)
def test_the_three_forms_of_a_date_are_one_moment(text: str) -> None:
    assert best(f"Last-Modified: {text}") == ("last-modified", "1700000000/-", Strength.HEURISTIC)


@pytest.mark.parametrize("text", ["yesterday", "0", "Tue, 31 Feb 2023 00:00:00 GMT", ""])
def test_case_29_a_date_that_is_none_is_ignored(text: str) -> None:
    assert best(f"Last-Modified: {text}") is None


LENGTHS = [
    ("case 32 Range ignored", 200, ["Content-Length: 5000"], 5000),
    ("case 31 a part", 206, ["Content-Range: bytes 0-0/5000", "Content-Length: 1"], 5000),
    ("case 33 200 with Content-Range", 200, ["Content-Range: bytes 0-0/5000", "Content-Length: 1"], 5000),
    ("case 34 a total that is not told", 206, ["Content-Range: bytes 0-0/*", "Content-Length: 1"], None),
    ("a part without Content-Range", 206, ["Content-Length: 1"], None),
    ("case 35 an empty file", 416, ["Content-Range: bytes */0", "Content-Length: 190"], 0),
    ("an error page's length", 416, ["Content-Length: 190"], None),
    ("case 37 forced gzip", 200, ["Content-Length: 20", "Content-Encoding: gzip"], None),
    ("identity is no encoding", 200, ["Content-Length: 20", "Content-Encoding: identity"], 20),
    ("case 65 absent", 200, [], None),
    ("case 65 twice, equal", 200, ["Content-Length: 5", "Content-Length: 5"], 5),
    ("case 65 a list of equals", 200, ["Content-Length: 5, 5"], 5),
    ("case 65 twice, unequal", 200, ["Content-Length: 5", "Content-Length: 6"], None),
    ("case 65 a list of unequals", 200, ["Content-Length: 5, 6"], None),
    ("case 65 negative", 200, ["Content-Length: -5"], None),
    ("no number", 200, ["Content-Length: 0x10"], None),
    ("absurd", 200, ["Content-Length: " + "9" * 40], None),
]


@pytest.mark.parametrize(("status", "lines", "length"), [c[1:] for c in LENGTHS], ids=[c[0] for c in LENGTHS])
def test_the_full_length_is_told_or_not(status: int, lines: list[str], length: int | None) -> None:
    assert total_length(hop(*lines, status=status)) == length


IGNORED = [
    (
        "case 39 Repr-Digest of a compressed form",
        [f"Repr-Digest: sha-256=:{b64(SHA256)}:", "Content-Encoding: gzip"],
    ),
    ("case 40 a digest that is no base64", ["Repr-Digest: sha-256=:bad:"]),
    ("a digest of the wrong length", [f"Repr-Digest: sha-256=:{b64(MD5)}:"]),
    ("an algorithm that nobody knows", [f"Repr-Digest: blake3=:{b64(SHA256)}:"]),
    ("a checksum that is no hexadecimal", ["X-Checksum-Sha1: " + "z" * 40]),
    ("a checksum that is cut", [f"X-Checksum-Sha1: {SHA1[:39]}"]),
    ("a checksum that is empty", ["X-Checksum-Sha1:"]),
    (
        "headers that say nothing of the bytes",
        ["Age: 3", "X-Request-Id: 1", "Server: x", "Content-Type: a/b"],
    ),
    ("case 69 no validators", []),
]


@pytest.mark.parametrize("lines", [c[1] for c in IGNORED], ids=[c[0] for c in IGNORED])
def test_what_can_not_count_gives_no_evidence(lines: list[str]) -> None:
    assert best(*lines) is None


def test_case_19_the_content_md5_of_a_part_is_no_hash_of_the_whole() -> None:
    assert best(f"Content-MD5: {b64(MD5)}", 'ETag: "t"', status=206) == ("etag", "t", Strength.STRONG)


def test_case_41_only_the_last_answer_of_a_redirect_counts_but_for_its_hashes() -> None:
    first = hop(
        'ETag: "redirect"',
        f"Last-Modified: {LM}",
        "Content-Length: 0",
        f"X-Checksum-Sha1: {SHA1}",
        status=302,
    )
    second = hop('ETag: "t"', "Content-Length: 5")
    found = [(item.scheme, item.value, item.hop) for item in of_hops((first, second))]
    assert found == [("sha1", SHA1, 0), ("etag", "t", 1), ("length", "5", 1)]


def test_case_41_another_signature_in_the_redirect_changes_nothing() -> None:
    last = hop('ETag: "t"')
    chains = [(hop(f"Location: https://cdn/a?sig={n}", status=302), last) for n in ("1", "2")]
    assert of_hops(chains[0]) == of_hops(chains[1])


MALFORMED = [
    ("an escape sequence", '"\x1b[2Jx"'),
    ("a NUL", '"\x00"'),
    ("a megabyte", '"' + "x" * 1_000_000 + '"'),
    ("no closing quote", '"abc'),
    ("a quote inside an unquoted tag", 'a"b'),
]


@pytest.mark.parametrize("tag", [c[1] for c in MALFORMED], ids=[c[0] for c in MALFORMED])
def test_a_malformed_tag_does_not_count_and_can_be_shown(tag: str) -> None:
    answer = Hop(200, (("etag", tag),))
    (found,) = of_hops((answer,))
    assert found.strength is Strength.NONE
    assert "malformed" in found.ignored
    assert found.value.isprintable()
    assert len(found.value) <= 64
    assert validators(answer) == Validators()


@pytest.mark.parametrize("tag", ['"a"', 'W/"a"', '"a-gzip"', '""', '"6553f100-15e0"', "abc"])
def test_a_validator_goes_back_letter_for_letter(tag: str) -> None:
    assert validators(hop(f"ETag: {tag}", f"Last-Modified: {LM}")) == Validators(tag, LM)


def test_a_date_that_is_none_is_no_validator() -> None:
    assert validators(hop("Last-Modified: yesterday")) == Validators()


def test_evidence_is_in_order_strongest_first() -> None:
    found = of_hops(
        (
            hop(
                "Content-Length: 3",
                f"Last-Modified: {LM}",
                'ETag: "t"',
                f"Content-MD5: {b64(MD5)}",
                f"X-Checksum-Sha256: {SHA256}",
            ),
        )
    )
    assert [item.scheme for item in found] == ["sha256", "md5", "etag", "last-modified", "length"]


def test_no_answer_is_no_evidence() -> None:
    assert of_hops(()) == ()


def test_a_digest_header_agrees_with_the_digest_of_the_body() -> None:
    body = b"hello"
    digest = hashlib.sha256(body).digest()
    header = f"Repr-Digest: sha-256=:{base64.b64encode(digest).decode()}:"
    assert of_hops((hop(header),)) == (Evidence("sha256", digest.hex(), Strength.CONTENT),)
