"""``freshlayer watch``: real origins, real receivers, real processes that are ended and killed."""

from __future__ import annotations

import hmac
import json
import os
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from testing.command import FRESHLAYER, Freshlayer
from testing.logging_server import Logged, LoggingServer, Reply
from testing.origins import ServeOrigin
from testing.process import Child, wait_until


@pytest.fixture
def freshlayer(tmp_path: Path, project: Path) -> Freshlayer:
    """Where no builder is found."""
    return Freshlayer({**os.environ, "PATH": "/nowhere"}, tmp_path / "state.sqlite3", project)


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[ServeOrigin]:
    with ServeOrigin(tmp_path, '"v1"') as started:
        yield started


@pytest.fixture
def receiver() -> Iterator[LoggingServer]:
    with LoggingServer() as started:
        yield started


def write(project: Path, name: str, *lines: str) -> Path:
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in ("FROM scratch", *lines)))
    return path


def configure(directory: Path, receiver: LoggingServer, *more: str, trigger: str = "") -> str:
    """A configuration outside of the project."""
    path = directory / "watch.toml"
    hook = f'[triggers.ci]\ntype = "webhook"\nurl = "{receiver.url}/hook"\n{trigger}'
    path.write_text("\n".join(["interval = 2", "search = 1", "settle = 0", *more, hook]))
    return str(path)


@contextmanager
def running(freshlayer: Freshlayer, log: Path, *words: str) -> Iterator[Child]:
    """The service as a process of its own; killed at the end if it still runs."""
    argv = [*FRESHLAYER, "--state", str(freshlayer.state), "watch", "--listen", "off", *words]
    child = Child(argv, log=log, environment=freshlayer.environment)
    try:
        yield child
    finally:
        if child.is_running:
            os.kill(child.pid, signal.SIGKILL)
            wait_until(lambda: not child.is_running, seconds=90, what="the end of the service")


def end(child: Child) -> float:
    """Seconds that the service takes to end after SIGTERM."""
    started = time.monotonic()
    os.kill(child.pid, signal.SIGTERM)
    wait_until(lambda: not child.is_running, seconds=90, what="the end of the service")
    return time.monotonic() - started


def bodies(logged: list[Logged]) -> list[dict[str, object]]:
    return [json.loads(it.body) for it in logged]


def standing(freshlayer: Freshlayer) -> dict[str, object]:
    """Of the one Dockerfile; empty before the first judgement."""
    if not freshlayer.state.exists():
        return {}
    with closing(sqlite3.connect(freshlayer.state)) as connection:
        try:
            rows = connection.execute("SELECT standing FROM standing").fetchall()
        except sqlite3.OperationalError:
            return {}
    found: dict[str, object] = json.loads(rows[0][0]) if rows else {}
    return found


def test_once_prints_what_check_prints_and_probes_each_reference_once(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    for name in ("a/Dockerfile", "b/Dockerfile"):
        write(project, name, f"RUN curl {origin.url}shared")
    told = freshlayer("watch", "--once", "--json", ".")
    assert (told.code, told.err) == (1, "")
    assert [it["dockerfile"] for it in told.document["dockerfiles"]] == [
        str(project / "a/Dockerfile"),
        str(project / "b/Dockerfile"),
    ]
    before = Counter(request.path for request in origin.requests())
    freshlayer("watch", "--once", ".")
    assert Counter(request.path for request in origin.requests()) - before == {"/shared": 1}


def test_a_change_fires_a_signed_message_and_the_same_cause_fires_no_second_one(
    freshlayer: Freshlayer, origin: ServeOrigin, receiver: LoggingServer, project: Path, tmp_path: Path
) -> None:
    path = write(project, "Dockerfile", f"RUN curl {origin.url}a")
    config = configure(tmp_path, receiver, trigger='secret_env = "HOOK_SECRET"')
    freshlayer = freshlayer.but(HOOK_SECRET="key of the hook")
    assert freshlayer("watch", "--once", "--config", config, ".").code == 1
    assert receiver.requests() == []
    origin.set_tag('"v2"')
    told = freshlayer("watch", "--once", "--config", config, ".")
    assert told.err == f"freshlayer: {path}: trigger ci: delivered\n"
    (sent,) = receiver.requests()
    (body,) = bodies([sent])
    assert (body["event"], body["dockerfile"]) == ("stale", str(path))
    cause = {"reference": f"{origin.url}a", "identity": "etag:v2", "kind": "input", "line": 2}
    assert body["causes"] == [cause]
    assert sent.headers["idempotency-key"] == body["idempotency_key"]
    signed = hmac.new(b"key of the hook", sent.body, "sha256").hexdigest()
    assert sent.headers["x-freshlayer-signature-256"] == f"sha256={signed}"
    freshlayer("watch", "--once", "--config", config, ".")
    assert receiver.requests() == []
    origin.set_tag('"v3"')
    freshlayer("watch", "--once", "--config", config, ".")
    assert [it["causes"][0]["identity"] for it in bodies(receiver.requests())] == ["etag:v3"]  # type: ignore[index]
    assert b"key of the hook" not in freshlayer.state.read_bytes()


def test_a_message_that_is_not_delivered_stays_in_the_outbox(
    freshlayer: Freshlayer, origin: ServeOrigin, receiver: LoggingServer, project: Path, tmp_path: Path
) -> None:
    write(project, "Dockerfile", f"RUN curl {origin.url}a")
    config = configure(tmp_path, receiver)
    freshlayer("watch", "--once", "--config", config, ".")
    origin.set_tag('"v2"')
    receiver.script = lambda _: Reply(503)
    told = freshlayer("watch", "--once", "--config", config, ".")
    assert (told.code, "answered with status 503; the next run tries again" in told.err) == (2, True)
    receiver.script = lambda _: Reply(204, body=b"")
    first = receiver.requests()
    time.sleep(5)
    assert freshlayer("watch", "--once", "--config", config, ".").code == 1
    keys = {it["idempotency_key"] for it in bodies([*first, *receiver.requests()])}
    assert (len(first), len(keys)) == (1, 1)


def test_a_command_gets_the_message_and_runs_beside_the_configuration(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    path = write(project, "Dockerfile", f"RUN curl {origin.url}a")
    code = "import os, sys; open('got', 'w').write(os.environ['FRESHLAYER_DOCKERFILE'] + sys.stdin.read())"
    config = tmp_path / "watch.toml"
    argv = json.dumps([sys.executable, "-c", code])
    config.write_text(f'[triggers.build]\ntype = "command"\ncommand = {argv}\n')
    freshlayer("watch", "--once", "--config", str(config), ".")
    origin.set_tag('"v2"')
    freshlayer("watch", "--once", "--config", str(config), ".")
    got = (tmp_path / "got").read_text()
    assert got.startswith(f"{path}{{")
    assert json.loads(got.removeprefix(str(path)))["trigger"] == "build"


def test_a_directory_whose_name_is_not_utf8_is_watched_as_any_other(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    path = write(project, os.fsdecode(b"p/\xff/Dockerfile"), f"RUN curl {origin.url}a")
    write(project, "p/other/Dockerfile", f"RUN curl {origin.url}a")
    code = "import os; open('got', 'ab').write(os.environb[b'FRESHLAYER_DOCKERFILE'] + b'\\n')"
    config = tmp_path / "watch.toml"
    argv = json.dumps([sys.executable, "-c", code])
    config.write_text(f'[triggers.build]\ntype = "command"\ncommand = {argv}\n')
    for tag in ("v1", "v2", "v2"):
        origin.set_tag(f'"{tag}"')
        assert freshlayer("watch", "--once", "--config", str(config), "p").code == 1
    got = (tmp_path / "got").read_bytes().splitlines()
    assert sorted(got) == sorted([os.fsencode(path), os.fsencode(project / "p/other/Dockerfile")])


def test_a_trigger_is_tested_alone(freshlayer: Freshlayer, receiver: LoggingServer, tmp_path: Path) -> None:
    config = configure(tmp_path, receiver)
    told = freshlayer("watch", "--config", config, "--test-trigger", "ci")
    assert (told.code, told.out) == (0, "trigger ci: delivered\n")
    assert [it["event"] for it in bodies(receiver.requests())] == ["test"]
    assert freshlayer("watch", "--config", config, "--test-trigger", "other").code == 2
    config = configure(tmp_path, receiver, trigger='secret_env = "NOT_SET"')
    told = freshlayer("watch", "--config", config, "--test-trigger", "ci")
    assert (told.code, told.err) == (2, "freshlayer: trigger ci: the variable NOT_SET is not set (set it)\n")
    assert receiver.requests() == []


def test_a_command_gets_no_secret_of_others(freshlayer: Freshlayer, tmp_path: Path) -> None:
    code = "import os; open('got', 'w').write(' '.join(os.environ))"
    config = tmp_path / "watch.toml"
    config.write_text(
        f'[triggers.build]\ntype = "command"\ncommand = {json.dumps([sys.executable, "-c", code])}\n'
        '[triggers.ci]\ntype = "webhook"\nurl = "http://127.0.0.1:1/"\nsecret_env = "HOOK_SECRET"\n'
        '[api]\ntoken_env = "API_TOKEN"\n'
    )
    freshlayer = freshlayer.but(HOOK_SECRET="a", API_TOKEN="b", OWN="c")
    assert freshlayer("watch", "--config", str(config), "--test-trigger", "build").code == 0
    names = (tmp_path / "got").read_text().split()
    assert {"OWN", "HOOK_SECRET", "API_TOKEN"} & {*names} == {"OWN"}


def test_a_configuration_in_the_checkout_is_not_looked_for(
    freshlayer: Freshlayer, origin: ServeOrigin, receiver: LoggingServer, project: Path
) -> None:
    write(project, "Dockerfile", f"RUN curl {origin.url}a")
    configure(project, receiver)
    freshlayer("watch", "--once", ".")
    origin.set_tag('"v2"')
    freshlayer("watch", "--once", ".")
    assert receiver.requests() == []


def test_the_service_finds_changes_and_ends_by_itself(
    freshlayer: Freshlayer, origin: ServeOrigin, receiver: LoggingServer, project: Path, tmp_path: Path
) -> None:
    path = write(project, "a/Dockerfile", f"RUN curl {origin.url}a")
    config = configure(tmp_path, receiver)
    with running(freshlayer, tmp_path / "log", "--config", config, str(project)) as child:
        child.wait_until(lambda: bool(standing(freshlayer)), seconds=90)
        origin.set_tag('"v2"')
        child.wait_until(lambda: "trigger ci: delivered" in child.output(), seconds=90)
        assert f"{path}:2: {origin.url}a: changed; the image is stale" in child.output()
        write(project, "b/Dockerfile", f"RUN curl {origin.url}b")
        child.wait_until(lambda: "/b" in {it.path for it in origin.requests()}, seconds=90)
        assert end(child) < 15
    assert [it["event"] for it in bodies(receiver.requests())] == ["stale"]


def test_a_request_that_hangs_does_not_hold_the_end_up(
    freshlayer: Freshlayer, project: Path, tmp_path: Path
) -> None:
    def hang(_: Logged) -> Reply:
        time.sleep(20)
        return Reply()

    with LoggingServer(hang) as slow:
        write(project, "Dockerfile", f"RUN curl {slow.url}/a")
        with running(freshlayer, tmp_path / "log", str(project)) as child:
            child.wait_until(lambda: bool(slow.requests()), seconds=90)
            assert end(child) < 15


def test_a_locked_state_does_not_hold_the_end_up(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    write(project, "Dockerfile", f"RUN curl {origin.url}a")
    config = tmp_path / "watch.toml"
    config.write_text("interval = 1\nsearch = 1\nsettle = 0\n")
    with running(freshlayer, tmp_path / "log", "--config", str(config), str(project)) as child:
        child.wait_until(lambda: bool(standing(freshlayer)), seconds=90)
        with closing(sqlite3.connect(freshlayer.state, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            origin.set_tag('"v2"')
            origin.requests()
            child.wait_until(lambda: bool(origin.requests()), seconds=90)
            time.sleep(2)
            assert end(child) < 15


def test_sigterm_ends_a_single_round_and_the_command_of_its_trigger(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    write(project, "Dockerfile", f"RUN curl {origin.url}a")
    config = tmp_path / "watch.toml"
    code = "import os, time; open('pid', 'w').write(f'{os.getpid()}\\n'); time.sleep(60)"
    config.write_text(
        f'[triggers.build]\ntype = "command"\ncommand = {json.dumps([sys.executable, "-c", code])}\n'
    )
    freshlayer("watch", "--once", "--config", str(config), ".")
    origin.set_tag('"v2"')
    pid = tmp_path / "pid"
    with running(freshlayer, tmp_path / "log", "--once", "--config", str(config), str(project)) as child:
        child.wait_until(lambda: pid.exists() and pid.read_text().endswith("\n"), seconds=90)
        assert end(child) < 15
        assert "was ended with the service" in child.output()
    assert not Path("/proc", pid.read_text().strip()).exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_test_of_a_trigger_and_its_command(
    freshlayer: Freshlayer, tmp_path: Path, number: int
) -> None:
    config = tmp_path / "watch.toml"
    code = "import os, time; open('pid', 'w').write(f'{os.getpid()}\\n'); time.sleep(60)"
    config.write_text(
        f'[triggers.build]\ntype = "command"\ncommand = {json.dumps([sys.executable, "-c", code])}\n'
    )
    pid = tmp_path / "pid"
    words = ("--config", str(config), "--test-trigger", "build")
    with running(freshlayer, tmp_path / "log", *words) as child:
        child.wait_until(lambda: pid.exists() and pid.read_text().endswith("\n"), seconds=90)
        os.kill(child.pid, number)
        wait_until(lambda: not child.is_running, seconds=90, what="the end of the test")
        assert "trigger build: was ended with the service" in child.output()
    assert not Path("/proc", pid.read_text().strip()).exists()


def test_a_longer_ttl_counts_once_the_dockerfile_has_it(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    path = write(project, "Dockerfile", f"RUN curl {origin.url}a")
    write(project, "other/Dockerfile", f"RUN curl {origin.url}often")
    config = tmp_path / "watch.toml"
    config.write_text("interval = 1\nsearch = 1\n")

    def times(name: str) -> int:
        return sum(it.path == name for it in origin.requests())

    with running(freshlayer, tmp_path / "log", "--config", str(config), str(project)) as child:
        child.wait_until(lambda: times("/a") >= 3, seconds=90)
        path.write_text(f"FROM scratch\n# freshlayer: ttl=1h\nRUN curl {origin.url}a\n")
        rounds = times("/often") + 4
        child.wait_until(lambda: times("/often") >= rounds, seconds=90)
        before, more = times("/a"), times("/often") + 4
        child.wait_until(lambda: times("/often") >= more, seconds=90)
        assert times("/a") == before


def test_the_settings_of_one_checkout_do_not_decide_for_others(
    freshlayer: Freshlayer, receiver: LoggingServer, project: Path, tmp_path: Path
) -> None:
    """The origin takes longer to answer than the settings of one of them allow."""
    tags = ['"v1"']

    def slow(_: Logged) -> Reply:
        time.sleep(0.3)
        return Reply(headers={"ETag": tags[-1]}, body=b"")

    with LoggingServer(slow) as origin:
        for name in ("a", "b"):
            write(project, f"{name}/Dockerfile", f"RUN curl {origin.url}/shared")
        (project / "a" / "freshlayer.toml").write_text("timeout = 0.1\ndeadline = 0.1\n")
        config = configure(tmp_path, receiver)
        with running(freshlayer, tmp_path / "log", "--config", config, str(project)) as child:
            child.wait_until(lambda: bool(standing(freshlayer)), seconds=90)
            tags.append('"v2"')
            stale = f"{project}/b/Dockerfile: trigger ci: delivered"
            child.wait_until(lambda: stale in child.output(), seconds=90)


def test_a_service_that_is_killed_loses_no_message_and_makes_none_twice(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    """Killed between the outbox and the delivery, and between the delivery and its note."""
    write(project, "Dockerfile", f"RUN curl {origin.url}a")
    pids: list[int] = []

    def killing(_: Logged) -> Reply:
        if pids:
            os.kill(pids.pop(), signal.SIGKILL)
            time.sleep(0.2)
        return Reply()

    with LoggingServer(killing) as receiver:
        config = configure(tmp_path, receiver)
        freshlayer("watch", "--once", "--config", config, ".")
        received: list[Logged] = []
        for version in (2, 3):
            origin.set_tag(f'"v{version}"')
            with running(freshlayer, tmp_path / "log", "--config", config, str(project)) as child:
                pids.append(child.pid)
                wait_until(lambda child=child: not child.is_running, seconds=90, what="the kill")  # type: ignore[misc]
            with running(freshlayer, tmp_path / "log", "--config", config, str(project)) as child:
                child.wait_until(lambda child=child: "delivered" in child.output(), seconds=90)  # type: ignore[misc]
            received += receiver.requests()
    keys = Counter(str(it["idempotency_key"]) for it in bodies(received))
    assert sorted(keys.values()) == [2, 2]
    causes = {str(it["idempotency_key"]): it["causes"] for it in bodies(received)}
    assert len({json.dumps(it) for it in causes.values()}) == 2
