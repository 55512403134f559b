"""``buildah build`` and ``podman build``: one builder by two programs, without a daemon."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from freshlayer.builders import added_checksums, engines, image_ids, progress, versions
from freshlayer.builders.base import Ended, Job, Reader
from freshlayer.builders.command_line.build import BuildCommand
from freshlayer.builders.command_line.families import BUILDAH, PODMAN, Family
from freshlayer.builders.invoked import Invoked
from freshlayer.builders.run.derived_file import derived, secret_options
from freshlayer.builders.run.process import run
from freshlayer.dockerfile.inject import Mechanism


class Containers(Invoked, frozen=True):
    """What buildah and podman do alike."""

    family: Family
    dockerfiles: tuple[str, ...] = ("Containerfile", "Dockerfile")
    builds_every_earlier_stage: bool = False
    inherits_arguments: bool = False
    may_start_early: bool = False

    def mechanism(self, syntax_image: str) -> Mechanism:  # noqa: ARG002 - it ignores ``# syntax=``
        """The smaller trace (measured, 1.28 to 1.39): a mount is in the history of its own RUN.

        An ARG has a line of its own there, and is in every later RUN of the stage, which sees it in
        its environment as well.
        """
        return Mechanism.MOUNT

    def engine(self, named: str = "") -> str:  # noqa: ARG002 - it knows no --builder
        return engines.of_containers(self.environment)

    def image_of(self, tag: str) -> str:
        return image_ids.of_storage(self.engine(), tag)

    def checks_added(self, syntax_image: str, named: str = "") -> frozenset[str]:  # noqa: ARG002 - it has one frontend
        version = versions.version_text(self.program[0], self.environment)
        return added_checksums.of_containers(self.name, version)

    def supplies_secrets(self, syntax_image: str) -> bool:  # noqa: ARG002 - it has one frontend
        """Measured, 1.28 to 1.39: no layer has the file; the mount is in the history, as that of the key."""
        return True

    def reader(self, command: BuildCommand) -> Reader | None:
        return progress.buildah(command)

    def takes_local_images(self, named: str) -> bool:  # noqa: ARG002 - there is one
        """Measured: podman 4.3 and 5.4 and buildah 1.39 do; buildah 1.28 sends a request each time."""
        return True

    def build(self, job: Job) -> Ended:
        """A Dockerfile outside the context, with the ignore file that the user's own has."""
        with derived(replace(job.file, ignore=_ignore_file(job))) as path:
            argv = [*self.argv, *secret_options(job.file, path), *job.command.with_file(path)]
            return run(argv, self.environment, None, self.reader(job.command), job.meanwhile)


def buildah(
    program: tuple[str, ...], words: tuple[str, ...], environment: Mapping[str, str], name: str
) -> Containers:
    """A builder that uses no cache unless an option enables it."""
    layers = () if environment.get("BUILDAH_LAYERS") else ("--layers",)
    return Containers(program, (*words, *layers), environment, name, BUILDAH)


def podman(
    program: tuple[str, ...], words: tuple[str, ...], environment: Mapping[str, str], name: str
) -> Containers:
    """A builder that keeps its layers for the next build."""
    return Containers(program, words, environment, name, PODMAN)


def _ignore_file(job: Job) -> Path | None:
    """Measured: it is looked for by the name of the Dockerfile as seen from the context, not from here."""
    given = job.command.file
    if given is None or given == "-":
        return job.file.ignore
    seen = Path(job.command.context, f"{given}.dockerignore")
    return seen if seen.is_file() else None
