"""``docker build``: the classic builder, and BuildKit behind the docker client."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from freshlayer.builders import engines, versions
from freshlayer.builders.invoked import Invoked
from freshlayer.docker_client import config as docker_config

if TYPE_CHECKING:
    from freshlayer.builders.base import Ended, Job, Reader
    from freshlayer.builders.command_line.build import BuildCommand
    from freshlayer.builders.command_line.families import Family
    from freshlayer.dockerfile.inject import Mechanism


_DOCKERFILES = ("Dockerfile", "dockerfile")


class BuildKit(Invoked, frozen=True):
    """BuildKit, by the docker client itself (18.09 to 22) or by its plugin buildx."""

    dockerfiles: tuple[str, ...] = _DOCKERFILES
    builds_every_earlier_stage: bool = False
    inherits_arguments: bool = True

    @property
    def family(self) -> Family:
        return _family()

    @property
    def may_start_early(self) -> bool:
        """A client that builds by itself. From 23 on it starts buildx, which would outlive its end.

        The daemon is on this machine: ssh to another one may prompt for a password.
        """
        version = versions.kept_text(self.program[0], self.environment) if self.name == "buildkit" else ""
        host = docker_config.host(self.environment)
        return 0 < versions.major(version) < versions.BUILDX_BY_DEFAULT and host.startswith("unix://")

    def mechanism(self, syntax_image: str) -> Mechanism:
        from freshlayer.dockerfile.inject import mechanism_under  # noqa: PLC0415 - of a build

        return mechanism_under(syntax_image)

    def engine(self, named: str = "") -> str:
        if self.name != "buildx":
            return engines.of_docker(self.environment)
        chosen = self.words[:1] == ("buildx",) or docker_config.prefers_buildx(self.environment)
        return engines.of_buildx(self.environment, named, chosen=chosen)

    def image_of(self, tag: str) -> str:
        from freshlayer.builders import image_ids  # noqa: PLC0415 - behind a build

        return image_ids.of_daemon(engines.of_docker(self.environment), tag)

    def checks_added(self, syntax_image: str, named: str = "") -> frozenset[str]:
        from freshlayer.builders import added_checksums, docker_api  # noqa: PLC0415 - of a build

        daemon = docker_api.version(self.program, self.environment, self.engine(named))
        return added_checksums.of_buildkit(syntax_image, daemon)

    def supplies_secrets(self, syntax_image: str) -> bool:
        """Measured, 20.10 to 28: the file is in no layer, and the mount is in no history."""
        from freshlayer.dockerfile.inject import Mechanism  # noqa: PLC0415 - of a build

        return self.mechanism(syntax_image) is Mechanism.MOUNT

    def reader(self, command: BuildCommand) -> Reader | None:
        from freshlayer.builders import progress  # noqa: PLC0415 - of a build

        return progress.buildkit(command, self.environment)

    def takes_local_images(self, named: str) -> bool:
        """Measured, 20.10 to 28, both image stores: in the daemon it does, once the tag was pulled."""
        if self.name == "buildkit":
            return True
        from freshlayer.builders import buildx  # noqa: PLC0415 - where an image is here

        return buildx.in_daemon(self.program, self.words, self.environment, named)

    def build(self, job: Job) -> Ended:
        """A Dockerfile outside the context, with the ignore file that the user's own has beside it."""
        if job.waiting is not None and job.waiting.takes(job.file):
            return job.waiting.build(job.file.content, job.meanwhile)
        from freshlayer.builders.run.derived_file import derived, secret_options  # noqa: PLC0415 - of a build
        from freshlayer.builders.run.process import run  # noqa: PLC0415 - the same

        with derived(job.file) as path:
            argv = [*self.argv, *secret_options(job.file, path), *job.command.with_file(path)]
            return run(argv, self.environment, None, self.reader(job.command), job.meanwhile)


class Classic(Invoked, frozen=True):
    """The builder inside the docker daemon, before BuildKit."""

    dockerfiles: tuple[str, ...] = _DOCKERFILES
    # Measured: it builds all stages up to the target.
    builds_every_earlier_stage: bool = True
    inherits_arguments: bool = False
    may_start_early: bool = False

    @property
    def family(self) -> Family:
        return _family()

    def mechanism(self, syntax_image: str) -> Mechanism:  # noqa: ARG002 - it ignores ``# syntax=``
        from freshlayer.dockerfile.inject import Mechanism  # noqa: PLC0415 - of a build

        return Mechanism.ARG

    def engine(self, named: str = "") -> str:  # noqa: ARG002 - it knows no --builder
        return engines.of_docker(self.environment)

    def image_of(self, tag: str) -> str:
        from freshlayer.builders import image_ids  # noqa: PLC0415 - behind a build

        return image_ids.of_daemon(self.engine(), tag)

    def checks_added(self, syntax_image: str, named: str = "") -> frozenset[str]:  # noqa: ARG002 - it checks none
        return frozenset()

    def supplies_secrets(self, syntax_image: str) -> bool:  # noqa: ARG002 - it has no mounts
        return False

    def reader(self, command: BuildCommand) -> Reader | None:
        from freshlayer.builders import progress  # noqa: PLC0415 - of a build

        return progress.classic(command)

    def takes_local_images(self, named: str) -> bool:  # noqa: ARG002 - there is one
        return True

    @property
    def _client(self) -> str:
        return versions.version_text(self.program[0], self.environment)

    def build(self, job: Job) -> Ended:
        """An own tar on standard input (reason: ``context.classic``)."""
        from freshlayer.builders.run.process import run  # noqa: PLC0415 - of a build

        context = job.file.open_context(as_before_23=0 < versions.major(self._client) < 23)
        words = job.command.with_file(context.name, context="-")
        write = partial(context.write, job.file.content)
        return run([*self.argv, *words], self.environment, write, self.reader(job.command), job.meanwhile)


def _family() -> Family:
    from freshlayer.builders.command_line.families import DOCKER  # noqa: PLC0415 - of a build

    return DOCKER
