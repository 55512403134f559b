"""Private repositories: whatever the user's git can read, a probe can, and nobody is ever prompted."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from freshlayer.credentials import NO_CREDENTIALS, Keyring
from freshlayer.model.observation import Observation, ProbeOutcome
from freshlayer.settings import HostSettings
from testing import asking
from testing.git_daemon import GitDaemon
from testing.process import Child
from testing.servers.base import find, free_port
from testing.servers.git_http import GitHttp
from testing.servers.needs import require
from testing.stores.git import only_for

SECRET = "hunter2"
SSHD = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
"""


def ask(url: str, keyring: Keyring = NO_CREDENTIALS) -> Observation:
    return asking.ask(url, keyring=keyring)


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[GitDaemon]:
    with GitDaemon(tmp_path / "git") as started:
        yield started


@pytest.fixture
def private(repository: GitDaemon, tmp_path: Path) -> Iterator[GitHttp]:
    require("nginx", "fcgiwrap")
    (tmp_path / "users").mkdir()
    guard = only_for({"ada": SECRET, "oauth2": SECRET}, tmp_path / "users")
    with GitHttp(repository.path.parent, server=guard) as served:
        yield served


def shown(served: GitHttp) -> set[str]:
    return {request.headers["authorization"] for request in served.requests()} - {""}


def basic(user: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{SECRET}".encode()).decode()


def test_without_a_credential_it_is_unknown_and_nobody_is_prompted(private: GitHttp) -> None:
    observation = ask(f"git+{private.url}repository#main")
    assert observation.outcome is ProbeOutcome.UNKNOWN
    assert shown(private) == set()


def test_the_users_credential_helper_is_asked(
    private: GitHttp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = tmp_path / "helper"
    helper.write_text(f"#!/bin/sh\necho username=ada\necho password={SECRET}\n")
    helper.chmod(0o755)
    (tmp_path / "config").write_text(f"[credential]\n\thelper = {helper}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    assert ask(f"git+{private.url}repository#main").outcome is ProbeOutcome.SEEN
    assert shown(private) == {basic("ada")}


def test_git_reads_the_users_netrc(private: GitHttp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text(f"machine 127.0.0.1 login ada password {SECRET}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert ask(f"git+{private.url}repository#main").outcome is ProbeOutcome.SEEN
    assert shown(private) == {basic("ada")}


def test_a_token_of_the_settings_is_given_to_the_host_that_they_name(private: GitHttp) -> None:
    hosts = {f"127.0.0.1:{private.nginx.port}": HostSettings(token_env="TOKEN")}
    keyring = Keyring({"TOKEN": SECRET}, hosts)
    assert ask(f"git+{private.url}repository#main", keyring).outcome is ProbeOutcome.SEEN
    assert shown(private) == {basic("oauth2")}


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A real sshd for one key, and the user's git configured to use that key; its port."""
    require("sshd")
    folder = tmp_path / "ssh"
    folder.mkdir()
    for name in ("host", "user"):
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(argv, check=True, capture_output=True)
    port = free_port()
    (folder / "sshd_config").write_text(SSHD.format(port=port, folder=folder))
    # Where it separates privileges it wants this folder, which a service's start would have made.
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    host = (folder / "host.pub").read_text().split()[:2]
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {' '.join(host)}\n")
    command = f"ssh -F none -i {folder}/user -o UserKnownHostsFile={folder}/known_hosts"
    (folder / "config").write_text(f'[core]\n\tsshCommand = "{command}"\n[safe]\n\tdirectory = *\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(folder / "config"))
    with ExitStack() as stack:
        argv = [find("sshd"), "-D", "-e", "-f", str(folder / "sshd_config")]
        daemon = stack.enter_context(Child(argv, log=folder / "sshd.log"))
        daemon.wait_for_line("Server listening on 127.0.0.1")
        yield port


def test_a_repository_behind_ssh_is_read_with_the_users_own_ssh_command(
    repository: GitDaemon, ssh: int
) -> None:
    user = os.environ.get("USER") or "root"
    observation = ask(f"git+ssh://{user}@127.0.0.1:{ssh}{repository.path}#main")
    assert observation.outcome is ProbeOutcome.SEEN, observation.reason
    assert observation.evidence[0].value == repository.git("rev-parse", "main")


def test_an_unknown_host_key_is_no_prompt_but_a_reason(
    repository: GitDaemon, ssh: int, tmp_path: Path
) -> None:
    (tmp_path / "ssh" / "known_hosts").write_text("")
    observation = ask(f"git+ssh://root@127.0.0.1:{ssh}{repository.path}#main")
    assert observation.outcome is ProbeOutcome.UNKNOWN
    assert "Host key verification failed" in observation.reason.text
