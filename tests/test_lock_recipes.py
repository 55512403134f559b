"""The jobs that open a pull request with `update`: parsed, and their scripts run with real git."""

from __future__ import annotations

import importlib
import io
import json
import os
import re
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from testing.logging_server import Logged, LoggingServer, Reply

yaml: Any = importlib.import_module("yaml")

PAGE = (Path(__file__).parents[1] / "docs" / "guides" / "lock-updates.md").read_text("utf-8")
GITHUB, GITLAB = [yaml.safe_load(it) for it in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
(PROGRAM,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
GH = '#!/bin/sh\necho "$1 $2" >> "$GH_LOG"\n[ "$2" != list ] || cat "$GH_LOG.open" 2> /dev/null || true\n'
"""In place of the program of GitHub: notes what it is called for, and lists what the test opens."""


class Repository:
    """A project with a lock file, its remote, and an origin that can move."""

    def __init__(self, directory: Path, server: LoggingServer) -> None:
        self.remote, self.work, self.home = directory / "remote.git", directory / "work", directory
        self._git(directory, "init", "--quiet", "--bare", "--initial-branch=main", str(self.remote))
        self._git(directory, "clone", "--quiet", str(self.remote), str(self.work))
        self.git("checkout", "--quiet", "-B", "main")
        (self.work / "Dockerfile").write_text(f"FROM scratch AS base\nRUN curl {server.url}/tool\n")
        self.run("freshlayer lock .")
        self.commit()

    def git(self, *words: str) -> str:
        return self._git(self.work, *words)

    def _git(self, where: Path, *words: str) -> str:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        done = subprocess.run(
            ["git", *identity, *words], cwd=where, check=True, capture_output=True, text=True
        )
        return done.stdout

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "lock")
        self.git("push", "--quiet", "origin", "HEAD:main")

    def run(self, script: str, **environment: str) -> int:
        """As CI runs it: in a clean checkout of main, with freshlayer in PATH; the exit code."""
        path = os.pathsep.join([str(self.home / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
        done = subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=self.work,
            env={**os.environ, "PATH": path, "RUNNER_TEMP": str(self.home), **environment},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode in {0, 2}, done.stderr
        return done.returncode

    def on_main(self) -> None:
        self.git("checkout", "--quiet", "main")

    def pushed(self) -> str:
        """The lock file of the branch; empty where there is no such branch."""
        branches = self._git(self.remote, "branch", "--list", "freshlayer/update")
        return self._git(self.remote, "show", "freshlayer/update:freshlayer.lock") if branches else ""


class Origin:
    def __init__(self) -> None:
        self.tag = "v1"
        self.requests: list[Logged] = []

    def __call__(self, request: Logged) -> Reply:
        """A file; and the API of GitLab, whose requests are kept."""
        if request.target == "/tool":
            return Reply(headers={"ETag": f'"{self.tag}"'}, body=self.tag.encode())
        self.requests.append(request)
        opened = [{"iid": 7}] if any(it.method == "POST" for it in self.requests) else []
        return Reply(body=json.dumps(opened).encode())


@pytest.fixture
def origin() -> Origin:
    return Origin()


def test_the_job_of_github(origin: Origin, tmp_path: Path) -> None:
    (step,) = [it for it in GITHUB["jobs"]["update"]["steps"] if "env" in it]
    assert GITHUB["permissions"] == {"contents": "write", "pull-requests": "write"}
    log = tmp_path / "gh.log"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gh").write_text(GH)
    (tmp_path / "bin" / "gh").chmod(0o755)
    with LoggingServer(origin) as server:
        project = Repository(tmp_path, server)
        assert project.run(step["run"], GH_LOG=str(log)) == 0
        assert (log.exists(), project.pushed()) == (False, "")
        origin.tag = "v2"
        assert project.run(step["run"], GH_LOG=str(log)) == 0
        assert "etag:v2" in project.pushed()
        assert '| `etag "v1"` | `etag "v2"` |' in (tmp_path / "changes.md").read_text()
        (tmp_path / "gh.log.open").write_text("12\n")
        origin.tag = "v3"
        project.on_main()
        assert project.run(step["run"], GH_LOG=str(log)) == 0
        assert "etag:v3" in project.pushed()
        assert log.read_text().split("\n") == ["pr list", "pr create", "pr list", "pr edit", ""]
    project.on_main()
    assert project.run(step["run"], GH_LOG=str(log)) == 2


def test_the_job_of_gitlab(origin: Origin, tmp_path: Path) -> None:
    job = GITLAB["update"]
    script = job["script"][1].replace("/tmp/changes.md", f"{tmp_path}/changes.md")
    with LoggingServer(origin) as server:
        project = Repository(tmp_path, server)
        known = {
            "REPOSITORY": str(project.remote),
            "REQUESTS": f"{server.url}/merge_requests",
            "UPDATE_TOKEN": "glpat-x",
            "CI_DEFAULT_BRANCH": "main",
        }
        assert set(job["variables"]) <= set(known)
        assert project.run(script, **known) == 0
        assert origin.requests == []
        for tag in ("v2", "v3"):
            origin.tag = tag
            project.on_main()
            assert project.run(script, **known) == 0
            assert f"etag:{tag}" in project.pushed()
    methods = [(it.method, it.target.partition("?")[0]) for it in origin.requests]
    assert methods == [
        ("GET", "/merge_requests"),
        ("POST", "/merge_requests"),
        ("GET", "/merge_requests"),
        ("PUT", "/merge_requests/7"),
    ]
    sent = parse_qs(origin.requests[1].body.decode())
    assert (sent["source_branch"], sent["target_branch"]) == (["freshlayer/update"], ["main"])
    assert '`etag "v2"`' in sent["description"][0]
    assert {it.headers["private-token"] for it in origin.requests} == {"glpat-x"}


def test_the_program_reads_the_lock_file(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LoggingServer(origin) as server:
        project = Repository(tmp_path, server)
    monkeypatch.chdir(project.work)
    shown = io.StringIO()
    with redirect_stdout(shown):
        exec(PROGRAM, {})
    assert shown.getvalue().split()[:3] == [f"{server.url}/tool", "etag:v1", "strong"]
