"""Never a wrong certainty: laws that hold for whatever headers an origin sends."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from email.utils import formatdate
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshlayer.decisions.verdict import judge
from freshlayer.evidence import Hop, compare, of_hops, validators
from freshlayer.evidence.entity_tag import proves
from freshlayer.evidence.readers import ROWS
from freshlayer.model.evidence import Strength
from freshlayer.model.observation import Certainty, Change, Observation, ProbeOutcome, Verdict
from freshlayer.model.reasons import Reason
from freshlayer.reference import parse

URL = parse("https://example.org/a")
Headers = tuple[tuple[str, str], ...]
PROOF = {Strength.CONTENT, Strength.STRONG}

LM, LATER = "Tue, 14 Nov 2023 22:13:20 GMT", "Tue, 14 Nov 2023 22:13:21 GMT"
SHA1S = "ab" * 20, "cd" * 20
MD5S = "1B2M2Y8AsgTpgAmY7PhCfg==", "XUFAKrxLKna5cZ2REBfFkg=="
VALUES: dict[str, tuple[str, ...]] = {
    "etag": ('"a"', '"b"', 'W/"a"', '"a-gzip"', '"6553f100-15e0"', '"0x8D1"', f'"{{SHA1{{{SHA1S[0]}}}}}"'),
    "last-modified": (LM, LATER),
    "date": (LM, LATER),
    "content-length": ("5600", "0"),
    "content-encoding": ("gzip",),
    "content-md5": MD5S,
    "x-checksum-sha1": SHA1S,
    "x-goog-hash": tuple(f"md5={md5}" for md5 in MD5S),
    "x-goog-meta-checksum-sha1": SHA1S,
    "x-amz-checksum-crc32c": ("qrvM3Q==", "AAAAAA=="),
    "x-ms-request-id": ("1",),
    "age": ("0", "290"),
}
AGNOSTIC: Headers = (
    ("server", "x"),
    ("x-request-id", "1"),
    ("via", "1.1 proxy"),
    ("cache-control", "max-age=300"),
    ("content-type", "text/html"),
    ("vary", "Accept"),
    ("x-goog-generation", "7"),
    ("x-amz-version-id", "3"),
    ("expires", LATER),
)
PLAIN = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(all_) for name, all_ in VALUES.items()}
).map(lambda headers: tuple(headers.items()))
WILD = st.lists(
    st.tuples(
        st.sampled_from([*VALUES, *(name for name, _ in ROWS), "content-range"]),
        st.one_of(
            st.text(max_size=12), st.sampled_from([value for all_ in VALUES.values() for value in all_])
        ),
    ),
    max_size=4,
).map(tuple)


def seen(headers: Headers, status: int = 200) -> Observation:
    answer = Hop(status, headers)
    return Observation(URL, ProbeOutcome.SEEN, Reason("observed"), of_hops((answer,)), validators(answer))


def after(before: Headers, now: Headers) -> Verdict:
    return judge(judge(None, seen(before)).keep, seen(now))


@settings(max_examples=30, deadline=None)
@given(PLAIN, PLAIN)
def test_comparing_is_symmetric(one: Headers, other: Headers) -> None:
    left, right = seen(one).evidence, seen(other).evidence
    there, back = compare(left, right), compare(right, left)
    assert (there.same, there.certain) == (back.same, back.certain)


@settings(max_examples=30, deadline=None)
@given(PLAIN, PLAIN, st.sets(st.sampled_from(AGNOSTIC)))
def test_headers_that_say_nothing_of_the_bytes_never_change_a_verdict(
    before: Headers, now: Headers, noise: set[tuple[str, str]]
) -> None:
    assert after(before, (*now, *noise)) == after((*before, *noise), now) == after(before, now)


@settings(max_examples=30, deadline=None)
@given(PLAIN, PLAIN)
def test_certain_rests_on_a_hash_a_strong_tag_or_a_length(before: Headers, now: Headers) -> None:
    verdict = after(before, now)
    if verdict.certainty is Certainty.PROBABLE or verdict.change is Change.FIRST_SEEN:
        return
    old = {(e.scheme, e.strength): e.value for e in seen(before).evidence if not e.ignored}
    both = [(e, old[e.scheme, e.strength]) for e in seen(now).evidence if (e.scheme, e.strength) in old]
    if verdict.change is Change.UNCHANGED:
        assert any(e.strength in PROOF and e.value == value for e, value in both)
        assert "age" not in dict(now)
    else:
        sized = {Strength.CONTENT, Strength.SIZE}
        assert any(e.strength in sized and e.value != value for e, value in both)


@settings(max_examples=30, deadline=None)
@given(WILD, WILD, st.sampled_from([200, 206, 302, 304, 416]))
def test_no_headers_crash_and_all_that_is_shown_is_printable(
    one: Headers, other: Headers, status: int
) -> None:
    found = of_hops((Hop(302, one), Hop(status, other)))
    assert all(f"{e.scheme}:{e.value} {e.ignored}".isprintable() for e in found)
    verdict = judge(
        judge(None, Observation(URL, ProbeOutcome.SEEN, Reason("observed"), found)).keep, seen(other)
    )
    assert verdict.reason.text.isprintable()


Tag = Callable[[int, int], str]


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits


MTIME_SERVERS: dict[str, Tag] = {
    "nginx": lambda ns, size: f"{ns // 10**9:x}-{size:x}",
    "Apache": lambda ns, size: f"{size:x}-{ns // 10**3:x}",
    "Apache with inode": lambda ns, size: f"26e5ff-{size:x}-{ns // 10**3:x}",
    "lighttpd": lambda ns, size: str(hash((ns, size)) % 4_000_000_000 + 100_000),
    "Caddy 2.6": lambda ns, size: _base36(ns // 10**9) + _base36(size),
    "Caddy 2.11": lambda ns, size: f"{_base36(ns)}-{_base36(size)}",
    "aiohttp": lambda ns, size: f"{ns:x}-{size:x}",
    "a hash of Python's": lambda ns, size: str(-ns * size),
    "Starlette": lambda ns, size: hashlib.md5(f"{ns / 10**9}-{size}".encode()).hexdigest(),
    "Flask": lambda ns, size: f"{ns / 10**9}-{size}-1234567890",
    "Node's send, made strong": lambda ns, size: f"{size:x}-{ns // 10**6:x}",
    "Kestrel": lambda ns, size: f"{(ns // 100 + 116_444_736_000_000_000) ^ size:x}",
    "IIS": lambda ns, _size: f"{ns // 100 + 116_444_736_000_000_000:x}:0",
}
"""How servers make a tag in strong form of an mtime in nanoseconds and a size in octets."""


@pytest.mark.parametrize("tag", MTIME_SERVERS.values(), ids=MTIME_SERVERS)
@pytest.mark.parametrize(
    "dropped", [(), ("last-modified",), ("content-length",), ("last-modified", "content-length")]
)
def test_other_bytes_of_the_same_size_and_mtime_are_never_certainly_unchanged(
    tag: Tag, dropped: tuple[str, ...]
) -> None:
    """Two versions that a server of files can't tell apart, whatever a proxy leaves of its headers."""
    for ns, size in product((1_400_000_000_987_654_321, 1_700_000_000_123_456_789), (1, 5600, 10**9)):
        headers = (
            ("etag", f'"{tag(ns, size)}"'),
            ("last-modified", formatdate(ns // 10**9, usegmt=True)),
            ("content-length", str(size)),
        )
        answer = tuple(header for header in headers if header[0] not in dropped)
        verdict = after(answer, answer)
        assert (verdict.change, verdict.certainty) == (Change.UNCHANGED, Certainty.PROBABLE)


@pytest.mark.parametrize(
    "tag",
    ["a", "v1", "build-42", "ab" * 20, "c0" * 32, "sha256:" + "c0" * 32, f"{'d4' * 16}-2", "CJ+x/y="],
)
def test_a_tag_that_is_no_mtime_proves(tag: str) -> None:
    assert proves(tag)
    same = (("etag", f'"{tag}"'),)
    assert after(same, same).certainty is Certainty.CERTAIN
