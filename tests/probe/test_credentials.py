"""Whose credential goes where, by the log of the server that was asked and of the one that was not."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from freshlayer.credentials import NO_CREDENTIALS, Keyring
from freshlayer.model.observation import Observation, ProbeOutcome
from freshlayer.probe import Limits, probe
from freshlayer.reference import parse
from freshlayer.settings import HostSettings, read
from testing import asking
from testing.servers.needs import require
from testing.servers.nginx import Nginx, basic_auth, bearer_auth, client_certificates, playback, redirect
from testing.tls import SelfSigned, self_signed

SECRET = "hunter2"


def ask(url: str, keyring: Keyring = NO_CREDENTIALS) -> Observation:
    return asking.ask(url, keyring=keyring)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def shown(server: Nginx, name: str = "authorization") -> set[str]:
    return {request.headers[name] for request in server.requests()}


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Nginx]:
    """Files for `ada` with her password alone."""
    require("nginx")
    with Nginx(server=basic_auth("/", tmp_path / "passwords", {"ada": SECRET})) as server:
        (server.directory / "file").write_text("content")
        yield server


def netrc(folder: Path, text: str) -> Keyring:
    (folder / "netrc").write_text(text)
    return Keyring({"NETRC": str(folder / "netrc"), "HOME": str(folder)})


def test_without_a_credential_the_origin_says_what_it_wants(guarded: Nginx) -> None:
    observation = ask(guarded.url + "file")
    assert observation.outcome is ProbeOutcome.UNKNOWN
    assert observation.reason.text == "401 Unauthorized for HEAD and ranged GET"


def test_netrc_is_read_for_the_host_that_is_asked(guarded: Nginx, tmp_path: Path) -> None:
    keyring = netrc(tmp_path, f"machine 127.0.0.1 login ada password {SECRET}\n")
    observation = ask(guarded.url + "file", keyring)
    assert observation.outcome is ProbeOutcome.SEEN
    assert shown(guarded) == {basic("ada", SECRET)}
    assert SECRET not in repr(observation)
    assert SECRET not in repr(keyring)


@pytest.mark.parametrize(
    "text",
    [
        "machine elsewhere.example login ada password hunter2\n",
        "machine 127.0.0.1 login",
        "\0\xff not a netrc",
        "",
    ],
)
def test_a_netrc_that_says_nothing_of_the_host_is_as_good_as_none(
    guarded: Nginx, tmp_path: Path, text: str
) -> None:
    assert ask(guarded.url + "file", netrc(tmp_path, text)).outcome is ProbeOutcome.UNKNOWN
    assert shown(guarded) == {""}


def test_the_url_goes_before_netrc(guarded: Nginx, tmp_path: Path) -> None:
    keyring = netrc(tmp_path, "machine 127.0.0.1 login bob password other\n")
    url = guarded.url.replace("://", f"://ada:{SECRET}@") + "file"
    assert ask(url, keyring).outcome is ProbeOutcome.SEEN
    assert basic("ada", SECRET) in shown(guarded)


def settings(text: str, host: str) -> dict[str, HostSettings]:
    return dict(read(f'[hosts."{host}"]\n{text}', "freshlayer.toml").hosts)


def test_the_settings_name_variables_for_a_host_and_go_before_netrc(guarded: Nginx, tmp_path: Path) -> None:
    hosts = settings('user = "ada"\npassword_env = "WORD"', f"127.0.0.1:{guarded.port}")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login bob password other\n")
    keyring = Keyring({"WORD": SECRET, "NETRC": str(tmp_path / "netrc")}, hosts)
    assert ask(guarded.url + "file", keyring).outcome is ProbeOutcome.SEEN
    assert shown(guarded) == {basic("ada", SECRET)}


def test_a_command_prints_a_token_and_is_run_once_for_many_inputs(tmp_path: Path) -> None:
    require("nginx")
    script = tmp_path / "token"
    script.write_text(f"#!/bin/sh\necho run >>{tmp_path}/runs\necho {SECRET}\necho noise >&2\n")
    script.chmod(0o755)
    with Nginx(server=bearer_auth("/", SECRET)) as server:
        for number in range(20):
            (server.directory / str(number)).write_text("content")
        keyring = Keyring({}, settings(f'command = ["{script}"]', "127.0.0.1"))
        references = [parse(f"{server.url}{number}") for number in range(20)]
        seen = probe(references, {}, Limits(), keyring=keyring)
        assert {item.outcome for item in seen.values()} == {ProbeOutcome.SEEN}
        assert shown(server) == {f"Bearer {SECRET}"}
    assert (tmp_path / "runs").read_text() == "run\n"


def test_a_command_that_fails_is_a_reason_and_nobody_is_asked(guarded: Nginx) -> None:
    keyring = Keyring({}, settings('command = ["/bin/false"]', "127.0.0.1"))
    observation = ask(guarded.url + "file", keyring)
    assert observation.outcome is ProbeOutcome.UNKNOWN
    assert observation.reason.code == "credential-program-failed"
    assert guarded.requests() == []


@pytest.mark.parametrize("name", ["PRIVATE-TOKEN", "Authorization"])
def test_a_token_goes_into_the_field_that_the_settings_name(name: str) -> None:
    require("nginx")
    with Nginx(server=playback("/file", {"ETag": '"1"'})) as server:
        hosts = settings(f'token_env = "TOKEN"\nheader = "{name}"', "127.0.0.1")
        assert ask(server.url + "file", Keyring({"TOKEN": SECRET}, hosts)).outcome is ProbeOutcome.SEEN
        assert shown(server, name.lower()) == {SECRET}


@pytest.mark.parametrize(
    "said",
    [
        'token_env = "TOKEN"',
        'token_env = "TOKEN"\nheader = "PRIVATE-TOKEN"',
        'user = "a"\npassword_env = "TOKEN"',
    ],
)
def test_no_credential_follows_a_redirect_to_another_port(said: str) -> None:
    require("nginx")
    with (
        Nginx(server=playback("/file", {"ETag": '"1"'})) as far,
        Nginx(server=redirect("/file", far.url + "file")) as near,
    ):
        hosts = settings(said, f"127.0.0.1:{near.port}")
        assert ask(near.url + "file", Keyring({"TOKEN": SECRET}, hosts)).outcome is ProbeOutcome.SEEN
        assert len(near.requests()) == 2
        assert shown(far) == {""}
        assert shown(far, "private-token") == {""}


def test_a_credential_follows_a_redirect_within_its_origin() -> None:
    require("nginx")
    lines = (
        redirect("/file", "/moved")
        + 'location = /moved { if ($http_authorization = "") { return 401; } '
        + "add_header ETag '\"1\"'; return 200; }"
    )
    with Nginx(server=lines) as server:
        hosts = settings('token_env = "TOKEN"', "127.0.0.1")
        observation = ask(server.url + "file", Keyring({"TOKEN": SECRET}, hosts))
        assert observation.outcome is ProbeOutcome.SEEN
        assert {item.hop for item in observation.evidence} == {1}


def test_redirects_without_end_end_with_a_credential_too() -> None:
    require("nginx")
    with Nginx(server=redirect("/file", "/file")) as server:
        hosts = settings('token_env = "TOKEN"', "127.0.0.1")
        observation = ask(server.url + "file", Keyring({"TOKEN": SECRET}, hosts))
        assert observation.reason.code == "redirect-loop"
        assert len(server.requests()) == 11


def test_a_token_with_a_line_end_is_sent_to_nobody() -> None:
    require("nginx")
    with Nginx(server=playback("/file", {"ETag": '"1"'})) as server:
        hosts = settings('token_env = "TOKEN"', "127.0.0.1")
        ask(server.url + "file", Keyring({"TOKEN": f"{SECRET}\r\nCookie: a=b"}, hosts))
        assert shown(server) == {""}
        assert shown(server, "cookie") == {""}


def test_a_vendors_token_is_not_shown_without_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require("nginx")
    with Nginx(server=playback("/file", {"ETag": '"1"'})) as server:
        monkeypatch.setenv("http_proxy", server.url)
        ask("http://api.github.com/file", Keyring({"GH_TOKEN": SECRET, "HOME": str(tmp_path)}))
        assert server.requests() != []
        assert shown(server) == {""}


@pytest.fixture
def client(tmp_path: Path) -> SelfSigned:
    """A client's certificate, whose key has a password."""
    folder = tmp_path / "client"
    folder.mkdir()
    made = self_signed(folder)
    locked = folder / "locked.pem"
    argv = [
        "openssl",
        "ec",
        "-aes256",
        "-passout",
        f"pass:{SECRET}",
        "-in",
        str(made.key),
        "-out",
        str(locked),
    ]
    subprocess.run(argv, check=True, capture_output=True)
    return SelfSigned(made.certificate, locked)


def test_a_client_certificate_and_a_private_authority_are_for_the_host_that_the_settings_name(
    client: SelfSigned, tmp_path: Path
) -> None:
    require("nginx")
    server_tls = self_signed(tmp_path)
    lines = client_certificates(client.certificate) + playback("/file", {"ETag": '"1"'})
    with Nginx(server=lines, tls=server_tls) as server:
        said = f'ca = "{server_tls.certificate}"\n'
        without = ask(server.url + "file", Keyring({}, settings(said, "127.0.0.1")))
        said += f'certificate = "{client.certificate}"\nkey = "{client.key}"\nkey_password_env = "WORD"\n'
        hosts = settings(said, "127.0.0.1")
        with_it = ask(server.url + "file", Keyring({"WORD": SECRET}, hosts))
        wrong = ask(server.url + "file", Keyring({"WORD": "wrong"}, hosts))
    # nginx asks for a certificate with a 400, not with an error of TLS: unknown, not absent.
    assert (without.outcome, with_it.outcome, wrong.outcome) == (
        ProbeOutcome.UNKNOWN,
        ProbeOutcome.SEEN,
        ProbeOutcome.UNKNOWN,
    )
    assert "400" in without.reason.text
    assert SECRET not in wrong.reason.text


def test_a_client_certificate_does_not_follow_a_redirect(client: SelfSigned, tmp_path: Path) -> None:
    require("nginx")
    tls = self_signed(tmp_path)
    verified = "ssl_verify_client optional_no_ca; "
    verified += "location / { add_header ETag '\"$ssl_client_verify\"'; return 200; }"
    with (
        Nginx(server=verified, tls=tls) as far,
        Nginx(server=redirect("/file", far.url + "file"), tls=tls) as near,
    ):
        ca = f'ca = "{tls.certificate}"\n'
        mine = f'certificate = "{client.certificate}"\nkey = "{client.key}"\nkey_password_env = "WORD"\n'
        here, there = f"127.0.0.1:{near.port}", f"127.0.0.1:{far.port}"
        hosts = settings(ca + mine, here) | settings(ca, there)
        observation = ask(near.url + "file", Keyring({"WORD": SECRET}, hosts))
        meant = ask(far.url + "file", Keyring({"WORD": SECRET}, settings(ca + mine, there)))
    assert [item.value for item in observation.evidence if item.scheme == "etag"] == ["NONE"]
    assert [item.value for item in meant.evidence if item.scheme == "etag"] != ["NONE"]


def test_a_handle_that_sent_a_credential_sends_none_to_the_next_host(tmp_path: Path) -> None:
    """Requests to both hosts take turns on the same few handles."""
    keyring = netrc(tmp_path, f"machine localhost login ada password {SECRET}\n")
    require("nginx")
    with Nginx(server="location / { return 200 ok; }") as server:
        there = server.url.replace("127.0.0.1", "localhost")
        urls = [f"{there if number % 2 else server.url}{number}" for number in range(20)]
        probe([parse(url) for url in urls], {}, Limits(per_host=1, connections=1), keyring=keyring)
        sent = {(int(it.path[1:]) % 2, it.headers["authorization"]) for it in server.requests()}
    assert sent == {(1, basic("ada", SECRET)), (0, "")}
