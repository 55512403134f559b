"""What a branch was on a day: by its commits, from git's own daemon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from freshlayer.model.observation import Observation, ProbeOutcome
from freshlayer.probe import Limits, each
from freshlayer.reference import parse
from testing.git_daemon import GitDaemon

DAYS = ("2019-05-01", "2026-01-10", "2026-02-10", "2026-03-10")


@pytest.fixture(params=[True, False], ids=["filters", "sends everything"])
def repository(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[GitDaemon]:
    with GitDaemon(tmp_path) as started:
        started.git("config", "uploadpack.allowFilter", str(request.param).lower())
        started.git("checkout", "--quiet", "--orphan", "dated")
        yield started


def at(url: str, time: str) -> Observation:
    until = int(datetime.fromisoformat(f"{time}+00:00").timestamp() * 1000)
    (found,) = each([parse(url)], {}, Limits().within(30), until=until)
    return found


def commit_of(observation: Observation) -> str:
    (evidence,) = observation.evidence
    return evidence.value


def dated(repository: GitDaemon) -> dict[str, str]:
    return {day: repository.commit(day, f"{day}T12:00:00 +0000") for day in DAYS}


@pytest.mark.parametrize(
    ("time", "day"),
    [
        ("2026-02-10T12:00:00", "2026-02-10"),
        ("2026-02-10T11:59:59", "2026-01-10"),
        ("2026-02-28T00:00:00", "2026-02-10"),
        ("2026-04-01T00:00:00", "2026-03-10"),
        ("2025-06-01T00:00:00", "2019-05-01"),
        ("2028-06-01T00:00:00", "2026-03-10"),
    ],
)
def test_the_newest_commit_of_that_time(repository: GitDaemon, time: str, day: str) -> None:
    commits = dated(repository)
    assert commit_of(at(f"git+{repository.url}#dated", time)) == commits[day]
    assert commit_of(at(f"git+{repository.url}#refs/heads/dated", time)) == commits[day]
    assert commit_of(at(f"git+{repository.url}", time)) == commits[day]


def test_commits_that_were_merged_later_were_not_on_the_branch(repository: GitDaemon) -> None:
    commits = dated(repository)
    repository.git("checkout", "--quiet", "-b", "side", commits["2026-01-10"])
    repository.commit("side", "2026-02-20T12:00:00 +0000")
    repository.git("checkout", "--quiet", "dated")
    repository.git("merge", "--quiet", "--no-ff", "-m", "merge", "side", date="2026-04-10T12:00:00 +0000")
    assert commit_of(at(f"git+{repository.url}#dated", "2026-02-25T00:00:00")) == commits["2026-02-10"]


def test_a_tag_is_its_commit_or_was_not_there(repository: GitDaemon) -> None:
    commits = dated(repository)
    repository.git("tag", "-a", "-m", "one", "v1", commits["2026-02-10"])
    url = f"git+{repository.url}#v1"
    assert commit_of(at(url, "2026-03-20T00:00:00")) == commits["2026-02-10"]
    seen = at(url, "2026-01-20T00:00:00")
    assert (seen.outcome, seen.reason.code) == (ProbeOutcome.UNKNOWN, "git-ref-absent")


@pytest.mark.parametrize("ref", ["dated", "refs/tags/"])
def test_what_is_not_known_of_that_day(repository: GitDaemon, ref: str) -> None:
    dated(repository)
    seen = at(f"git+{repository.url}#{ref}", "2018-01-01T00:00:00")
    assert (seen.outcome, seen.evidence) == (ProbeOutcome.UNKNOWN, ())
