"""Which hosts of a stranger's references are allowed, and what they get."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from freshlayer.credentials import Keyring
from freshlayer.model.observation import Observation, ProbeOutcome
from freshlayer.probe import Limits, git, mercurial, probe
from freshlayer.probe.network.messages import Answer, Means, Once, Pause, Run
from freshlayer.probe.strangers import Names, is_allowed, keyring_for, within
from freshlayer.reference import parse, requested
from freshlayer.request_form import Proxies, RequestForm
from testing.logging_server import LoggingServer, Reply

# In a process of its own, since an audit hook can't be taken back; a name server that does not answer.
SLOW_NAMES = """
import sys, time
from collections import Counter
from freshlayer.credentials import Keyring
from freshlayer.probe import Limits, probe
from freshlayer.reference import parse
looked_up = []
def hook(event, arguments):
    if event == "socket.getaddrinfo":
        looked_up.append(arguments[0])
        time.sleep(60)
sys.addaudithook(hook)
references = [parse(f"git+http://host-{number % 15}.invalid/{number}") for number in range(30)]
seen = probe(references, {}, Limits(strangers=(), deadline=2), keyring=Keyring({}))
assert len(seen) == 30
print(*{one.reason.code for one in seen.values()}, *set(Counter(looked_up).values()))
"""
ALLOWED = ("*.example.org", "10.0.0.0/8", "registry.example.com")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example.org/x", True),
        ("docker://registry.example.com/a:1", True),
        ("http://10.1.2.3:81/", True),
        ("https://a.example.org.evil.example/", False),
        ("https://a.example.org@evil.example/", False),
        ("http://169.254.169.254/", False),
        ("http:///", False),
    ],
)
def test_a_host_is_allowed_by_its_name_or_its_address(url: str, expected: bool) -> None:  # noqa: FBT001
    assert is_allowed(url, ALLOWED) is expected
    keyring = Keyring({"GH_TOKEN": "secret"})
    found = keyring_for(url, keyring, Limits(strangers=ALLOWED))
    assert (found is keyring) is expected
    assert keyring_for(url, keyring, Limits()) is keyring


@pytest.fixture
def servers() -> Iterator[tuple[LoggingServer, LoggingServer]]:
    """An origin, and a proxy that a stranger names."""
    with LoggingServer() as origin, LoggingServer() as proxy:
        yield origin, proxy


def asked(kind: str, url: str, proxy: LoggingServer, keyring: Keyring, *allowed: str) -> Observation:
    proxies = Proxies(http=proxy.url, https=proxy.url)
    reference = requested(parse(f"{kind}{url}/a"), RequestForm(proxies=proxies))
    return probe([reference], {}, Limits(strangers=allowed).within(2), keyring=keyring)[reference]


@pytest.mark.parametrize("kind", ["", "git+"])
def test_an_allowed_host_is_not_reached_through_a_strangers_proxy(
    kind: str, servers: tuple[LoggingServer, LoggingServer], tmp_path: Path
) -> None:
    origin, proxy = servers
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ada password hunter2\n")
    keyring = Keyring({"NETRC": str(tmp_path / "netrc"), "HOME": str(tmp_path)})
    origin.script = lambda it: Reply(
        200 if "authorization" in it.headers else 401, {"WWW-Authenticate": "Basic"}
    )
    asked(kind, origin.url, proxy, keyring, "127.0.0.1")
    assert proxy.requests() == []
    assert "authorization" in origin.requests()[-1].headers


@pytest.mark.parametrize("kind", ["", "git+"])
def test_a_strangers_proxy_is_no_way_to_a_local_address(
    kind: str, servers: tuple[LoggingServer, LoggingServer]
) -> None:
    origin, proxy = servers
    seen = asked(kind, origin.url, proxy, Keyring({}))
    assert seen.reason.code == "address-refused"
    assert origin.requests() == proxy.requests() == []


@pytest.mark.parametrize("kind", ["", "git+"])
def test_a_strangers_proxy_has_no_local_address(
    kind: str, servers: tuple[LoggingServer, LoggingServer]
) -> None:
    _, proxy = servers
    asked(kind, "http://192.0.2.1", proxy, Keyring({}))
    assert proxy.requests() == []


def test_a_name_server_without_an_answer_holds_up_nothing() -> None:
    found = subprocess.run(
        [sys.executable, "-c", SLOW_NAMES], capture_output=True, text=True, check=True, timeout=50
    )
    assert found.stdout == "deadline 1\n"


def first(
    text: str, allowed: tuple[str, ...] = (), version: str = "git version 2.39.5"
) -> Run | Observation | None:
    """The first program that is run for a reference, but for the version of git; else what is observed."""
    reference = parse(text)
    protocol = mercurial.probe if reference.kind == "hg" else git.probe
    talk = within(protocol(reference, None, Means(Limits(strangers=allowed))), reference, allowed, Names())
    try:
        step = next(talk)
        while isinstance(step, Pause | Once):
            step = talk.send(Answer(output=version))
    except StopIteration as end:
        found: Observation = end.value
        return found
    return step if isinstance(step, Run) else None


def test_git_connects_to_the_address_that_was_checked() -> None:
    """192.0.2.1 is for documentation (RFC 5737): no request is sent to it."""
    with LoggingServer(lambda _: Reply(404)) as server:
        run = first(f"git+http://192.0.2.1:{server.port}/r.git#main")
        assert isinstance(run, Run)
        own = {it: value for it, value in run.environment.items() if it.startswith("GIT_CONFIG_")}
        assert own["GIT_CONFIG_COUNT"] == "2"
        assert (own["GIT_CONFIG_KEY_0"], own["GIT_CONFIG_VALUE_0"]) == ("http.followRedirects", "false")
        assert own["GIT_CONFIG_KEY_1"] == "http.curloptResolve"
        assert own["GIT_CONFIG_VALUE_1"] == f"192.0.2.1:{server.port}:192.0.2.1"
        # As if a name had this address when it was checked, and none when git resolves it.
        own["GIT_CONFIG_VALUE_1"] = f"gone.invalid:{server.port}:127.0.0.1"
        argv = ["git", "ls-remote", f"http://gone.invalid:{server.port}/r.git"]
        subprocess.run(
            argv, env={**os.environ, "no_proxy": "*", **own}, check=False, capture_output=True, timeout=60
        )
        assert [it.headers["host"] for it in server.requests()] == [f"gone.invalid:{server.port}"]


def test_an_address_of_ipv6_is_not_resolved_and_so_not_pinned() -> None:
    run = first("git+https://[2001:db8::1]/r.git#main")
    assert isinstance(run, Run)
    assert run.environment["GIT_CONFIG_VALUE_1"] == ""


@pytest.mark.parametrize(
    "reference",
    [
        "git+git://192.0.2.1/r.git#main",
        "git+ssh://git@192.0.2.1/r.git#main",
        "git+http://127.0.0.1/r.git#main",
        "git+http://169.254.169.254/r.git#main",
        "hg+https://192.0.2.1/r#tip",
    ],
)
def test_what_is_not_held_to_its_address_is_refused_unless_its_host_is_allowed(reference: str) -> None:
    told = first(reference)
    assert isinstance(told, Observation)
    assert (told.outcome, told.reason.code) == (ProbeOutcome.UNKNOWN, "address-refused")
    run = first(reference, ("192.0.2.0/24", "127.0.0.1", "169.254.169.254"))
    assert isinstance(run, Run)
    assert "GIT_CONFIG_COUNT" not in run.environment


def test_a_git_that_would_resolve_the_name_again_is_refused() -> None:
    for version in ("git version 2.36.9", "git version"):
        told = first("git+https://192.0.2.1/r.git#main", version=version)
        assert isinstance(told, Observation)
        assert "git 2.37 or newer (name its host in allow_hosts)" in told.reason.text
    assert isinstance(first("git+https://192.0.2.1/r.git#main", version="git version 2.37.0"), Run)
