"""``docker build``: the classic builder, and BuildKit behind the docker client."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from freshlayer.builders import progress
from freshlayer.builders.base import Ended, Job, Reader
from freshlayer.builders.command_line import BuildCommand
from freshlayer.builders.process import run
from freshlayer.dockerfile import knows_run_mount
from freshlayer.inject import Mechanism


@dataclass(frozen=True, slots=True)
class BuildKit:
    """BuildKit by the docker client, 18.09 to today's buildx."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    name: str = "buildkit"

    @property
    def builds_every_earlier_stage(self) -> bool:
        return False

    def mechanism(self, syntax_image: str) -> Mechanism:
        return Mechanism.MOUNT if knows_run_mount(syntax_image) else Mechanism.ARG

    def reader(self, command: BuildCommand) -> Reader | None:
        return progress.buildkit(command, self.environment)

    def build(self, job: Job) -> Ended:
        """A Dockerfile outside the context, with the ignore file that the user's own has beside it."""
        with tempfile.TemporaryDirectory(prefix="freshlayer-") as folder:
            path = Path(folder) / job.name
            path.write_bytes(job.dockerfile)
            if job.ignore is not None:
                shutil.copyfile(job.ignore, path.with_name(f"{job.name}.dockerignore"))
            argv = [*self.argv, *job.command.with_file(str(path))]
            return run(argv, self.environment, reader=self.reader(job.command))


@dataclass(frozen=True, slots=True)
class Classic:
    """The builder inside the docker daemon, before BuildKit."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    name: str = "classic"

    @property
    def builds_every_earlier_stage(self) -> bool:
        """Measured: it builds all stages up to the target."""
        return True

    def mechanism(self, syntax_image: str) -> Mechanism:  # noqa: ARG002 - it ignores ``# syntax=``
        return Mechanism.ARG

    def reader(self, command: BuildCommand) -> Reader | None:
        return progress.classic(command)

    def build(self, job: Job) -> Ended:
        """An own tar on standard input (``context.classic`` says why)."""
        context = job.open_context()
        words = job.command.with_file(context.name, context="-")
        write = partial(context.write, job.dockerfile)
        return run([*self.argv, *words], self.environment, write, self.reader(job.command))
