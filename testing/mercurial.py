"""A Mercurial repository behind a real ``hg serve`` on 127.0.0.1, on a port that is free."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Self

from testing.process import Child
from testing.servers.base import find


class HgServe:
    """Serves ``path`` (one changeset on the branch ``default``) as ``url``; ``hg`` changes it."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "repository"
        self.path.mkdir(parents=True)
        self.hg("init")
        self.commit("first")
        argv = [find("hg"), "serve", "--address", "127.0.0.1", "--port", "0"]
        self._log = directory / "access.log"
        argv += ["-R", str(self.path), "--accesslog", str(self._log), "--config", "ui.interactive=no"]
        # Its first line is the URL; Python keeps it in a buffer otherwise.
        environment = {**self._environment(), "PYTHONUNBUFFERED": "1"}
        self._server = Child(argv, log=directory / "serve.log", environment=environment)
        self._server.wait_until(lambda: self._port() != "", seconds=15)
        self.url = f"http://127.0.0.1:{self._port()}/"

    def hg(self, *words: str) -> str:
        """Run hg in the repository, without any configuration."""
        done = subprocess.run(
            [find("hg"), "--noninteractive", *words],
            cwd=self.path,
            env=self._environment(),
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, message: str) -> str:
        """A new changeset on the current branch; its full hash."""
        with (self.path / "file").open("a") as file:
            file.write(f"{message}\n")
        self.hg("commit", "--addremove", "--quiet", "--user", "test", "-m", message)
        return self.node(".")

    def node(self, revision: str) -> str:
        return self.hg("log", "--rev", revision, "--template", "{node}")

    def requests(self) -> list[str]:
        """The access log, a line for each request."""
        return self._log.read_text().splitlines() if self._log.exists() else []

    def _port(self) -> str:
        match = re.search(r"listening at http://[^:]+:(\d+)/", self._server.output())
        return match[1] if match else ""

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "HGRCPATH": "", "HGPLAIN": "1"}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()
