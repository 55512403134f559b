"""Run freshlayer as a user does: its own process, in an environment of the test's choice.

``Freshlayer`` has it forked by a process that has loaded it already.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from testing import warm_start
from testing.builders.base import Builder

FRESHLAYER = (sys.executable, "-m", "freshlayer")


def chosen(program: str) -> tuple[str, ...]:
    """Our options for the builder of a program."""
    return () if program == "docker" else ("--builder", program)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """Standard output as JSON."""
        document: dict[str, Any] = json.loads(self.out)
        return document


def freshlayer(
    words: Sequence[str],
    environment: Mapping[str, str],
    directory: Path,
    *,
    given: bytes = b"",
    seconds: float = 240,
    anew: bool = False,
) -> Ended:
    """Run a command; forked, where the environment leaves the interpreter as it is, and unless ``anew``."""
    run = warm_start.run if warm_start.fits(environment) and not anew else _in_a_new_process
    done = run(words, environment, directory, given=given, seconds=seconds)
    output, errors = (stream.decode("utf-8", "replace") for stream in (done.stdout, done.stderr))
    return Ended(done.returncode, output, errors)


def _in_a_new_process(
    words: Sequence[str], environment: Mapping[str, str], directory: Path, *, given: bytes, seconds: float
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*FRESHLAYER, *words],
        env=dict(environment),
        cwd=directory,
        input=given,
        capture_output=True,
        timeout=seconds,
        check=False,
    )


@dataclass(frozen=True, slots=True)
class Freshlayer:
    """freshlayer with a state file of its own. ``environment`` leads it to a builder."""

    environment: Mapping[str, str]
    state: Path
    directory: Path
    options: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, builder: Builder, state: Path, directory: Path) -> Freshlayer:
        """In front of a builder: chosen by the environment, but where a docker beside it would be taken."""
        program = builder.command[0]
        return cls(builder.environment(), state, directory, chosen(program))

    def __call__(self, *words: str, given: bytes = b"", seconds: float = 240) -> Ended:
        argv = ["--state", str(self.state), *self.options, *words]
        return freshlayer(argv, self.environment, self.directory, given=given, seconds=seconds)

    def build(self, *words: str, given: bytes = b"") -> Ended:
        """``build`` on the host's network, where the origins are."""
        return self("build", "--network=host", *words, given=given)

    def but(self, *options: str, state: Path | None = None, **environment: str) -> Freshlayer:
        """The same with other options, another state, or more environment."""
        return Freshlayer(
            {**self.environment, **environment},
            state or self.state,
            self.directory,
            (*self.options, *options),
        )
