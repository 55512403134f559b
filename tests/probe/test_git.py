"""git repositories, asked through git's own daemon."""

from __future__ import annotations

import base64
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from freshlayer.decisions.verdict import judge
from freshlayer.model.observation import Change, Observation, ProbeOutcome
from freshlayer.probe import Limits
from freshlayer.reference import parse
from testing import asking
from testing.git_daemon import GitDaemon
from testing.misbehaving import MisbehavingOrigin


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[GitDaemon]:
    with GitDaemon(tmp_path) as started:
        yield started


def ask(url: str, limits: Limits | None = None) -> Observation:
    return asking.ask(url, limits=limits or Limits().within(5))


def commit_of(observation: Observation) -> str:
    (evidence,) = (item for item in observation.evidence if not item.ignored)
    assert evidence.scheme == "commit"
    return evidence.value


def test_a_branch_and_the_default_branch_are_their_commits(repository: GitDaemon) -> None:
    first = repository.git("rev-parse", "main")
    repository.git("branch", "other")
    second = repository.commit("second")
    assert commit_of(ask(f"git+{repository.url}#main")) == second
    assert commit_of(ask(f"git+{repository.url}")) == second
    assert commit_of(ask(f"git+{repository.url}#other")) == first
    assert commit_of(ask(f"git+{repository.url}#refs/heads/other")) == first


def test_all_refs_below_a_prefix_change_when_one_is_added(repository: GitDaemon) -> None:
    url = f"git+{repository.url}#refs/tags/"
    repository.git("tag", "v1")
    seen = judge(None, ask(url))
    repository.commit("second")
    assert judge(seen.keep, ask(url)).change is Change.UNCHANGED
    repository.git("tag", "v2")
    assert judge(seen.keep, ask(url)).change is Change.CHANGED


def test_a_new_commit_is_a_change_and_a_repack_is_none(repository: GitDaemon) -> None:
    url = f"git+{repository.url}#main"
    seen = judge(None, ask(url))
    repository.git("gc", "--quiet")
    assert judge(seen.keep, ask(url)).change is Change.UNCHANGED
    repository.commit("second")
    again = judge(seen.keep, ask(url))
    assert again.change is Change.CHANGED
    assert again.reason.text.startswith("was commit:")


def test_an_annotated_tag_is_peeled_so_that_tagging_again_is_no_change(repository: GitDaemon) -> None:
    commit = repository.git("rev-parse", "main")
    repository.git("tag", "-a", "-m", "one", "v1")
    before = repository.git("rev-parse", "v1")
    repository.git("tag", "-f", "-a", "-m", "another", "v1")
    assert repository.git("rev-parse", "v1") != before
    assert commit_of(ask(f"git+{repository.url}#v1")) == commit
    assert commit_of(ask(f"git+{repository.url}#refs/tags/v1")) == commit


def test_case_52_an_amended_commit_is_a_change_though_its_tree_is_equal(repository: GitDaemon) -> None:
    """git names no tree without a fetch: a forced push is a change, whatever it holds."""
    url = f"git+{repository.url}#main"
    seen = judge(None, ask(url))
    tree = repository.git("rev-parse", "main^{tree}")
    repository.git("commit", "--quiet", "--amend", "--allow-empty", "-m", "in other words")
    assert repository.git("rev-parse", "main^{tree}") == tree
    assert judge(seen.keep, ask(url)).change is Change.CHANGED


def test_case_54_of_a_branch_and_a_tag_of_one_name_both_commits_are_shown(repository: GitDaemon) -> None:
    tagged = repository.git("rev-parse", "main")
    repository.git("tag", "both")
    branched = repository.commit("second")
    repository.git("branch", "both")
    found = {item.value: bool(item.ignored) for item in ask(f"git+{repository.url}#both").evidence}
    assert found == {branched: False, tagged: True}


def test_only_the_very_name_counts_and_a_branch_goes_before_a_tag(repository: GitDaemon) -> None:
    repository.git("branch", "x/feature")
    assert ask(f"git+{repository.url}#feature").outcome is ProbeOutcome.ABSENT
    repository.git("tag", "both")
    second = repository.commit("second")
    repository.git("branch", "both")
    assert commit_of(ask(f"git+{repository.url}#both")) == second


def test_a_missing_ref_is_absent_and_a_missing_repository_unknown(repository: GitDaemon) -> None:
    missing = ask(f"git+{repository.url}#none")
    assert (missing.outcome, missing.reason.text) == (
        ProbeOutcome.ABSENT,
        "the repository has no branch or tag none",
    )
    assert ask(f"git+{repository.url}-none").outcome is ProbeOutcome.UNKNOWN


def test_an_abbreviated_commit_is_pinned_and_a_branch_of_that_name_is_a_branch(repository: GitDaemon) -> None:
    oid = repository.git("rev-parse", "main")
    seen = judge(None, ask(f"git+{repository.url}#{oid[:7]}"))
    assert str(seen.identity) == f"commit:{oid[:7]}"
    second = repository.commit("second")
    assert judge(seen.keep, ask(f"git+{repository.url}#{oid[:7]}")).change is Change.UNCHANGED
    assert commit_of(ask(f"git+{repository.url}#{oid[:12].upper()}")) == oid[:12]
    repository.git("branch", "deadbee")
    repository.git("tag", "cafe1234", "HEAD~1")
    assert commit_of(ask(f"git+{repository.url}#deadbee")) == second
    assert commit_of(ask(f"git+{repository.url}#cafe1234")) == oid
    assert ask(f"git+{repository.url}#abcdef").outcome is ProbeOutcome.ABSENT
    assert ask(f"git+{repository.url}-none#{oid[:7]}").outcome is ProbeOutcome.UNKNOWN


def test_head_is_the_default_branch(repository: GitDaemon) -> None:
    repository.git("checkout", "--quiet", "-b", "trunk")
    second = repository.commit("second")
    assert commit_of(ask(f"git+{repository.url}#HEAD")) == second
    assert parse(f"git+{repository.url}#HEAD") == parse(f"git+{repository.url}")


def test_a_full_commit_is_never_asked_for() -> None:
    oid = "0123456789abcdef0123456789abcdef01234567"
    assert commit_of(ask(f"git+https://no-such-host.invalid/r.git#{oid}")) == oid


def test_a_name_that_does_not_resolve_is_told_by_git() -> None:
    told = ask("git+https://user:hunter2@no-such-host.invalid/r.git#main")
    assert told.outcome is ProbeOutcome.UNKNOWN
    assert "hunter2" not in told.reason.text
    assert "resolve" in told.reason.text


def test_a_transport_that_would_run_a_program_is_refused(tmp_path: Path) -> None:
    told = ask(f"git+file://localhost{tmp_path}/r.git")
    assert told.outcome is ProbeOutcome.UNKNOWN
    assert "not allowed" in told.reason.text


def test_a_credential_of_the_url_is_given_to_the_server_that_asks_for_it() -> None:
    with MisbehavingOrigin("401") as origin:
        ask("git+" + origin.url.replace("://", "://user:hunter2@") + "r.git#main")
        sent = [r.headers.get("authorization", "") for r in origin.requests()]
    assert f"Basic {base64.b64encode(b'user:hunter2').decode()}" in sent


def test_a_server_that_says_nothing_is_left_in_time_and_no_credential_is_in_the_arguments() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"git+http://user:hunter2@127.0.0.1:{silent.getsockname()[1]}/r.git"
        seen: list[Observation] = []
        started = time.monotonic()
        asking = threading.Thread(target=lambda: seen.append(ask(url, Limits().within(2))))
        asking.start()
        arguments = ""
        while asking.is_alive():
            arguments += subprocess.run(
                ["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True
            ).stdout
            time.sleep(0.2)
    assert "safe.bareRepository=explicit ls-remote" in arguments
    assert "hunter2" not in arguments
    assert time.monotonic() - started < 10
    assert seen[0].reason.code == "program-timed-out"
