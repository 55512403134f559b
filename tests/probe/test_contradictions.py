"""Across the wire: origins whose answers contradict each other, or are no answer to the question."""

from __future__ import annotations

import gzip
from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from freshlayer.decisions.verdict import judge
from freshlayer.model.evidence import Evidence, Identity, Strength, Validators
from freshlayer.model.observation import Certainty, Change, Observation, ProbeOutcome, Recorded, Verdict
from freshlayer.probe import Limits
from testing import asking
from testing.misbehaving import BODY, Behaviour, Exchange, MisbehavingOrigin, redirect, status

LARGE = Limits(hash_up_to=0)
DATE = "Tue, 14 Nov 2023 22:13:20 GMT"
LATER = "Tue, 14 Nov 2023 22:21:40 GMT"
TAG = Recorded(
    Identity("etag", "v1", Strength.STRONG),
    (Evidence("etag", "v1", Strength.STRONG), Evidence("length", str(len(BODY)), Strength.SIZE)),
    Validators('"v1"', DATE),
    content_type="application/octet-stream",
)


def look(origin: MisbehavingOrigin, known: Recorded | None = None, limits: Limits = LARGE) -> Verdict:
    return judge(known, asking.ask(f"{origin.url}file", known, limits=limits))


def kept(verdict: Verdict) -> Recorded:
    assert verdict.keep is not None, verdict.reason
    return verdict.keep


def answers(
    head: Mapping[str, str], got: Mapping[str, str], body: bytes = BODY, code: int = 200
) -> Behaviour:
    """These headers for HEAD, with a status, and those for GET."""

    def answer(exchange: Exchange) -> None:
        if exchange.request.method == "HEAD":
            exchange.respond(code, head)
        else:
            exchange.respond(200, got, body)

    return answer


def conditions_hold(named: Mapping[str, str], full: Mapping[str, str]) -> Behaviour:
    """304 with these headers to every condition; else 200 with those."""

    def answer(exchange: Exchange) -> None:
        if "if-none-match" in exchange.request.headers:
            exchange.head(304, {"Connection": "close", **named})
            exchange.send(b"\r\n")
        else:
            exchange.respond(200, full, BODY)

    return answer


@pytest.mark.parametrize(
    "named",
    [
        {"ETag": '"v2"'},
        {"ETag": '""'},
        {"Last-Modified": LATER},
        {"ETag": '"v1"', "Content-Length": "7000"},
        {"ETag": '"v1"', "Repr-Digest": "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"},
    ],
    ids=["another tag", "an empty tag", "another date", "another length", "another digest"],
)
def test_a_304_that_names_something_else_is_probed_again_without_conditions(named: Mapping[str, str]) -> None:
    digest = Evidence("sha256", "ab" * 32, Strength.CONTENT)
    known = replace(TAG, evidence=(*TAG.evidence, digest)) if "Repr-Digest" in named else TAG
    with MisbehavingOrigin(conditions_hold(named, {"ETag": '"v2"'})) as origin:
        verdict = look(origin, known)
        sent = ["if-none-match" in request.headers for request in origin.requests()]
    assert sent == [True, False, False]
    assert verdict.change is Change.CHANGED


@pytest.mark.parametrize("named", [{}, {"ETag": '"v1"'}, {"ETag": 'W/"v1"'}, {"Last-Modified": DATE}])
def test_a_304_that_names_nothing_else_is_believed(named: Mapping[str, str]) -> None:
    with MisbehavingOrigin(conditions_hold(named, {"ETag": '"v2"'})) as origin:
        verdict = look(origin, TAG)
        assert len(origin.requests()) == 1
    assert (verdict.change, verdict.certainty) == (Change.UNCHANGED, Certainty.CERTAIN)


def test_a_304_behind_a_redirect_is_not_certain() -> None:
    """The tag may be that of another resource, where the redirect leads to today."""
    with (
        MisbehavingOrigin(conditions_hold({}, {})) as elsewhere,
        MisbehavingOrigin(redirect(f"{elsewhere.url}file")) as origin,
    ):
        verdict = look(origin, TAG)
    assert (verdict.change, verdict.certainty) == (Change.UNCHANGED, Certainty.PROBABLE)


RELEASE = b"""Origin: Debian
SHA256:
 %b 1234 main/binary-amd64/Packages
"""


def test_a_document_whose_304_names_another_tag_is_got_again() -> None:
    """The indexes that are known by a part of them are probed by a conversation of their own."""

    def answer(exchange: Exchange) -> None:
        version = b"a" if len(exchange.earlier) < 1 else b"b"
        if "if-none-match" in exchange.request.headers:
            exchange.head(304, {"Connection": "close", "ETag": f'"{version.decode()}"'})
            exchange.send(b"\r\n")
        else:
            exchange.respond(200, {"ETag": f'"{version.decode()}"'}, RELEASE % (version * 64))

    with MisbehavingOrigin(answer) as origin:
        url = f"{origin.url}debian/dists/stable/InRelease"
        first = judge(None, asking.ask(url))
        again = judge(first.keep, asking.ask(url, first.keep))
    assert first.identity is not None
    assert first.identity.scheme == "apt-release"
    assert again.change is Change.CHANGED


def test_a_304_to_a_request_without_conditions_is_unknown() -> None:
    with MisbehavingOrigin(status(304, {"ETag": '"v2"'}, b"")) as origin:
        verdict = look(origin, TAG)
    assert (verdict.change, verdict.identity) == (Change.UNKNOWN, TAG.identity)


EMPTY_TAG = {"ETag": '"d41d8cd98f00b204e9800998ecf8427e"', "Content-Length": "0"}
FILE = {"ETag": '"v1"', "Content-Type": "application/octet-stream"}


@pytest.mark.parametrize(
    "head",
    [
        EMPTY_TAG,
        {**EMPTY_TAG, "Content-Type": "text/html"},
        {**FILE, "Content-Length": "7000"},
        {**FILE, "ETag": '"constant"'},
        {**FILE, "Content-Type": "text/html"},
        {**FILE, "Last-Modified": DATE},
    ],
    ids=["empty", "an empty page", "another length", "another tag", "another type", "another date"],
)
def test_where_head_and_get_differ_the_get_is_believed(head: Mapping[str, str]) -> None:
    one, two = {**FILE, "Last-Modified": LATER}, {**FILE, "ETag": '"v2"', "Last-Modified": LATER}
    with MisbehavingOrigin(answers(head, one)) as origin:
        first = kept(look(origin))
    assert str(first.identity) == "etag:v1"
    assert first.validators.entity_tag == '"v1"'
    with MisbehavingOrigin(answers(head, one)) as origin:
        assert look(origin, first).change is Change.UNCHANGED
    with MisbehavingOrigin(answers({**head, **{"ETag": head["ETag"].replace("v1", "v2")}}, two)) as origin:
        assert look(origin, first).change is Change.CHANGED


def test_a_head_that_never_changes_is_found_out_when_a_full_answer_is_due() -> None:
    frozen = {**FILE, "Content-Length": str(len(BODY))}
    moved = {**FILE, "ETag": '"v2"'}
    with MisbehavingOrigin(answers(frozen, moved)) as origin:
        assert look(origin, replace(TAG, validators=Validators())).change is Change.UNCHANGED
        due = replace(TAG, validators=Validators(), full_answer=0)
        assert look(origin, due).change is Change.CHANGED


@pytest.mark.parametrize(
    "code", [204, 202, 300, 400, 401, 402, 403, 404, 405, 406, 409, 410, 412, 415, 418, 422, 429, 451, 500]
)
def test_a_head_that_is_refused_in_any_way_is_followed_by_a_get(code: int) -> None:
    with MisbehavingOrigin(answers({}, FILE, code=code)) as origin:
        assert str(look(origin).identity) == "etag:v1"


@pytest.mark.parametrize("code", [501, 502, 503, 504, 520, 521, 522, 525, 530])
def test_a_head_that_fails_at_the_server_is_followed_by_a_get(code: int) -> None:
    with MisbehavingOrigin(answers({}, FILE, code=code)) as origin:
        assert str(look(origin).identity) == "etag:v1"


def test_the_reason_names_the_answers_to_both() -> None:
    def answer(exchange: Exchange) -> None:
        exchange.respond(429 if exchange.request.method == "HEAD" else 402, {})

    with MisbehavingOrigin(answer) as origin:
        reason = look(origin).reason
    assert reason.text == "429 Too Many Requests for HEAD, status 402 for ranged GET"


def test_a_busy_origin_that_names_a_time_gets_no_get_at_once() -> None:
    with MisbehavingOrigin(answers({"Retry-After": "3600"}, FILE, code=503)) as origin:
        assert look(origin).change is Change.UNKNOWN
        assert [request.method for request in origin.requests()] == ["HEAD"]


def test_a_server_without_ranges_is_asked_for_the_whole() -> None:
    def answer(exchange: Exchange) -> None:
        if exchange.request.method == "HEAD" or "range" in exchange.request.headers:
            exchange.respond(405 if exchange.request.method == "HEAD" else 416, {})
        else:
            exchange.respond(200, FILE, BODY)

    with MisbehavingOrigin(answer) as origin:
        assert str(look(origin).identity) == "etag:v1"


@pytest.mark.parametrize("tag", ['W/"{}"', '"{}-x"'])
def test_a_tag_that_differs_at_every_request_of_a_large_file_is_never_recorded(tag: str) -> None:
    def answer(exchange: Exchange) -> None:
        exchange.respond(200, {"ETag": tag.format(len(exchange.earlier))}, BODY)

    with MisbehavingOrigin(answer) as origin:
        first = look(origin)
        again = look(origin, kept(first))
    why = "no stable evidence (the entity tag differs at every request)"
    assert str(first.identity) == f"length:{len(BODY)}"
    assert why in first.reason.text
    assert (again.change, again.keep) == (Change.UNKNOWN, None)
    assert why in again.reason.text


def test_a_tag_that_differs_at_every_request_is_noticed_where_no_length_is_stated() -> None:
    """The body turns out to be larger than what is hashed."""

    def answer(exchange: Exchange) -> None:
        exchange.head(200, {"ETag": f'W/"{len(exchange.earlier)}"', "Connection": "close"})
        exchange.send(b"\r\n" if exchange.request.method == "HEAD" else b"\r\n" + b"x" * 100_000)

    with MisbehavingOrigin(answer) as origin:
        verdict = look(origin, limits=Limits(hash_up_to=1000))
    assert (verdict.change, verdict.identity) == (Change.UNKNOWN, None)
    assert "the entity tag differs at every request" in verdict.reason.text


def test_a_tag_that_differs_at_every_request_is_no_change_of_a_dated_file() -> None:
    def answer(exchange: Exchange) -> None:
        exchange.respond(200, {"ETag": f'"{len(exchange.earlier)}"', "Last-Modified": DATE}, BODY)

    with MisbehavingOrigin(answer) as origin:
        known = kept(look(origin))
        for _ in range(3):
            verdict = look(origin, known)
            assert verdict.change is Change.UNCHANGED
            known = kept(verdict)
    assert known.validators.entity_tag == ""
    assert {item.scheme for item in known.evidence} == {"last-modified", "length"}


def test_the_body_decides_once_whether_a_new_tag_is_of_the_recorded_bytes() -> None:
    """The date did not move. Without the bytes, nobody knows whether the tag is of them."""
    dated = {"Last-Modified": DATE}
    with MisbehavingOrigin(status(200, dated)) as origin:
        known = kept(look(origin, limits=Limits()))
    assert known.identity.scheme == "sha256"
    with MisbehavingOrigin(status(200, {**dated, "ETag": '"a"'})) as origin:
        same = look(origin, known, Limits())
        again = look(origin, kept(same), Limits())
        bodies = [r for r in origin.requests() if r.method == "GET" and "range" not in r.headers]
    assert (same.change, same.certainty) == (Change.UNCHANGED, Certainty.CERTAIN)
    assert (again.change, again.certainty) == (Change.UNCHANGED, Certainty.CERTAIN)
    assert len(bodies) == 1
    with MisbehavingOrigin(status(200, {**dated, "ETag": '"b"'}, b"x" * len(BODY))) as origin:
        assert look(origin, known, Limits()).change is Change.CHANGED


def test_the_digest_of_compressed_bytes_is_not_compared_with_that_of_the_file() -> None:
    coded = status(200, {"Content-Encoding": "gzip"}, gzip.compress(BODY, mtime=0))
    with MisbehavingOrigin(status(200, {})) as plain, MisbehavingOrigin(coded) as compressed:
        known = kept(look(plain, limits=Limits()))
        verdict = look(compressed, known, Limits())
        alone = kept(look(compressed, limits=Limits()))
    assert (verdict.change, verdict.identity) == (Change.UNKNOWN, known.identity)
    assert alone.identity.scheme == "sha256-gzip"


def test_observation_is_a_value_with_its_media_type() -> None:
    with MisbehavingOrigin(status(200, {**FILE, "Content-Type": "Text/Plain; charset=utf-8"})) as origin:
        seen = asking.ask(origin.url, limits=LARGE)
    assert isinstance(seen, Observation)
    assert (seen.outcome, seen.content_type) == (ProbeOutcome.SEEN, "text/plain")
