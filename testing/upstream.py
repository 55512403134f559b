"""A repository of git that projects are cloned from."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


class Upstream:
    """A bare repository that is served, and a work tree that pushes into it."""

    def __init__(self, home: Path) -> None:
        self.served = home / "repositories"
        self.work = home / "work"
        self.work.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("Dockerfile", "FROM scratch\n")
        self.served.mkdir()
        bare = str(self.served / "app.git")
        self.git("clone", "--quiet", "--bare", ".", bare)
        subprocess.run(["git", "-C", bare, "config", "uploadpack.allowFilter", "true"], check=True)
        self.git("remote", "add", "origin", bare)

    def git(self, *words: str) -> str:
        return self.git_with("", *words)

    def git_with(self, text: str, *words: str) -> str:
        """``text``: the standard input."""
        names = {
            f"GIT_{who}_{what}": "a@example.org"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **names}
        done = subprocess.run(
            ["git", *words],
            cwd=self.work,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            input=text,
        )
        return done.stdout.strip()

    def commit(self, name: str, text: str) -> None:
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", name)

    def push(self, *branches: str) -> None:
        self.git("push", "--quiet", "--force", "origin", *branches)
