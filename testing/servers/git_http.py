"""git repositories over HTTP: git's own http-backend, behind fcgiwrap and nginx."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from testing.process import Child
from testing.servers.base import Served, find
from testing.servers.nginx import Nginx, git_backend
from testing.tls import SelfSigned


class GitHttp:
    """Serves every repository in the directory `repositories` as `url + "git/NAME"`.

    `server`: more lines for nginx's block, such as `auth_basic`, that hold for all of it.
    """

    def __init__(self, repositories: Path, *, server: str = "", tls: SelfSigned | None = None) -> None:
        self._temporary = TemporaryDirectory(prefix="freshlayer-", ignore_cleanup_errors=True)
        home = Path(self._temporary.name)
        socket = home / "fcgiwrap.socket"
        argv = [find("fcgiwrap"), "-f", "-s", f"unix:{socket}"]
        self._gateway = Child(argv, log=home / "fcgiwrap.log")
        self._gateway.wait_until(socket.exists, seconds=15)
        location = git_backend("/git", repositories, socket, _backend())
        self.nginx = Nginx(server=server + location, tls=tls)
        self.url = self.nginx.url + "git/"

    def requests(self) -> list[Served]:
        return self.nginx.requests()

    def close(self) -> None:
        self.nginx.close()
        self._gateway.stop()
        self._temporary.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _backend() -> Path:
    done = subprocess.run(["git", "--exec-path"], check=True, capture_output=True, text=True)
    return Path(done.stdout.strip()) / "git-http-backend"
