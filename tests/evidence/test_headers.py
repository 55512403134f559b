"""What single headers say; the edge cases that have a number are in test_cases.py."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from freshlayer.evidence import Hop, of_hops, strongest, total_length, validators
from freshlayer.evidence.readers import ROWS
from freshlayer.model.evidence import Evidence, Strength, Validators
from freshlayer.model.reasons import Reason

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
    ("Nexus tag in upper case", [f'ETag: "{{SHA1{{{SHA1.upper()}}}}}"'], "sha1", SHA1),
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
    ("Nexus form with 41 digits: the story's old tag", f'"{STORY_OLD}"', STORY_OLD),
    ("Nexus form with 41 digits: the story's new tag", f'"{STORY_NEW}"', STORY_NEW),
    ("bytes above ASCII", '"\xe9"', "\xe9"),
]


@pytest.mark.parametrize(("tag", "value"), [c[1:] for c in STRONG], ids=[c[0] for c in STRONG])
def test_an_opaque_tag_is_strong_and_no_hash(tag: str, value: str) -> None:
    found = of_hops((hop(f"ETag: {tag}"),))
    assert [(item.scheme, item.value, item.strength, item.ignored) for item in found] == [
        ("etag", value, Strength.STRONG, None)
    ]


WEAK = [
    ("W/", 'W/"t"'),
    ("Apache --gzip", '"t--gzip"'),
    ("Jetty ;gzip", '"t;gzip"'),
    ("-br", '"t-br"'),
    ("both", 'W/"t-gzip"'),
]


@pytest.mark.parametrize("tag", [c[1] for c in WEAK], ids=[c[0] for c in WEAK])
def test_a_weak_or_suffixed_tag_has_the_same_core_and_is_weak(tag: str) -> None:
    assert best(f"ETag: {tag}") == ("etag", "t", Strength.WEAK)


MTIME = [
    ("Apache", f'"15e0-{APACHE_US}"', "mtime-us", "1700000000123456/5600"),
    ("Apache, compressed by zstd", f'"15e0-{APACHE_US}-zstd"', "mtime-us", "1700000000123456/5600"),
    ("aiohttp", f'"{1_700_000_000_123_456_789:x}-15e0"', "mtime-ns", "1700000000123456789/5600"),
    ("Flask", '"1700000000.1234567-5600-1234567890"', "mtime-us", "1700000000123456/5600"),
    ("Node's send", f'W/"15e0-{1_700_000_000_123:x}"', "mtime-ms", "1700000000123/5600"),
    ("Tomcat", 'W/"5600-1700000000123"', "mtime-ms", "1700000000123/5600"),
    ("Caddy 2.6", '"s44we84bk"', "mtime-s", "1700000000/5600"),
    ("Caddy 2.11", '"cwyvpeni7w9h-4bk"', "mtime-ns", "1700000000123456789/5600"),
    ("Apache, compressed on the way", f'"15e0-{APACHE_US}-gzip"', "mtime-us", "1700000000123456/5600"),
]


@pytest.mark.parametrize(("tag", "scheme", "value"), [c[1:] for c in MTIME], ids=[c[0] for c in MTIME])
def test_a_tag_that_encodes_an_mtime_is_weak(tag: str, scheme: str, value: str) -> None:
    assert best(f"ETag: {tag}", f"Last-Modified: {LM}", "Content-Length: 5600") == (
        scheme,
        value,
        Strength.WEAK,
    )


@pytest.mark.parametrize(
    "lines",
    [
        ["Last-Modified: Tue, 14 Nov 2023 22:13:21 GMT", "Content-Length: 5600"],
        ["Last-Modified: Tue, 14 Nov 2023 22:13:19 GMT", "Content-Length: 5600"],
        [f"Last-Modified: {LM}", "Content-Length: 5601"],
        ["Content-Length: 5600"],
    ],
    ids=["a later Last-Modified", "an earlier Last-Modified", "another length", "no Last-Modified"],
)
def test_a_tag_that_arithmetic_does_not_prove_stays_strong(lines: list[str]) -> None:
    assert best('ETag: "6553f100-15e0"', *lines) == ("etag", "6553f100-15e0", Strength.STRONG)


def test_last_modified_is_kept_with_the_length_and_before_the_length_alone() -> None:
    found = of_hops((hop(f"Last-Modified: {LM}", "Content-Length: 5600"),))
    assert [(item.scheme, item.value, item.strength) for item in found] == [
        ("last-modified", "1700000000/5600", Strength.HEURISTIC),
        ("length", "5600", Strength.SIZE),
    ]


LENGTHS = [
    ("a part without Content-Range", 206, ["Content-Length: 1"], None),
    ("an error page's length", 416, ["Content-Length: 190"], None),
    ("identity is no encoding", 200, ["Content-Length: 20", "Content-Encoding: identity"], 20),
    ("no number", 200, ["Content-Length: 0x10"], None),
    ("absurd", 200, ["Content-Length: " + "9" * 40], None),
]


@pytest.mark.parametrize(("status", "lines", "length"), [c[1:] for c in LENGTHS], ids=[c[0] for c in LENGTHS])
def test_the_full_length_is_known_or_not(status: int, lines: list[str], length: int | None) -> None:
    assert total_length(hop(*lines, status=status)) == length


S3 = ("x-amz-request-id: 1", f'ETag: "{MD5}"')

IGNORED = [
    ("a digest of the wrong length", 200, [f"Repr-Digest: sha-256=:{b64(MD5)}:"], "digest-malformed"),
    ("an unknown algorithm", 200, [f"Repr-Digest: blake3=:{b64(SHA256)}:"], "digest-malformed"),
    ("a checksum that is not hexadecimal", 200, ["X-Checksum-Sha1: " + "z" * 40], "digest-malformed"),
    ("a checksum that is cut", 200, [f"X-Checksum-Sha1: {SHA1[:39]}"], "digest-malformed"),
    ("a checksum that is empty", 200, ["X-Checksum-Sha1:"], "digest-malformed"),
    (
        "lines that differ",
        200,
        [f"X-Checksum-Md5: {MD5}", f"X-Checksum-Md5: {MD5[::-1]}"],
        "digest-malformed",
    ),
    (
        "of a part that has status 200",
        200,
        [f"Content-MD5: {b64(MD5)}", "Content-Range: bytes 0-0/9"],
        "digest-of-part",
    ),
    ("Content-Digest", 200, [f"Content-Digest: sha-256=:{b64(SHA256)}:"], "digest-of-message"),
    (
        "GCS transcodes",
        200,
        ["x-goog-stored-content-encoding: gzip", f"x-goog-hash: md5={b64(MD5)}"],
        "of-compressed-form",
    ),
    ("Express One Zone", 200, ["x-amz-storage-class: EXPRESS_ONEZONE", *S3], "tag-not-md5"),
    ("Hugging Face's git blob", 302, [f'X-Linked-ETag: "{SHA1}"'], "git-blob"),
    (
        "two headers, two hashes",
        200,
        [f"X-Checksum-Sha1: {SHA1}", f"Digest: sha={b64(SHA1[::-1])}"],
        "digest-conflict",
    ),
]


@pytest.mark.parametrize(("status", "lines", "why"), [c[1:] for c in IGNORED], ids=[c[0] for c in IGNORED])
def test_a_digest_that_can_not_count_is_kept_with_the_reason(status: int, lines: list[str], why: str) -> None:
    ignored = [
        item for item in of_hops((hop(*lines, status=status),)) if item.scheme not in {"etag", "length"}
    ]
    assert ignored
    assert {item.ignored and item.ignored.code for item in ignored} == {why}


def test_headers_that_say_nothing_of_the_bytes_are_no_evidence() -> None:
    assert (
        of_hops((hop("X-Request-Id: 1", "Server: x", "Content-Type: a/b", "Cache-Control: no-cache"),)) == ()
    )


CLAIMED = [
    ("a client of Azure", ["x-ms-blob-type: BlockBlob", f"Content-MD5: {b64(MD5)}"], "md5", MD5),
    ("GitHub's release assets", [f"x-ms-blob-content-md5: {b64(MD5)}"], "md5", MD5),
    ("a mirror of Maven Central", [f"x-goog-meta-checksum-sha1: {SHA1}"], "sha1", SHA1),
]


@pytest.mark.parametrize(("lines", "scheme", "value"), [c[1:] for c in CLAIMED], ids=[c[0] for c in CLAIMED])
def test_what_an_uploader_claims_is_a_checksum_not_content(lines: list[str], scheme: str, value: str) -> None:
    assert best(*lines) == (scheme, value, Strength.CHECKSUM)


def test_what_google_computes_goes_before_what_an_uploader_claims() -> None:
    lines = (f"x-goog-meta-checksum-md5: {MD5[::-1]}", f"x-goog-hash: md5={b64(MD5)}")
    assert best(*lines) == ("md5", MD5, Strength.CONTENT)
    assert [str(item.ignored or "") for item in of_hops((hop(*lines),))] == [
        "",
        "the origin states another md5 too",
    ]


def test_of_two_hops_that_contradict_each_other_the_one_with_the_bytes_counts() -> None:
    first, last = hop(f"X-Checksum-Sha1: {SHA1}", status=302), hop(f"X-Checksum-Sha1: {SHA1[::-1]}")
    found = of_hops((first, last))
    assert [(item.value, bool(item.ignored)) for item in found] == [(SHA1[::-1], False), (SHA1, True)]


def test_a_claim_never_counts_against_what_an_origin_computes() -> None:
    first = hop(f"X-Checksum-Md5: {MD5}", status=302)
    found = strongest(of_hops((first, hop(f"x-ms-blob-content-md5: {b64(MD5[::-1])}"))))
    assert found == Evidence("md5", MD5, Strength.CONTENT)


def test_a_redirect_from_a_cache_is_reported_too() -> None:
    found = of_hops((hop("Age: 3", status=302), hop('ETag: "t"')))
    assert [(item.scheme, item.hop) for item in found] == [("etag", 1), ("age", 0)]


def test_a_redirects_own_hash_is_ignored_in_its_tag_too() -> None:
    first = hop(f'ETag: "{{SHA1{{{SHA1}}}}}"', status=302)
    found = of_hops((first, hop('ETag: "t"')))
    assert [(item.scheme, item.ignored) for item in found] == [
        ("etag", None),
        ("sha1", Reason("of-redirect")),
    ]


UNSOUND = [
    ("Azure", '"0x8DD945EA37EFD30"', "x-ms-request-id: 1"),
    ("lighttpd", '"1618574428"', f"Last-Modified: {LM}"),
    ("PyPI", '"Zk1vpwqC"', "x-pypi-last-serial: 7"),
]


@pytest.mark.parametrize(("tag", "mark"), [c[1:] for c in UNSOUND], ids=[c[0] for c in UNSOUND])
def test_a_tag_that_is_strong_in_form_alone_is_weak(tag: str, mark: str) -> None:
    assert best(f"ETag: {tag}", mark) == ("etag", tag.strip('"'), Strength.WEAK)
    assert best(f"ETag: {tag}") == ("etag", tag.strip('"'), Strength.STRONG)


def test_a_registrys_digest_counts_on_the_redirect_to_its_storage_too() -> None:
    first = hop(f"Docker-Content-Digest: sha256:{SHA256}", status=307)
    assert strongest(of_hops((first, hop('ETag: "storage"')))) == Evidence("sha256", SHA256, Strength.CONTENT)


def test_an_answer_from_a_cache_is_reported_by_its_age() -> None:
    (found,) = of_hops((hop("Age: 290"),))
    assert (found.scheme, found.value, found.strength) == ("age", "290", Strength.NONE)
    assert "290 s old" in str(found.ignored)


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
    assert found.ignored == Reason("tag-malformed")
    assert found.value.isprintable()
    assert len(found.value) <= 64
    assert validators(answer) == Validators()


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


def test_the_page_names_every_header_that_is_read() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-freshlayer-knows.md").read_text("utf-8").lower()
    assert [name for name, _ in ROWS if f"`{name}" not in page] == []
