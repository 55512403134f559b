"""Answers of a service to the commands of its user: real origins, a real socket, a real ``check``."""

from __future__ import annotations

import itertools
import os
import socket
import stat
import struct
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from msgspec.structs import replace

from freshlayer.credentials import Keyring
from freshlayer.decisions.verdict import judge
from freshlayer.model.observation import Observation, ProbeOutcome, Recorded
from freshlayer.probe import Limits, each
from freshlayer.probe.warm import PATIENCE, framed, is_anonymous, observations, parsed
from freshlayer.probe.warm import Reply as Alive
from freshlayer.reference import Reference, parse
from freshlayer.settings import HostSettings
from freshlayer.watch.warm import WarmAnswers, WarmServer
from testing.command import Freshlayer
from testing.latency import Latency
from testing.logging_server import LoggingServer, Reply
from testing.process import wait_until
from testing.servers.needs import require
from testing.servers.nginx import Nginx, playback
from testing.tls import SelfSigned, self_signed

ORIGINS = 10
ROUND_TRIP = 0.05


def seen_by(
    path: Path,
    references: Sequence[Reference],
    recorded: Mapping[Reference, Recorded] | None = None,
    *,
    max_age: float = 60,
    now: bool = False,
    patience: float = 30,
) -> list[Observation]:
    """``patience``: long by default, as the machine of the tests may be busy."""
    known = recorded or {}
    return list(observations(str(path), references, known, lambda _: (), lambda _: now, max_age, patience))


@contextmanager
def serving(directory: Path, answers: WarmAnswers, keyring: Keyring | None = None) -> Iterator[Path]:
    path = directory / "freshlayer" / "watch.sock"
    server = WarmServer(path, answers, Limits(), lambda: keyring or Keyring(), lambda: False)
    assert server.start()
    with closing(server):
        yield path


def noted(answers: WarmAnswers, references: Sequence[Reference]) -> dict[Reference, Recorded]:
    """Probe as the service does; what it recorded."""
    verdicts = [judge(None, it) for it in each(references, {}, Limits())]
    for verdict in verdicts:
        answers.note(verdict, ())
    return {it.reference: it.keep for it in verdicts if it.keep is not None}


def requested(url: str) -> Reference:
    """As ``curl URL`` requests it: no redirect is followed."""
    found = parsed(url, follow=False)
    assert found is not None
    return found


@pytest.fixture
def origin() -> Iterator[LoggingServer]:
    with LoggingServer(lambda it: Reply(headers={"ETag": f'"{it.target}"'})) as started:
        yield started


def test_what_the_service_saw_counts_for_a_while_and_the_rest_is_requested_by_it(
    origin: LoggingServer, tmp_path: Path
) -> None:
    known, other = parse(f"{origin.url}/known"), parse(f"{origin.url}/other")
    answers = WarmAnswers()
    recorded = noted(answers, [known])
    origin.requests()
    with serving(tmp_path, answers) as path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        (seen,) = seen_by(path, [known])
        assert seen.evidence == recorded[known].evidence
        assert origin.requests() == []
        (seen,) = seen_by(path, [other])
        assert {it.target for it in origin.requests()} == {"/other"}
        assert judge(None, seen).keep == judge(None, next(iter(each([other], {}, Limits())))).keep
        origin.requests()
        (seen,) = seen_by(path, [known], recorded, max_age=0)
        assert [it.headers["if-none-match"] for it in origin.requests()] == ['"/known"']
        (seen,) = seen_by(path, [known], recorded, now=True)
        assert len(origin.requests()) == 1
    assert seen_by(path, [known]) == []


@pytest.mark.parametrize("kept", ["nginx", "strong"])
def test_a_304_of_a_moment_ago_is_what_the_client_would_get_by_itself(kept: str, tmp_path: Path) -> None:
    require("nginx")
    strong = playback("/f", {"ETag": '"0123456789abcdef0123"'}) if kept == "strong" else ""
    answers = WarmAnswers()
    with Nginx(server=strong) as nginx, serving(tmp_path, answers) as path:
        for name in "fg":
            (nginx.directory / name).write_text(name)
            os.utime(nginx.directory / name, (1_700_000_000, 1_700_000_000))
        known, other = parse(f"{nginx.url}f"), parse(f"{nginx.url}g")
        recorded = noted(answers, [known, other])
        own = [judge(recorded[it.reference], it) for it in each([known], recorded, Limits())]
        assert own[0].reason.code == "not-modified"
        answers.note(own[0], ())
        with nginx.watched() as requests:
            told = [judge(recorded[known], it) for it in seen_by(path, [known], recorded)]
        assert (told, requests) == (own, [])
        with nginx.watched() as requests:
            assert len(seen_by(path, [known], {known: recorded[other]})) == 1
        assert bool(requests) == (kept == "nginx")


def test_a_check_takes_answers_of_the_service_and_probes_by_itself_without_it(
    origin: LoggingServer, project: Path, tmp_path: Path
) -> None:
    (project / "Dockerfile").write_text(f"FROM scratch\nRUN curl {origin.url}/a\nRUN curl {origin.url}/b\n")
    environment = {**os.environ, "PATH": "/nowhere", "XDG_RUNTIME_DIR": str(tmp_path)}
    freshlayer = Freshlayer(environment, tmp_path / "state.sqlite3", project)
    answers = WarmAnswers()
    numbers = itertools.count()

    def taken() -> bool:
        """Not where the machine is so busy that the service is silent for a tenth of a second."""
        noted(answers, [requested(f"{origin.url}/{it}") for it in "ab"])
        origin.requests()
        told = Freshlayer(environment, tmp_path / f"state-{next(numbers)}.sqlite3", project)(
            "check", "--json"
        )
        assert (told.code, told.err) == (1, "")
        assert [it["verdict"] for it in told.document["inputs"]] == ["first-seen"] * 2
        return origin.requests() == []

    with serving(tmp_path, answers):
        wait_until(taken, seconds=90, what="a check that takes the answers of the service")
        assert freshlayer.but(FRESHLAYER_WARM="off")("check").code == 1
        assert origin.requests() != []
    assert freshlayer("check").code == 1
    assert origin.requests() != []


def test_what_holds_a_credential_is_not_sent(origin: LoggingServer, tmp_path: Path) -> None:
    address = origin.url.removeprefix("http://")
    with_password = parse(f"http://user:hunter2@{address}/a")
    signed = parse(f"{origin.url}/a?X-Amz-Signature=0123456789abcdef&X-Amz-Credential=x")
    assert not is_anonymous(with_password)
    assert not is_anonymous(signed)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(tmp_path / "socket"))
    listening.listen()
    with closing(listening):
        listening.settimeout(0)
        assert seen_by(tmp_path / "socket", [with_password, signed]) == []
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_the_service_uses_its_own_credentials_of_the_same_user(tmp_path: Path) -> None:
    def script(logged: object) -> Reply:
        ok = getattr(logged, "headers", {}).get("authorization") == "Bearer hunter2"
        return Reply(headers={"ETag": '"1"'}) if ok else Reply(status=401)

    with LoggingServer(script) as private:
        host = private.url.removeprefix("http://")
        keyring = Keyring({"TOKEN": "hunter2"}, {host: HostSettings(token_env="TOKEN")})
        with serving(tmp_path, WarmAnswers(), keyring) as path:
            (seen,) = seen_by(path, [parse(f"{private.url}/a")])
            assert seen.outcome is ProbeOutcome.SEEN


@pytest.mark.parametrize(
    "given", [b"", struct.pack(">I", 100), struct.pack(">I", 1 << 31) + b"x", b"\0\0\0\1\xc1"]
)
def test_a_service_that_hangs_or_answers_nonsense_costs_little(given: bytes, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def hang() -> None:
            connection, _ = listening.accept()
            held.append(connection)
            connection.sendall(given)

        held: list[socket.socket] = []
        thread = threading.Thread(target=hang, daemon=True)
        thread.start()
        started = time.monotonic()
        assert seen_by(path, [parse("https://example.org/a")], patience=PATIENCE) == []
        assert time.monotonic() - started < 8
        thread.join()
        for connection in held:
            connection.close()


def slowly(listening: socket.socket, text: bytes, ended: threading.Event) -> None:
    """A byte in 20 ms: each read of the client gets something in time."""
    connection, _ = listening.accept()
    with connection, suppress(OSError):
        for number in range(len(text)):
            connection.sendall(text[number : number + 1])
            if ended.wait(0.02):
                return


@pytest.mark.parametrize("head", [b"", struct.pack(">I", 10_000)])
def test_a_service_that_sends_a_byte_now_and_then_has_one_deadline(head: bytes, tmp_path: Path) -> None:
    path, ended = tmp_path / "socket", threading.Event()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        text = head + (b"\0" if head else b"\1") * 1000
        thread = threading.Thread(target=slowly, args=(listening, text, ended), daemon=True)
        thread.start()
        started = time.monotonic()
        assert seen_by(path, [parse("https://example.org/a")], patience=PATIENCE) == []
        taken = time.monotonic() - started
        ended.set()
        thread.join()
    # All of it takes 20 s.
    assert taken < 5


@pytest.mark.parametrize("waiting", [0, 64])
def test_a_service_that_never_accepts_costs_little(waiting: int, tmp_path: Path) -> None:
    """``waiting``: connections that fill its queue. With room in it, the system takes what is sent."""
    path = tmp_path / "socket"
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket(socket.AF_UNIX))
        listening.bind(str(path))
        listening.listen(1)
        for _ in range(waiting):
            other = stack.enter_context(socket.socket(socket.AF_UNIX))
            other.setblocking(False)
            with suppress(BlockingIOError):
                other.connect(str(path))
        started = time.monotonic()
        assert seen_by(path, [parse("https://example.org/a")], patience=PATIENCE) == []
        assert time.monotonic() - started < 5


def test_a_service_that_reads_nothing_of_a_large_question_costs_little(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    references = [parse(f"https://example.org/{number}/{'a' * 500}") for number in range(2000)]
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        started = time.monotonic()
        assert seen_by(path, references, patience=PATIENCE) == []
        assert time.monotonic() - started < 5


def test_what_is_sent_of_a_url_is_what_a_reader_of_its_text_gets() -> None:
    """The short way for a URL without a fragment decides as a new parse of its text would."""
    texts = [
        *("https://example.org/a", "http://example.org:8080/a?b=c", "https://user:pw@example.org/a"),
        *(
            "https://example.org/a%20b",
            "https://example.org/%41?x=%2f",
            "https://EXAMPLE.org",
            "ftp://a.example/b",
        ),
        *("https://example.org/a?X-Amz-Signature=0123456789abcdef&X-Amz-Credential=x", "s3://bucket/key"),
        *("https://example.org/a?token=0123456789abcdef0123456789abcdef", "git+https://example.org/a#main"),
        *("https://example.org/a#header:accept=application%2Fjson", "https://example.org/a#redirects:no"),
        f"https://example.org/a#sha256={'a' * 64}",
        f"https://github.com/a/b/archive/{'a' * 40}.tar.gz",
    ]
    for text in texts:
        for follow in (True, False):
            reference = replace(parse(text), form=replace(parse(text).form, follow=follow))
            again = parsed(reference.text, follow=follow)
            same = again is not None and again.address == reference.address and again.form == reference.form
            assert is_anonymous(reference) == (same and not reference.pinned), text


def test_a_service_that_is_alive_and_observes_nothing_is_left_alone(tmp_path: Path) -> None:
    """Its own request may hang where the command's would not."""
    path = tmp_path / "socket"
    alive = framed(msgspec.msgpack.encode(Alive()))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def stay_alive() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                for _ in range(500):
                    connection.sendall(alive)
                    time.sleep(0.02)

        thread = threading.Thread(target=stay_alive, daemon=True)
        thread.start()
        started = time.monotonic()
        assert seen_by(path, [parse("https://example.org/a")], patience=PATIENCE) == []
        assert time.monotonic() - started < 6
        thread.join()


def _other_user(path: str) -> None:
    """A service of another user, to which no client of this one is to speak."""
    os.setuid(65534)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{path}.new")
        listening.listen()
        listening.settimeout(30)
        os.rename(f"{path}.new", path)
        connection, _ = listening.accept()
        with connection:
            os._exit(len(connection.recv(100)))


@pytest.fixture
def everyones() -> Iterator[Path]:
    """A directory of everyone; what pytest makes is below one that is closed to others."""
    with TemporaryDirectory(prefix="fl-warm-") as made:
        directory = Path(made)
        directory.chmod(0o777)
        yield directory


def test_a_service_of_another_user_gets_nothing(everyones: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can start a process of another user")
    path = everyones / "socket"
    process = get_context("fork").Process(target=_other_user, args=(str(path),), daemon=True)
    process.start()
    wait_until(path.exists, seconds=30, what="the socket")
    assert seen_by(path, [parse("https://example.org/a")]) == []
    process.join(30)
    assert process.exitcode == 0


def test_no_connection_is_opened_for_what_was_requested_before(tmp_path: Path) -> None:
    require("nginx")
    tls: SelfSigned = self_signed(tmp_path)
    (tmp_path / "served").mkdir()
    (tmp_path / "served/f").write_text("x")
    os.utime(tmp_path / "served/f", (1, 1))
    with Nginx(tmp_path / "served", tls=tls) as nginx:
        relay = Latency(nginx.port, ROUND_TRIP, also=[nginx.port] * (ORIGINS - 1))
        with closing(relay):
            references = [parse(f"https://127.0.0.1:{port}/f") for port in relay.ports]
            hosts = {f"127.0.0.1:{port}": HostSettings(ca=str(tls.certificate)) for port in relay.ports}
            with serving(tmp_path, WarmAnswers(), Keyring({}, hosts)) as path:
                first = seen_by(path, references)
                recorded = {it.reference: judge(None, it).keep for it in first}
                opened = relay.connections
                known = {it: one for it, one in recorded.items() if one is not None}
                again = seen_by(path, references, known)
                assert [it.outcome for it in again] == [ProbeOutcome.NOT_MODIFIED] * ORIGINS
                assert (len(first), opened, relay.connections) == (ORIGINS, ORIGINS, ORIGINS)
