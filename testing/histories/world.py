"""The origins of a history: real servers, whose files change, grow older, and go away for a while."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from testing.git_daemon import GitDaemon
from testing.histories.generate import Event
from testing.histories.project import Input, Kind, Sites
from testing.servers.base import Server
from testing.servers.nginx import Nginx
from testing.servers.plain import PythonServer
from testing.stores.ftp import Pyftpd

YEAR = 365 * 86400
MINUTE = 60


class World:
    """Each input starts with a content of its own; every write gets a date that was never there before."""

    def __init__(self, directory: Path) -> None:
        with ExitStack() as stack:
            self.counter = stack.enter_context(Nginx(server='location / { return 200 "ran"; }\n'))
            self._git = stack.enter_context(GitDaemon(directory))
            self._servers: dict[Kind, Server] = {
                Kind.TAGGED: stack.enter_context(Nginx()),
                Kind.DATED: stack.enter_context(PythonServer()),
                Kind.FTP: stack.enter_context(Pyftpd()),
            }
            self._open = stack.pop_all()
        self.sites = Sites({**{k: s.url for k, s in self._servers.items()}, Kind.GIT: self._git.url})
        self._contents: dict[Input, list[str]] = {}
        self._writes = 0
        self._told = 0

    def begin(self, inputs: Iterable[Input]) -> None:
        for item in inputs:
            self._change(item)

    @property
    def contents(self) -> Mapping[Input, str]:
        """What every input holds now; of a branch, its commit."""
        return {item: versions[-1] for item, versions in self._contents.items()}

    def ran(self) -> list[int]:
        """The numbers of the RUNs that ran since the last call, sorted."""
        paths = [request.path.strip("/") for request in self.counter.requests()]
        new, self._told = paths[self._told :], len(paths)
        return sorted(int(path) for path in new)

    def happens(self, event: Event) -> None:
        """What an event does to the origins. An outage lasts until `recovers`."""
        match event:
            case Event("change", Input() as item):
                self._change(item)
            case Event("revert", Input() as item):
                self._revert(item)
            case Event("touch", Input() as item):
                self._touch(item)
            case Event("restart", Kind() as kind) if kind in self._servers:
                self._servers[kind].restart()
            case Event("outage", Kind() as kind) if kind in self._servers:
                self._servers[kind].down()
            case _:
                pass

    def recovers(self) -> None:
        for server in self._servers.values():
            server.up()

    def _change(self, item: Input) -> None:
        versions = self._contents.setdefault(item, [])
        if item.kind is Kind.GIT:
            versions.append(self._git.commit(f"{item.name}, {len(versions)}"))
            self._git.git("branch", "--force", item.name)
        else:
            # Some changes leave the length as it was.
            versions.append(f"{item.name} {len(versions) % 3}{'!' * (len(versions) // 3)}\n")
            self._write(item)

    def _revert(self, item: Input) -> None:
        versions = self._contents[item]
        versions.append(versions[-2] if len(versions) > 1 else versions[-1])
        if item.kind is Kind.GIT:
            self._git.git("branch", "--force", item.name, versions[-1])
        else:
            self._write(item)

    def _touch(self, item: Input) -> None:
        """The same bytes under another date; of a branch, another packing of the same commits."""
        if item.kind is Kind.GIT:
            self._git.git("gc", "--quiet")
        else:
            self._write(item)

    def _write(self, item: Input) -> None:
        path = self._servers[item.kind].directory / item.name
        path.write_text(self._contents[item][-1])
        self._writes += 1
        at = path.stat().st_mtime - YEAR + self._writes * MINUTE
        os.utime(path, (at, at))

    def close(self) -> None:
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
