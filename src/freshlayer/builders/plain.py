"""``docker build`` and its like: a command with one target, which has no name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import IO, Protocol

from msgspec import Struct

from freshlayer.builders.base import Builder, DerivedFile, Ended, Job, Meanwhile, Waiting
from freshlayer.builders.command_line.build import BuildCommand
from freshlayer.builders.invocation import BuildTarget, DockerfilePlace, Model
from freshlayer.builders.run.process import run
from freshlayer.dockerfile.inject import Mechanism
from freshlayer.model.reasons import Reason

THE_TARGET = ""
"""The name of the only target."""


class ReadInput(Protocol):
    """Standard input, of which a part may have been read."""

    @property
    def writer(self) -> Callable[[IO[bytes]], None] | None:
        """Writes all of it, what was read included; None where nothing was read."""


class PlainBuild(Struct, frozen=True):
    """One command of one builder. ``waiting``: the builder, where it was started before."""

    builder: Builder
    command: BuildCommand
    stdin: ReadInput
    tool: str = "the builder"
    waiting: Waiting | None = None

    @property
    def name(self) -> str:
        return self.builder.name

    @property
    def environment(self) -> Mapping[str, str]:
        return self.builder.environment

    @property
    def program(self) -> tuple[str, ...]:
        return self.builder.program

    @property
    def builds_every_earlier_stage(self) -> bool:
        return self.builder.builds_every_earlier_stage

    @property
    def inherits_arguments(self) -> bool:
        return self.builder.inherits_arguments

    @property
    def engine(self) -> str:
        return self.builder.engine(self.command.builder)

    @property
    def unclear(self) -> Reason | None:
        return self.command.unclear if self.builds else None

    @property
    def builds(self) -> bool:
        return self.command.unclear is None or self.command.unclear.code != "builds-nothing"

    @property
    def no_cache(self) -> bool:
        return self.command.no_cache

    @property
    def no_cache_stages(self) -> tuple[str, ...]:
        return self.command.no_cache_stages

    @property
    def unknown_options(self) -> tuple[str, ...]:
        return self.command.unknown_options

    @property
    def named(self) -> str:
        return self.command.builder

    @property
    def metadata_file(self) -> str:
        return self.command.metadata_file

    def takes_local_images(self, named: str) -> bool:
        return self.builder.takes_local_images(named)

    def image_of(self, tag: str) -> str:
        """Another instance of buildx keeps its result, unless an option loads it."""
        if self.engine.startswith("buildx:") and not self.command.load:
            return ""
        return self.builder.image_of(tag)

    def mechanism(self, syntax_image: str) -> Mechanism:
        return self.builder.mechanism(syntax_image)

    def checks_added(self, syntax_image: str) -> frozenset[str]:
        return self.builder.checks_added(syntax_image, self.named)

    def supplies_secrets(self, syntax_image: str) -> bool:
        return self.builder.supplies_secrets(syntax_image)

    def model(self) -> Model:
        command = self.command
        target = BuildTarget(
            THE_TARGET,
            command.context,
            dockerfile=command.file,
            target=command.target,
            args=command.build_args,
            platforms=command.platforms,
            network=command.network,
            never_pulls=command.never_pulls,
            tags=command.tags,
            contexts=command.contexts,
        )
        return Model((target,))

    def place_of(self, target: BuildTarget) -> DockerfilePlace:
        family = self.builder.family
        return DockerfilePlace(
            target.context, target.dockerfile, self.builder.dockerfiles, in_context=family.file_in_context
        )

    def as_typed(self) -> Ended:
        self._end_waiting()
        return run([*self.builder.argv, *self.command.words], self.environment, self.stdin.writer)

    def build(
        self,
        model: Model,  # noqa: ARG002 - of one target
        files: Mapping[str, DerivedFile],
        meanwhile: Meanwhile | None = None,
    ) -> Ended:
        file = files.get(THE_TARGET)
        if file is not None:
            return self.builder.build(Job(self.command, file, self.waiting, meanwhile))
        self._end_waiting()
        argv = [*self.builder.argv, *self.command.words]
        return run(argv, self.environment, None, self.builder.reader(self.command), meanwhile)

    def go_on(self) -> Ended:
        return Ended(0)

    def _end_waiting(self) -> None:
        if self.waiting is not None:
            self.waiting.close()
