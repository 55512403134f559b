"""Across the wire: what a probe makes of origins that behave and of those that don't."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import pytest

from freshlayer.decisions.verdict import judge
from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.observation import Change, Observation, ProbeOutcome, Recorded, Verdict
from freshlayer.probe import Limits, probe
from freshlayer.reference import Reference, parse
from testing import asking
from testing.misbehaving import BODY, Exchange, MisbehavingOrigin, headers_only_for, redirect, status, tags
from testing.tls import https_origin, self_signed

QUICK = Limits().within(1.0)


def ask(url: str, recorded: Recorded | None = None, limits: Limits = QUICK) -> Observation:
    return asking.ask(url, recorded, limits=limits)


def first(url: str) -> Verdict:
    return judge(None, ask(url))


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("never answers", "no answer within 1 s (raise --timeout, or check the origin)"),
        ("drips headers", "no answer within 1 s (raise --timeout, or check the origin)"),
        ("drips bytes", "no answer within 1 s (raise --timeout, or check the origin)"),
        ("endless headers", "more than 64 KiB of headers"),
        ("tag of a megabyte", "more than 64 KiB of headers"),
        ("redirect loop", "more than 10 redirects"),
        ("redirect to file", "the redirect to file:///etc/passwd is refused: it leaves TLS or HTTP"),
        ("401", "401 Unauthorized for HEAD and ranged GET"),
        ("403", "403 Forbidden for HEAD and ranged GET"),
        ("500", "500 Internal Server Error for HEAD and ranged GET"),
        ("503", "503 Service Unavailable for HEAD and ranged GET"),
        ("closes at once", "the connection was closed without an answer for HEAD and ranged GET"),
    ],
)
def test_what_an_origin_does_wrong_is_unknown_with_its_reason(behaviour: str, reason: str) -> None:
    with MisbehavingOrigin(behaviour) as origin:
        started = time.monotonic()
        observation = ask(origin.url)
    assert observation.outcome is ProbeOutcome.UNKNOWN
    assert observation.reason.text == reason
    assert time.monotonic() - started < 6


@pytest.mark.parametrize("code", ["404", "410"])
def test_a_missing_file_is_absent_not_unknown(code: str) -> None:
    with MisbehavingOrigin(code) as origin:
        assert ask(origin.url).outcome is ProbeOutcome.ABSENT


def test_a_busy_origin_is_asked_again_after_the_time_that_it_names() -> None:
    with MisbehavingOrigin("429") as origin:
        started = time.monotonic()
        observation = ask(origin.url, limits=Limits())
        assert time.monotonic() - started >= 1
        assert len(origin.requests()) == 2
    assert observation.reason.text == "429 Too Many Requests (try again after 1 s)"


def test_a_busy_origin_that_names_a_long_time_is_not_waited_for() -> None:
    with MisbehavingOrigin(status(429, {"Retry-After": "3600"})) as origin:
        observation = ask(origin.url)
        assert len(origin.requests()) == 1
    assert observation.reason.text == "429 Too Many Requests (try again after 3600 s)"


def test_a_name_that_does_not_resolve_says_so() -> None:
    assert ask("http://no-such-host.invalid/x").reason.code == "host-unresolved"


def test_a_refused_connection_says_so() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        observation = ask(f"http://127.0.0.1:{unused.getsockname()[1]}/")
    assert observation.reason.code == "connection-refused"


def test_an_untrusted_certificate_says_so(tmp_path: Path) -> None:
    with https_origin(tmp_path) as origin:
        observation = ask(origin.url)
        assert origin.requests() == []
    assert observation.outcome is ProbeOutcome.UNKNOWN
    assert observation.reason.code == "tls-failed"


def test_a_private_authority_is_trusted_where_the_environment_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with https_origin(tmp_path) as origin:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        assert first(origin.url).change is Change.FIRST_SEEN


def test_https_is_never_left_for_http(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with MisbehavingOrigin("steady") as plain:
        made = self_signed(tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))
        with MisbehavingOrigin(redirect(plain.url), tls=made.server_context()) as secure:
            observation = ask(secure.url)
        assert plain.requests() == []
    assert observation.reason.text == f"the redirect to {plain.url} is refused: it leaves TLS or HTTP"


def test_credentials_do_not_follow_a_redirect_to_another_origin() -> None:
    with MisbehavingOrigin("steady") as elsewhere, MisbehavingOrigin(redirect(elsewhere.url)) as origin:
        url = origin.url.replace("http://", "http://user:secret@")
        observation = ask(url)
        assert {r.headers.get("authorization", "")[:5] for r in origin.requests()} == {"Basic"}
        assert {"authorization" in r.headers for r in elsewhere.requests()} == {False}
    assert observation.outcome is ProbeOutcome.SEEN
    assert "secret" not in repr(observation)


def test_an_endless_body_is_cut_off_and_its_origin_is_unknown() -> None:
    with MisbehavingOrigin("endless body") as origin:
        started = time.monotonic()
        verdict = first(origin.url)
        assert time.monotonic() - started < 6
    assert verdict.change is Change.UNKNOWN
    assert verdict.reason.text == "the origin states no evidence"


def test_a_tag_with_terminal_escapes_is_no_evidence_and_never_shown_as_it_is() -> None:
    with MisbehavingOrigin("tag with escapes") as origin:
        observation = ask(origin.url)
        again = judge(None, observation)
    assert not any("\x1b" in item.value or "\x07" in item.value for item in observation.evidence)
    assert observation.validators.entity_tag == ""
    assert again.identity is not None
    assert again.identity.scheme == "sha256"


def test_a_refused_head_is_followed_by_a_ranged_get_of_one_byte() -> None:
    with MisbehavingOrigin("head refused") as origin:
        verdict = first(origin.url)
        asked = [(r.method, r.headers.get("range", "")) for r in origin.requests()]
    assert str(verdict.identity) == "etag:ranged"
    # A tag that nobody has seen before is asked for twice.
    assert asked == [("HEAD", ""), ("GET", "bytes=0-0"), ("GET", "bytes=0-0")]


def test_a_head_that_tells_nothing_is_followed_by_a_ranged_get() -> None:
    with MisbehavingOrigin(headers_only_for("GET", {"ETag": '"only-on-get"'})) as origin:
        assert str(first(origin.url).identity) == "etag:only-on-get"


def test_a_strong_tag_costs_a_head_and_a_ranged_get_when_first_seen_a_head_afterwards() -> None:
    with MisbehavingOrigin("steady") as origin:
        verdict = first(origin.url)
        assert [r.method for r in origin.requests()] == ["HEAD", "GET"]
        ask(origin.url, verdict.keep)
        assert [r.method for r in origin.requests()] == ["HEAD", "GET", "HEAD"]
        assert [r.headers.get("range", "") for r in origin.requests()] == ["", "bytes=0-0", ""]
    assert str(verdict.identity) == "etag:steady"
    assert verdict.identity is not None
    assert verdict.identity.strength is Strength.STRONG


def test_a_small_body_without_evidence_is_known_by_its_digest() -> None:
    with MisbehavingOrigin("no validators") as origin:
        verdict = first(origin.url)
        assert verdict.keep is not None
        again = judge(verdict.keep, ask(origin.url, verdict.keep))
    assert verdict.identity is not None
    assert verdict.identity.scheme == "sha256"
    assert again.change is Change.UNCHANGED


def test_a_large_body_without_evidence_is_not_read_to_its_end() -> None:
    limits = Limits(hash_up_to=10)
    with MisbehavingOrigin(status(200, {"Last-Modified": "Tue, 14 Nov 2023 22:13:20 GMT"})) as origin:
        verdict = judge(None, ask(origin.url, limits=limits))
        assert [r.headers.get("range", "") for r in origin.requests()] == ["", "bytes=0-0"]
    assert str(verdict.identity) == f"last-modified:1700000000/{len(BODY)}"


def test_the_digest_of_a_body_is_kept_while_weak_evidence_is_the_same() -> None:
    weak = {"ETag": 'W/"v1"'}
    with MisbehavingOrigin(status(200, weak)) as origin:
        verdict = first(origin.url)
        asked = len(origin.requests())
        again = judge(verdict.keep, ask(origin.url, verdict.keep))
        assert [r.method for r in origin.requests()[asked:]] == ["HEAD"]
    assert again.change is Change.UNCHANGED
    assert again.identity == verdict.identity


def test_new_weak_evidence_over_the_same_body_is_no_change() -> None:
    with MisbehavingOrigin(tags('W/"v1"', 'W/"v1"', 'W/"v2"')) as origin:
        verdict = first(origin.url)
        again = judge(verdict.keep, ask(origin.url, verdict.keep))
    assert again.change is Change.UNCHANGED
    assert again.identity == verdict.identity


def test_a_conditional_request_sends_the_tag_as_it_came() -> None:
    with MisbehavingOrigin(_honours_conditions) as origin:
        verdict = first(origin.url)
        again = judge(verdict.keep, ask(origin.url, verdict.keep))
        sent = [r.headers.get("if-none-match", "") for r in origin.requests()]
    assert sent == ["", "", '"v1"']
    assert again.change is Change.UNCHANGED
    assert again.reason.text == "the origin returned 304 Not Modified"


def _honours_conditions(exchange: Exchange) -> None:
    if exchange.request.headers.get("if-none-match") == '"v1"':
        exchange.head(304, {"ETag": '"v1"', "Connection": "close"})
        exchange.send(b"\r\n")
    else:
        exchange.respond(200, {"ETag": '"v1"'}, BODY)


def test_one_dead_origin_costs_the_others_nothing() -> None:
    patience = 3.0
    with MisbehavingOrigin("never answers") as dead, MisbehavingOrigin("steady") as alive:
        times: dict[Reference, float] = {}
        references = [parse(dead.url), *(parse(f"{alive.url}{n}") for n in range(40))]
        started = time.monotonic()

        def told(done: int, total: int) -> None:
            times[references[done - 1]] = time.monotonic() - started
            assert total == len(references)

        seen = probe(references, {}, Limits().within(patience), told)
    assert sum(o.outcome is ProbeOutcome.SEEN for o in seen.values()) == 40
    assert sorted(times.values())[39] < patience


def test_at_most_eight_connections_go_to_one_origin() -> None:
    most = _most_at_once(40)
    assert 2 <= most <= 8


def _most_at_once(count: int) -> int:
    lock = threading.Lock()
    now, most = 0, 0

    def answer(exchange: Exchange) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        with lock:
            now -= 1
        exchange.respond(200, {"ETag": '"x"'}, BODY)

    with MisbehavingOrigin(answer) as origin:
        probe([parse(f"{origin.url}{n}") for n in range(count)], {}, Limits())
    return most


def test_a_tag_that_differs_at_every_request_is_noticed_and_the_bytes_are_read() -> None:
    """At first sight, or a machine without a history would make a key that nobody else ever makes."""
    with MisbehavingOrigin("new tag every request") as origin:
        seen = first(origin.url)
        again = judge(seen.keep, ask(origin.url, seen.keep))
        other = first(origin.url)
    assert seen.identity is not None
    assert seen.identity.scheme == "sha256"
    assert other.identity == seen.identity
    assert again.change is Change.UNCHANGED
    assert again.reason.text.startswith("still sha256:")


def test_a_changed_tag_is_asked_for_once_more_and_stands() -> None:
    with MisbehavingOrigin(tags('"v1"', '"v1"', '"v2"', '"v2"')) as origin:
        seen = first(origin.url)
        again = judge(seen.keep, ask(origin.url, seen.keep))
        assert [r.method for r in origin.requests()] == ["HEAD", "GET"] * 2
    assert (again.change, str(again.identity)) == (Change.CHANGED, "etag:v2")


def test_a_file_younger_than_two_seconds_is_read_again_next_time() -> None:
    """nginx gives two files of one size in one second the same tag and date."""
    bodies = [b"aaaa", b"bbbb"]
    young = {"ETag": '"6553f100-4"', "Last-Modified": "Tue, 14 Nov 2023 22:13:20 GMT"}
    young["Date"] = "Tue, 14 Nov 2023 22:13:21 GMT"

    def answer(exchange: Exchange) -> None:
        exchange.respond(200, young, bodies[0 if len(exchange.earlier) < 2 else 1])

    with MisbehavingOrigin(answer) as origin:
        seen = first(origin.url)
        again = judge(seen.keep, ask(origin.url, seen.keep))
    assert seen.identity is not None
    assert seen.identity.scheme == "sha256"
    assert again.change is Change.CHANGED


def test_a_login_page_in_place_of_an_archive_is_unknown_not_changed() -> None:
    form = b"<!DOCTYPE html>\n<title>Welcome</title>"
    page = status(200, {"Content-Type": "text/html; charset=utf-8", "ETag": '"form"'}, form)
    with MisbehavingOrigin(page) as login, MisbehavingOrigin(redirect(f"{login.url}login")) as origin:
        archive = ask(f"{origin.url}tool.tar.gz")
        assert ask(f"{origin.url}page").outcome is ProbeOutcome.SEEN
    assert archive.outcome is ProbeOutcome.UNKNOWN
    assert archive.reason.text == "a redirect to a web page in place of the file (text/html, 'Welcome')"


def test_an_origin_that_goes_back_to_an_older_file_is_a_change() -> None:
    """A date sent back would be answered with 304: the older file is not newer than it."""
    dates = ["Tue, 14 Nov 2023 22:21:40 GMT", "Tue, 14 Nov 2023 22:13:20 GMT"]

    def answer(exchange: Exchange) -> None:
        rolled_back = len(exchange.earlier) >= 2
        if "if-modified-since" in exchange.request.headers:
            exchange.respond(304, {})
        else:
            exchange.respond(200, {"Last-Modified": dates[rolled_back]}, b"v1" if rolled_back else b"v2")

    with MisbehavingOrigin(answer) as origin:
        seen = first(origin.url)
        assert judge(seen.keep, ask(origin.url, seen.keep)).change is Change.CHANGED


def test_a_redirects_own_digest_says_nothing_of_its_target() -> None:
    empty = {"Repr-Digest": "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"}
    with MisbehavingOrigin(tags('"a"', '"a"', '"b"', '"b"')) as target:
        answer = status(302, {"Location": target.url, **empty}, b"")
        with MisbehavingOrigin(answer) as origin:
            seen = first(origin.url)
            again = judge(seen.keep, ask(origin.url, seen.keep))
    assert str(seen.identity) == "etag:a"
    assert again.change is Change.CHANGED


def test_a_content_that_is_another_at_every_request_is_unknown() -> None:
    def answer(exchange: Exchange) -> None:
        exchange.respond(200, {}, str(len(exchange.earlier)).encode())

    with MisbehavingOrigin(answer) as origin:
        seen = first(origin.url)
        again = ask(origin.url, seen.keep)
    assert again.outcome is ProbeOutcome.UNKNOWN
    assert again.reason.code == "unstable-evidence"


def test_evidence_of_another_kind_is_a_change_rather_than_lost() -> None:
    def answer(exchange: Exchange) -> None:
        tagged = len(exchange.earlier) < 2
        exchange.respond(200, {"ETag": '"a"'} if tagged else {}, b"aaaa" if tagged else b"bbbb")

    with MisbehavingOrigin(answer) as origin:
        seen = first(origin.url)
        again = judge(seen.keep, ask(origin.url, seen.keep))
    assert (again.change, again.identity != seen.identity) == (Change.CHANGED, True)


def test_an_identity_with_a_line_end_is_never_sent() -> None:
    """An identities file is committed, and so may be anybody's."""
    forged = Recorded.of(Identity("etag", "a\r\nX-Injected: yes", Strength.STRONG))
    with MisbehavingOrigin("steady") as origin:
        ask(origin.url, forged)
        assert all("x-injected" not in r.headers for r in origin.requests())
