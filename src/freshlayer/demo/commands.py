"""The commands of the demonstration, as a user types them: run, timed, and compared with the origin's log."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from freshlayer.builders.run.captured import captured
from freshlayer.children import BUILDER
from freshlayer.demo.origin import Request

SECONDS = 60.0
"""For one command; a builder that pulls an image of some megabytes is done by then."""

_OURS = "freshlayer/"
_INSIDE = "FRESHLAYER_INSIDE"
_PROXIES = frozenset({"http_proxy", "HTTP_PROXY"})


class Ran(Struct, frozen=True):
    """A command that ended. ``downloads``: the files that it got from the origin, in order."""

    code: int
    seconds: float
    out: bytes
    err: bytes
    downloads: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """Both streams as lines of text, standard output first."""
        return [
            line for data in (self.out, self.err) for line in data.decode("utf-8", "replace").splitlines()
        ]


class Commands:
    """Runs commands in the context. ``log``: the origin's, which grows while a command runs."""

    def __init__(self, context: Path, environment: Mapping[str, str], log: Sequence[Request]) -> None:
        self._context = context
        self._environment = _without_proxies(environment)
        self._log = log

    def run(self, argv: Sequence[str]) -> Ran:
        """Run one to its end. Raises BuilderError where it can't be started, or takes too long."""
        started, before = time.monotonic(), len(self._log)
        ended = captured(argv, self._environment, seconds=SECONDS, child=BUILDER, directory=self._context)
        seconds, requests = time.monotonic() - started, self._log[before:]
        return Ran(
            code=ended.returncode,
            seconds=seconds,
            out=ended.stdout,
            err=ended.stderr,
            downloads=tuple(r.path.lstrip("/") for r in requests if r.method == "GET" and not _is_ours(r)),
        )


def freshlayer(state: Path, builder: str | None, *words: str) -> list[str]:
    """The argument vector of a freshlayer command with a state of its own."""
    chosen = ["--builder", builder] if builder else []
    return [sys.executable, "-P", "-m", "freshlayer", "--state", str(state), *chosen, *words]


def shown(argv: Sequence[str]) -> str:
    """The command line as a user types it, without what only keeps the demonstration apart."""
    words = list(argv)
    if words[0] == sys.executable:
        words = ["freshlayer", *words[6:]]
    return " ".join([os.path.basename(words[0]), *words[1:]])


def _is_ours(request: Request) -> bool:
    return request.headers.get("user-agent", "").startswith(_OURS)


def _without_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """No proxy reaches this machine's loopback, and what we start ourselves is not a call that came back."""
    return {name: value for name, value in environment.items() if name not in {_INSIDE, *_PROXIES}}
