"""FTP servers that nobody here wrote; what was asked is read from their logs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from freshlayer.credentials import Keyring
from freshlayer.decisions.verdict import judge
from freshlayer.model.observation import Change, ProbeOutcome
from testing.asking import ask
from testing.servers.needs import require
from testing.stores.ftp import FtpServer, Login, Pyftpd, Vsftpd
from testing.tls import self_signed

DAY = 86400
LARGE = 5 * 1024 * 1024
SECRET = "hunter2"


def put(path: Path, content: bytes, *, age: float) -> None:
    path.write_bytes(content)
    at = path.stat().st_mtime - age
    os.utime(path, (at, at))


@pytest.fixture(params=[Vsftpd, Pyftpd])
def server(request: pytest.FixtureRequest) -> Iterator[FtpServer]:
    kind: type[FtpServer] = request.param
    require(kind.PROGRAM)
    with kind() as started:
        yield started


def verbs(server: FtpServer, since: int = 0) -> list[str]:
    return [command.method for command in server.requests()[since:]]


def test_a_small_file_is_hashed_once_and_then_known_by_date_and_length(server: FtpServer) -> None:
    put(server.directory / "file", b"content", age=DAY)
    first = judge(None, ask(server.url + "file"))
    assert first.identity is not None
    assert first.identity.scheme == "sha256"
    asked = len(server.requests())
    assert judge(first.keep, ask(server.url + "file", first.keep)).change is Change.UNCHANGED
    again = verbs(server, asked)
    assert ("MDTM" in again, "SIZE" in again, "RETR" in again) == (True, True, False)


def test_another_date_over_equal_bytes_is_no_change_and_other_bytes_are_one(server: FtpServer) -> None:
    put(server.directory / "file", b"content", age=3 * DAY)
    kept = judge(None, ask(server.url + "file")).keep
    put(server.directory / "file", b"content", age=2 * DAY)
    assert judge(kept, ask(server.url + "file", kept)).change is Change.UNCHANGED
    put(server.directory / "file", b"CONTENT", age=DAY)
    assert judge(kept, ask(server.url + "file", kept)).change is Change.CHANGED


def test_a_large_file_is_known_by_date_and_length_and_no_byte_of_it_moves(server: FtpServer) -> None:
    put(server.directory / "file", bytes(LARGE), age=DAY)
    verdict = judge(None, ask(server.url + "file"))
    assert str(verdict.identity).startswith("last-modified:")
    assert str(verdict.identity).endswith(f"/{LARGE}")
    assert "RETR" not in verbs(server)


def test_a_missing_file_is_absent(server: FtpServer) -> None:
    observation = ask(server.url + "none")
    assert (observation.outcome, observation.reason.text) == (
        ProbeOutcome.ABSENT,
        "the FTP server has no such file",
    )


def test_a_server_that_is_down_is_unknown(server: FtpServer) -> None:
    server.down()
    observation = ask(server.url + "file")
    assert observation.outcome is ProbeOutcome.UNKNOWN
    assert observation.reason.code == "connection-refused"


def test_a_password_is_taken_from_netrc_or_the_url_and_told_to_nobody_else(tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login ada password {SECRET}\n")
    with Pyftpd(login=Login("ada", SECRET)) as server:
        put(server.directory / "file", b"content", age=DAY)
        stranger = ask(server.url + "file")
        friend = ask(server.url + "file", keyring=Keyring({"NETRC": str(tmp_path / "netrc")}))
        named = ask(server.url.replace("://", f"://ada:{SECRET}@") + "file")
    assert (stranger.outcome, stranger.reason.text) == (ProbeOutcome.UNKNOWN, "the server refused the login")
    assert (friend.outcome, named.outcome) == (ProbeOutcome.SEEN, ProbeOutcome.SEEN)
    assert SECRET not in repr((stranger, friend, named))
    assert friend.reference.text == named.reference.text


def test_a_server_that_wants_tls_is_not_talked_to_in_the_clear(tmp_path: Path) -> None:
    with Pyftpd(login=Login("ada", SECRET), tls=self_signed(tmp_path)) as server:
        put(server.directory / "file", b"content", age=DAY)
        observation = ask(server.url.replace("://", f"://ada:{SECRET}@") + "file")
        assert "PASS" not in verbs(server)
    assert observation.outcome is ProbeOutcome.UNKNOWN
