"""A checkout of somebody who wants programs to run: what git, docker, Python and others would read in it.

Every program that it names leaves the marker, a file outside of the checkout.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

MODULES = ("botocore", "click", "concurrent", "json", "msgspec", "netrc", "pycurl", "tomllib", "typing")
"""What freshlayer and the Python programs that it starts import, at once or later."""

PROGRAMS = ("az", "docker-credential-evil", "gcloud", "git", "git-remote-http", "podman", "sh", "ssh")


@dataclass(frozen=True)
class HostileCheckout:
    """``directory``: the working tree; ``marker``: there once any of its programs ran."""

    directory: Path
    marker: Path

    @classmethod
    def made(cls, directory: Path, marker: Path) -> HostileCheckout:
        """A repository with a hostile configuration, and a bare one in its directory ``nested``."""
        checkout = cls(directory, marker)
        script = directory / "evil"
        script.write_text(f"#!/bin/sh\ntouch '{marker}'\n")
        script.chmod(0o755)
        checkout._git("init", "--quiet", "--initial-branch=main")
        (directory / ".gitconfig").write_text(checkout.configuration())
        for name in PROGRAMS:
            (directory / name).symlink_to("evil")
        (directory / ".azure").mkdir()
        docker = directory / ".docker"
        docker.mkdir()
        (docker / "config.json").write_text(json.dumps({"credsStore": "evil"}))
        checkout._nest()
        with (directory / ".git" / "config").open("a") as stream:
            stream.write(checkout.configuration())
        return checkout

    def cloned(self, directory: Path) -> HostileCheckout:
        """A clone of it, whose own .git/config is git's: only what was committed is hostile."""
        self.tame()
        self._git("add", "--all", "--force")
        self._git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "--quiet", "--message=x")
        subprocess.run(["git", "clone", "--quiet", str(self.directory), str(directory)], check=True)
        return HostileCheckout(directory, self.marker)

    def tame(self) -> None:
        """Have .git/config name no program."""
        text = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n"
        (self.directory / ".git" / "config").write_text(text)

    def add_modules(self) -> None:
        """Python's and freshlayer's modules, as Python would import them from the working directory."""
        for name in MODULES:
            text = f"open({str(self.marker)!r}, 'w').close()\nraise SystemExit(77)\n"
            (self.directory / f"{name}.py").write_text(text)

    def configuration(self) -> str:
        """Every setting by which ``git ls-remote`` runs a program."""
        run = f"touch {self.marker}"
        return f"""
[credential]
\thelper = "!{run}; true"
[core]
\tsshCommand = {run}
\tgitProxy = {self.directory}/evil
\taskPass = {self.directory}/evil
\tfsmonitor = {self.directory}/evil
\thooksPath = {self.directory}
[protocol]
\tallow = always
[url "ext::sh -c '{run}' "]
\tinsteadOf = https://evil.invalid/
"""

    def control(self, url: str, directory: str = ".") -> bool:
        """Whether a careless ``git ls-remote`` here does run one of the programs; takes the marker away."""
        where = self.directory / directory
        subprocess.run(["git", "ls-remote", url], cwd=where, capture_output=True, timeout=20, check=False)
        ran = self.marker.exists()
        self.marker.unlink(missing_ok=True)
        return ran

    def _nest(self) -> None:
        nested = self.directory / "nested"
        subprocess.run(["git", "init", "--quiet", "--bare", str(nested)], check=True)
        with (nested / "config").open("a") as stream:
            stream.write(self.configuration())
        # A clone has no empty directories.
        for empty in ("objects/info", "refs/heads"):
            (nested / empty / "kept").write_text("")

    def _git(self, *words: str) -> None:
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        subprocess.run(["git", "-C", str(self.directory), *words], env=environment, check=True)
