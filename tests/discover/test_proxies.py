"""Which proxy a command uses: as the real curl, wget and git use it."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator, Mapping

import pytest

from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.proxies import used
from freshlayer.discover.reading import analyse
from freshlayer.request_form import Proxies
from testing.logging_server import LoggingServer

P = "http://proxy.example.org:3128"
HTTP, HTTPS = "http://h.example.org/a", "https://h.example.org/a"


def proxies(text: str, *, first: str = HTTP, **question: object) -> Proxies | None:
    """Those of the first URL that a Dockerfile reads."""
    found = analyse(f"FROM scratch\n{text}\n", BuildRequest(("linux/amd64",), **question)).discovery.inputs  # type: ignore[arg-type]
    (item,) = (item for item in found if item.reference.address == first)
    return item.reference.form.proxies


def of(text: str, url: str = HTTP, **question: object) -> str:
    known = proxies(text, first=url, **question)
    return known.for_url(url) if known is not None else "ours"


def test_what_the_run_sees_is_used() -> None:
    assert of(f"RUN curl {HTTP}") == "ours"
    assert of(f"ENV http_proxy={P}\nRUN curl {HTTP}") == P
    assert of(f"ARG http_proxy={P}\nRUN curl {HTTP}") == P
    assert of(f"RUN curl {HTTP}", build_args={"http_proxy": P}) == P
    assert of(f"RUN curl {HTTP}", build_args={"HTTP_PROXY": P}) == P
    assert of(f"RUN curl {HTTP}", proxies={"http_proxy": P}) == P
    assert of(f"RUN curl {HTTP}", proxies={"http_proxy": "http://x:1"}, build_args={"http_proxy": P}) == P
    assert of(f"RUN http_proxy={P} curl {HTTP}") == P
    assert of(f"RUN export https_proxy={P}; curl {HTTPS}", HTTPS) == P
    assert of(f"RUN export https_proxy={P} && sh -c 'curl {HTTPS}'", HTTPS) == P
    assert of(f"ENV http_proxy={P}\nRUN unset http_proxy; curl {HTTP}") == "ours"
    assert of(f"ENV http_proxy={P}\nRUN http_proxy= curl {HTTP}") == "ours"
    assert of(f"RUN env http_proxy={P} wget {HTTP}") == P
    assert of(f"RUN curl {HTTP}\nENV http_proxy={P}") == "ours"
    assert of(f'ENV http_proxy={P}\nRUN ["curl", "{HTTP}"]') == P


def test_an_arg_of_the_head_and_another_stages_env_are_not_seen() -> None:
    assert of(f"FROM scratch\nRUN curl {HTTP}") == "ours"
    assert of(f"ENV http_proxy={P}\nFROM scratch\nRUN curl {HTTP}") == "ours"


def test_without_buildkit_a_build_arg_is_seen_as_it_is_written() -> None:
    assert of(f"RUN curl {HTTPS}", HTTPS, build_args={"HTTPS_PROXY": P}, inherits=False) == P
    assert of(f"RUN wget {HTTPS}", HTTPS, build_args={"HTTPS_PROXY": P}, inherits=False) == "ours"
    assert of(f"RUN wget {HTTPS}", HTTPS, build_args={"HTTPS_PROXY": P}) == P


def test_git_and_object_stores_use_them_and_add_does_not() -> None:
    run = "RUN git clone https://h.example.org/r.git && aws s3 cp s3://b/k /x"
    text = f"ENV https_proxy={P}\n{run}\nADD {HTTPS} /a"
    found = analyse(f"FROM scratch\n{text}\n", BuildRequest(("linux/amd64",))).discovery.inputs
    known = {item.reference.kind: item.reference.form.proxies for item in found}
    assert {kind: bool(given and given.https == P) for kind, given in known.items()} == {
        "git": True,
        "s3": True,
        "http": False,
    }


def test_a_proxy_on_the_containers_own_loopback_is_not_here() -> None:
    text = f"ENV http_proxy=127.0.0.1:3128\nRUN curl {HTTP}"
    assert of(text, network="default") == "ours"
    assert of(text, network="host") == "http://127.0.0.1:3128"
    assert of(text.replace("RUN", "RUN --network=host"), network="default") == "http://127.0.0.1:3128"


def test_no_password_of_a_proxy_is_shown() -> None:
    known = proxies(f"ENV http_proxy=http://user:hunter2@proxy.example.org:3128\nRUN curl {HTTP}")
    assert known is not None
    assert "hunter2" in known.http
    assert "hunter2" not in repr(known) + known.named(HTTP)
    assert known.named(HTTP) == "proxy.example.org:3128"


OPTIONS = [
    ("curl -x PROXY URL", P),
    ("curl --proxy PROXY URL", P),
    ("curl -x proxy.example.org:3128 URL", P),
    ("curl -x '' URL", ""),
    ("curl --socks5 s.example.org:1080 URL", "socks5://s.example.org:1080"),
    ("wget -e http_proxy=PROXY URL", P),
    ("wget -e use_proxy=no URL", "ours"),
    ("wget --no-proxy URL", "ours"),
    ("aria2c --all-proxy=PROXY URL", P),
    ("aria2c --http-proxy PROXY URL", P),
]


@pytest.mark.parametrize(("script", "proxy"), OPTIONS)
def test_options_name_a_proxy(script: str, proxy: str) -> None:
    words = script.replace("PROXY", P).replace("URL", HTTP)
    assert of(f"RUN {words}") == proxy


def test_an_option_goes_before_a_variable() -> None:
    env = f"ENV http_proxy={P} no_proxy=a.example.org\n"
    assert of(f"{env}RUN curl -x other:1 {HTTP}") == "http://other:1"
    assert of(f"{env}RUN curl -x '' {HTTP}") == ""
    assert of(f"{env}RUN wget --no-proxy {HTTP}") == ""
    known = proxies(f"{env}RUN curl --noproxy h.example.org {HTTP}")
    assert known is not None
    assert known.bypassed == "h.example.org"


@pytest.fixture
def server() -> Iterator[LoggingServer]:
    with LoggingServer() as started:
        yield started


VARIABLES: list[Mapping[str, str]] = [
    {"http_proxy": "P"},
    {"HTTP_PROXY": "P"},
    {"all_proxy": "P"},
    {"ALL_PROXY": "P"},
    {"http_proxy": "P", "no_proxy": "127.0.0.1"},
    {"http_proxy": "P", "NO_PROXY": "127.0.0.1"},
    {"http_proxy": "P", "no_proxy": "other.example.org"},
    {"https_proxy": "P"},
    {},
]
COMMANDS = [
    "curl -s U",
    "wget -q -O /dev/null U",
    "curl -s -x P U",
    "curl -s --noproxy '*' U",
    "curl -s -x '' U",
    "wget -q -O /dev/null --no-proxy U",
    "wget -q -O /dev/null -e use_proxy=no U",
]


@pytest.mark.parametrize("variables", VARIABLES, ids=lambda v: " ".join(v) or "none")
@pytest.mark.parametrize("command", COMMANDS)
def test_the_real_program_uses_the_same_proxy(
    server: LoggingServer, command: str, variables: Mapping[str, str]
) -> None:
    with LoggingServer() as proxy:
        url = f"{server.url}/a"
        words = [
            word.replace("U", url) if word == "U" else proxy.url if word == "P" else word
            for word in shlex.split(command)
        ]
        given = {name: value.replace("P", proxy.url) for name, value in variables.items()}
        subprocess.run(
            words, env={"PATH": "/usr/bin:/bin", **given}, check=True, capture_output=True, timeout=20
        )
        through = len(proxy.requests()) == 1
        known = used(words[0], list(words[1:]), given)
        direct = known is None or not known.for_url(url) or known.bypassed in {"127.0.0.1", "*"}
        assert direct is not through
