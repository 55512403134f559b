"""Run freshlayer as a user does: its own process, in an environment of the test's choice."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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

    def __call__(self, *words: str, given: bytes = b"", seconds: float = 90) -> Ended:
        argv = [*FRESHLAYER, "--state", str(self.state), *self.options, *words]
        done = subprocess.run(
            argv,
            env=dict(self.environment),
            cwd=self.directory,
            input=given,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
        return Ended(
            done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        )

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
