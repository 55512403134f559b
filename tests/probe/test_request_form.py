"""The probe sends what the command sends, and knows a redirect by where it leads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from freshlayer.decisions.verdict import judge
from freshlayer.lock import lock_text, read_lock
from freshlayer.model.lock import Lock, LockedInput, LockUser
from freshlayer.model.observation import Change, Observation, ProbeOutcome, Recorded
from freshlayer.probe import Limits, probe
from freshlayer.probe.network.curl import Handles, Transfer
from freshlayer.probe.network.messages import Request
from freshlayer.reference import Reference, parse, requested
from freshlayer.request_form import RequestForm
from freshlayer.state import SqliteStore
from testing.logging_server import Logged, LoggingServer, Reply

SECRET = "hunter2hunter2"


@pytest.fixture
def server() -> Iterator[LoggingServer]:
    with LoggingServer() as started:
        yield started


@pytest.fixture
def other() -> Iterator[LoggingServer]:
    with LoggingServer() as started:
        yield started


def _always(reply: Reply, _: Logged) -> Reply:
    return reply


def ask(reference: Reference, recorded: Recorded | None = None) -> Observation:
    known = {reference: recorded} if recorded else {}
    return probe([reference], known, Limits().within(5))[reference]


def in_form(url: str, *headers: tuple[str, str], follow: bool = True) -> Reference:
    return requested(parse(url), RequestForm.of(headers, follow=follow))


def api(request: Logged) -> Reply:
    """As GitHub's: the asset for who asks for octets, else its JSON, which counts downloads."""
    if "octet-stream" in request.headers.get("accept", ""):
        return Reply(200, {"ETag": '"asset-1"'}, b"the asset")
    return Reply(200, {"ETag": f'"{id(request)}"'}, f"count {id(request)}".encode())


def test_headers_decide_what_is_served(server: LoggingServer) -> None:
    server.script = api
    asset = in_form(f"{server.url}/7", ("Accept", "application/octet-stream"))
    seen = judge(None, ask(asset))
    assert str(seen.identity) == "etag:asset-1"
    assert {request.headers["accept"] for request in server.requests()} == {"application/octet-stream"}
    assert judge(seen.keep, ask(asset, seen.keep)).change is Change.UNCHANGED
    # The same by its text, as `probe`, `watch` and the lock file name it.
    assert str(judge(None, ask(parse(asset.text))).identity) == "etag:asset-1"
    server.requests()


def test_a_server_that_refuses_other_clients_is_asked_as_the_command_asks(server: LoggingServer) -> None:
    def script(request: Logged) -> Reply:
        good = request.headers.get("user-agent") == "Mozilla/5.0" and "x-empty" not in request.headers
        return Reply(200, {"ETag": '"u"'}) if good else Reply(403)

    server.script = script
    assert ask(parse(f"{server.url}/ua")).outcome is ProbeOutcome.UNKNOWN
    form = in_form(f"{server.url}/ua", ("User-Agent", "Mozilla/5.0"), ("X-Empty", ""))
    assert ask(form).outcome is ProbeOutcome.SEEN
    server.requests()
    ask(in_form(f"{server.url}/ua", ("User-Agent", ""), ("X-Word", "grün")))
    requests = server.requests()
    assert all("user-agent" not in request.headers for request in requests)
    assert {request.headers["x-word"].encode("iso-8859-1").decode() for request in requests} == {"grün"}


def test_a_secret_header_goes_to_its_host_alone_and_others_go_along(
    server: LoggingServer, other: LoggingServer
) -> None:
    server.script = lambda _: Reply(302, {"Location": f"{other.url}/b"})
    headers = (("X-Api-Key", SECRET), ("Authorization", f"Bearer {SECRET}"), ("Cookie", f"a={SECRET}"))
    reference = in_form(f"{server.url}/a", *headers, ("X-Version", "2"), ("Host", "example.org"))
    seen = ask(reference)
    assert seen.outcome is ProbeOutcome.SEEN
    here, there = server.requests(), other.requests()
    assert all(request.headers["x-api-key"] == SECRET for request in here)
    assert all(request.headers["host"] == "example.org" for request in here)
    assert there
    for request in there:
        assert SECRET not in str(request.headers)
        assert request.headers["x-version"] == "2"
        assert request.headers["host"] != "example.org"
    assert SECRET not in repr(seen) + str(seen.reference)


def test_a_redirect_that_is_not_followed_is_known_by_where_it_leads(
    server: LoggingServer, other: LoggingServer
) -> None:
    target = ["/v1"]
    server.script = lambda _: Reply(302, {"Location": f"{other.url}{target[0]}"}, target[0].encode())
    reference = in_form(f"{server.url}/latest", follow=False)
    seen = judge(None, ask(reference))
    assert str(seen.identity) == f"location:{other.url}/v1"
    assert other.requests() == []
    assert judge(seen.keep, ask(reference, seen.keep)).change is Change.UNCHANGED
    target[0] = "/v2"
    moved = judge(seen.keep, ask(reference, seen.keep))
    assert moved.change is Change.CHANGED
    assert "/v1" in moved.reason.text
    assert "/v2" in moved.reason.text
    # The same without a redirect: its file.
    server.script = lambda _: Reply(200, {"ETag": '"f"'})
    assert str(judge(None, ask(reference)).identity) == str(judge(None, ask(parse(reference.text))).identity)


def test_what_a_followed_redirect_leads_to_is_no_input_of_the_redirect(
    server: LoggingServer, other: LoggingServer
) -> None:
    content = [b"one"]
    other.script = lambda _: Reply(200, {}, content[0])
    server.script = lambda _: Reply(302, {"Location": f"{other.url}/b"})
    kept, followed = in_form(f"{server.url}/a", follow=False), parse(f"{server.url}/a")
    before = {reference: judge(None, ask(reference)) for reference in (kept, followed)}
    content[0] = b"two"
    assert judge(before[kept].keep, ask(kept, before[kept].keep)).change is Change.UNCHANGED
    assert judge(before[followed].keep, ask(followed, before[followed].keep)).change is Change.CHANGED
    both = probe([kept, followed], {}, Limits().within(5))
    assert len(both) == 2


@pytest.mark.parametrize(
    "location", ["/b?X-Amz-Signature={}&X-Amz-Date=2", "https://u:{}@h/b", "/b?token={}"]
)
def test_a_signed_redirect_is_the_same_however_it_is_signed(server: LoggingServer, location: str) -> None:
    seen = set()
    for secret in (SECRET, "another" + SECRET):
        redirect = Reply(307, {"Location": location.format(secret)})
        server.script = partial(_always, redirect)
        verdict = judge(None, ask(in_form(f"{server.url}/a", follow=False)))
        assert SECRET not in repr(verdict)
        seen.add(str(verdict.identity))
    assert len(seen) == 1


def test_a_redirect_to_nowhere_is_unknown(server: LoggingServer) -> None:
    server.script = lambda _: Reply(302)
    assert ask(in_form(f"{server.url}/a", follow=False)).outcome is ProbeOutcome.UNKNOWN


def test_state_and_identities_hold_the_headers_and_no_secret(server: LoggingServer, tmp_path: Path) -> None:
    reference = in_form(f"{server.url}/a", ("Accept", "a/b; q=1"), ("Cookie", f"s={SECRET}"))
    verdict = judge(None, ask(reference))
    assert verdict.identity is not None
    assert verdict.keep is not None
    path = tmp_path / "identities.toml"
    user = LockUser("Dockerfile", "0", "RUN")
    entry = LockedInput(reference=reference.text, identity=verdict.identity, used_by=(user,))
    path.write_text(lock_text(Lock(inputs=(entry,))))
    assert read_lock(path).inputs == (entry,)
    with closing(SqliteStore(tmp_path / "state.sqlite3", pytest.fail)) as store:
        store.record_observations({reference: verdict.keep}, at=1)
        assert store.observations([parse(reference.text)])
    everything = b"".join(item.read_bytes() for item in tmp_path.iterdir())
    assert SECRET.encode() not in everything
    assert b"#header:accept=a/b;%20q%3D1" in everything


def test_a_handle_that_is_used_again_sends_no_header_of_the_request_before(server: LoggingServer) -> None:
    handles = Handles()
    handle = handles.take()
    for headers in (('If-None-Match: "v1"',), ()):
        transfer = Transfer(Request("HEAD", f"{server.url}/a", headers), Limits())
        handles.prepare(handle, transfer, 5)
        handle.perform()
    first, second = server.requests()
    assert first.headers["if-none-match"] == '"v1"'
    assert "if-none-match" not in second.headers
