"""Mercurial repositories, probed through a real hg serve."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from freshlayer.credentials import NO_CREDENTIALS, Keyring
from freshlayer.decisions.verdict import judge
from freshlayer.model.observation import Change, Observation, ProbeOutcome
from freshlayer.probe import Limits
from testing import asking
from testing.mercurial import HgServe
from testing.misbehaving import MisbehavingOrigin
from testing.servers.needs import needs, require
from testing.servers.nginx import Nginx, basic_auth

pytestmark = needs("hg")

SECRET = "hunter2"


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[HgServe]:
    with HgServe(tmp_path / "hg") as started:
        yield started


def ask(url: str, keyring: Keyring = NO_CREDENTIALS) -> Observation:
    return asking.ask(url, keyring=keyring, limits=Limits().within(10))


def commit_of(observation: Observation) -> str:
    assert observation.outcome is ProbeOutcome.SEEN, observation.reason
    (evidence,) = observation.evidence
    assert evidence.scheme == "commit"
    return evidence.value


def test_a_branch_a_tag_a_bookmark_and_a_hash_are_their_changesets(repository: HgServe) -> None:
    first = repository.node(".")
    repository.hg("tag", "--local", "v1")
    repository.hg("bookmark", "--inactive", "stable")
    repository.hg("branch", "--quiet", "other")
    other = repository.commit("on another branch")
    repository.hg("update", "--quiet", "default")
    second = repository.commit("second")
    assert commit_of(ask(f"hg+{repository.url}")) == second
    assert commit_of(ask(f"hg+{repository.url}#default")) == second
    assert commit_of(ask(f"hg+{repository.url}#other")) == other
    assert commit_of(ask(f"hg+{repository.url}#v1")) == first
    assert commit_of(ask(f"hg+{repository.url}#stable")) == first
    assert commit_of(ask(f"hg+{repository.url}#{first[:12]}")) == first


def test_a_new_changeset_of_the_branch_alone_is_a_change(repository: HgServe) -> None:
    url = f"hg+{repository.url}#default"
    seen = judge(None, ask(url))
    repository.hg("branch", "--quiet", "other")
    repository.commit("on another branch")
    assert judge(seen.keep, ask(url)).change is Change.UNCHANGED
    repository.hg("update", "--quiet", "default")
    repository.commit("second")
    assert judge(seen.keep, ask(url)).change is Change.CHANGED


def test_without_a_revision_it_is_what_a_clone_checks_out(repository: HgServe, tmp_path: Path) -> None:
    first = repository.node(".")
    repository.hg("bookmark", "--inactive", "@")
    repository.commit("second")
    argv = ["hg", "clone", "--quiet", repository.url, str(tmp_path / "clone")]
    subprocess.run(argv, check=True, env={**os.environ, "HGRCPATH": ""})
    argv = ["hg", "-R", str(tmp_path / "clone"), "log", "--rev", ".", "--template", "{node}"]
    cloned = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()
    assert commit_of(ask(f"hg+{repository.url}")) == cloned == first


def test_a_full_hash_is_pinned_and_never_requested(repository: HgServe) -> None:
    node = repository.node(".")
    assert commit_of(ask(f"hg+{repository.url}#{node}")) == node
    assert repository.requests() == []


def test_a_missing_revision_is_absent_and_a_missing_repository_unknown(repository: HgServe) -> None:
    missing = ask(f"hg+{repository.url}#none")
    assert missing.outcome is ProbeOutcome.ABSENT
    assert "has no branch, tag or bookmark none" in str(missing.reason)
    assert ask(f"hg+{repository.url}none").outcome is ProbeOutcome.UNKNOWN
    assert ask("hg+http://127.0.0.1:1/r").outcome is ProbeOutcome.UNKNOWN


def test_an_empty_repository_has_no_changeset(repository: HgServe) -> None:
    repository.hg("strip", "--config", "extensions.strip=", "--no-backup", "0")
    assert ask(f"hg+{repository.url}").outcome is ProbeOutcome.ABSENT


@pytest.fixture
def private(repository: HgServe, tmp_path: Path) -> Iterator[Nginx]:
    require("nginx")
    guard = basic_auth("/", tmp_path / "passwords", {"ada": SECRET})
    guard = guard.rstrip().removesuffix("}") + f"proxy_pass {repository.url}; }}\n"
    with Nginx(server=guard) as served:
        yield served


def test_a_credential_is_in_the_header_and_in_no_argument(private: Nginx, repository: HgServe) -> None:
    bare = f"hg+http://127.0.0.1:{private.port}/"
    refused = ask(bare)
    assert refused.outcome is ProbeOutcome.UNKNOWN
    observation = ask(bare.replace("127.0.0.1", f"ada:{SECRET}@127.0.0.1"))
    assert commit_of(observation) == repository.node(".")
    assert SECRET not in f"{observation.reference}{observation.reason}"


def test_a_credential_of_netrc_is_sent(private: Nginx, repository: HgServe, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login ada password {SECRET}\n")
    keyring = Keyring({"NETRC": str(tmp_path / "netrc")})
    observation = ask(f"hg+http://127.0.0.1:{private.port}/", keyring)
    assert commit_of(observation) == repository.node(".")


def test_the_credential_is_not_among_the_arguments_of_hg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "hg"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/arguments\nenv >> {tmp_path}/environment\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    ask(f"hg+http://ada:{SECRET}@127.0.0.1:1/r#default")
    assert "--rev=default" in (tmp_path / "arguments").read_text()
    assert SECRET not in (tmp_path / "arguments").read_text()
    assert SECRET not in (tmp_path / "environment").read_text()


def test_nothing_of_the_checkout_or_of_the_users_configuration_runs(
    repository: HgServe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker, checkout = tmp_path / "marker", tmp_path / "checkout"
    checkout.mkdir()
    subprocess.run(["hg", "init", str(checkout)], check=True)
    evil = checkout / "evil.py"
    evil.write_text(f"open({str(marker)!r}, 'w').close()\n")
    hostile = f"[ui]\nssh = touch {marker};\n[extensions]\nevil = {evil}\n"
    hostile += f"[hooks]\npre-identify = touch {marker}\npost-identify = touch {marker}\n"
    (checkout / ".hg" / "hgrc").write_text(hostile)
    (checkout / ".hgrc").write_text(hostile)
    monkeypatch.chdir(checkout)
    monkeypatch.setenv("HOME", str(checkout))
    monkeypatch.delenv("HGRCPATH", raising=False)
    subprocess.run(["hg", "identify", repository.url], check=False, capture_output=True)
    assert marker.exists(), "the control: hg itself runs it here"
    marker.unlink()
    assert ask(f"hg+{repository.url}").outcome is ProbeOutcome.SEEN
    assert ask("hg+ssh://user@127.0.0.1:1/r").outcome is ProbeOutcome.UNKNOWN
    assert not marker.exists()


def test_an_option_of_ssh_in_the_url_is_not_one(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    for url in (
        f"hg+ssh://-oProxyCommand=touch%20{str(marker).replace('/', '%2F')}@127.0.0.1:1/r",
        "hg+ssh://-oproxycommand/r",
    ):
        assert ask(url).outcome is ProbeOutcome.UNKNOWN
    assert not marker.exists()


@pytest.mark.parametrize("scheme", ["file", "static-http"])
def test_other_transports_are_not_used(scheme: str, repository: HgServe) -> None:
    observation = ask(f"hg+{scheme}://localhost{repository.path}")
    assert observation.outcome is ProbeOutcome.UNKNOWN
    assert "transport" in str(observation.reason)


@pytest.mark.slow
def test_a_server_that_gives_no_answer_is_given_up_in_time() -> None:
    with MisbehavingOrigin("drips headers") as origin:
        observation = asking.ask(f"hg+{origin.url}r", limits=Limits().within(2))
    assert observation.outcome is ProbeOutcome.UNKNOWN
