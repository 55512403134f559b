"""A repository behind git's own daemon, on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path
from typing import Self

from testing.process import Child, wait_until
from testing.servers.base import free_port


class GitDaemon:
    """Serves ``repository`` (with one commit on ``main``) as ``git://127.0.0.1:…/repository``."""

    def __init__(self, directory: Path) -> None:
        self._home = directory
        self.path = directory / "repositories" / "repository"
        self.path.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("first")
        self._port = free_port()
        argv = ["git", "daemon", "--listen=127.0.0.1", f"--port={self._port}", "--export-all", "--reuseaddr"]
        base = str(self.path.parent)
        self._daemon = Child([*argv, f"--base-path={base}", base], log=directory / "git-daemon.log")
        wait_until(self._answers, seconds=15, what="git daemon")
        self.url = f"git://127.0.0.1:{self._port}/repository"

    def git(self, *words: str, date: str = "") -> str:
        """Run git in the repository, with an identity and no configuration of the user."""
        environment = {
            **os.environ,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **{
                f"GIT_{who}_{what}": "test@example.org"
                for who in ("AUTHOR", "COMMITTER")
                for what in ("NAME", "EMAIL")
            },
            **({"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date} if date else {}),
        }
        done = subprocess.run(
            ["git", "-C", str(self.path), *words], env=environment, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, message: str, date: str = "") -> str:
        """A new commit on the current branch; its name."""
        self.git("commit", "--quiet", "--allow-empty", "-m", message, date=date)
        return self.git("rev-parse", "HEAD")

    def close(self) -> None:
        self._daemon.stop()

    def _answers(self) -> bool:
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", self._port)) == 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
