"""One command of the user that builds targets: a plain ``build`` has one, compose and bake have several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct, field

from freshlayer.builders.base import DerivedFile, Ended, Meanwhile
from freshlayer.dockerfile.inject import Mechanism
from freshlayer.model.reasons import Reason


class DockerfilePlace(Struct, frozen=True):
    """Where a Dockerfile is. ``context`` and ``file`` are relative to the working directory.

    ``file``: None for the first of ``names`` in the context; ``-`` for standard input. ``in_context``: a file
    that is not in the working directory may be in the context.
    """

    context: str
    file: str | None = None
    names: Sequence[str] = ("Dockerfile", "dockerfile")
    in_context: bool = False


class BuildTarget(Struct, frozen=True):
    """What is built: the target of a plain build, a service of compose, a target of bake.

    ``name``: empty for a plain build. ``dockerfile``: absolute, or relative to the context; None for the
    usual one. ``inline``: its text, where the model holds it. ``needs``: other targets that are built for it.
    ``barred``: why its Dockerfile is not to be read, if so. ``never_pulls``: whether the
    command forbids to pull its images. ``tags``: the names that its image gets. ``contexts``: name → source
    of its named build contexts.
    """

    name: str
    context: str
    dockerfile: str | None = None
    inline: str | None = None
    target: str = ""
    args: Mapping[str, str] = field(default_factory=dict)
    platforms: tuple[str, ...] = ()
    network: str = ""
    needs: tuple[str, ...] = ()
    barred: Reason | None = None
    never_pulls: bool = False
    tags: tuple[str, ...] = ()
    contexts: Mapping[str, str] = field(default_factory=dict)


class Model(Struct, frozen=True):
    """``targets``: those that the command builds. ``document``: the tool's own model, its escapes undone."""

    targets: tuple[BuildTarget, ...]
    document: dict[str, Any] = {}


class BuiltBy(Protocol):
    """The builder behind a command, as far as it decides what a Dockerfile reads."""

    @property
    def name(self) -> str:
        """As in ``--builder``."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What the program is started with."""

    @property
    def builds_every_earlier_stage(self) -> bool:
        """Whether stages that the target does not need are built as well."""

    @property
    def inherits_arguments(self) -> bool:
        """Whether a stage that continues another sees its ARGs."""


class Invocation(BuiltBy, Protocol):
    """A command that builds targets, as the user typed it."""

    @property
    def tool(self) -> str:
        """Its name in messages."""

    @property
    def engine(self) -> str:
        """Where the cache of its builder is."""

    @property
    def program(self) -> tuple[str, ...]:
        """The program and its own flags, before any command."""

    @property
    def unclear(self) -> Reason | None:
        """Why it is not known what is built, if so."""

    @property
    def builds(self) -> bool:
        """Whether the command builds anything."""

    @property
    def no_cache(self) -> bool:
        """Whether the builder uses no cache."""

    @property
    def no_cache_stages(self) -> tuple[str, ...]:
        """The stages for which it uses none."""

    @property
    def unknown_options(self) -> tuple[str, ...]:
        """Names of options that the tool is not known to have."""

    @property
    def named(self) -> str:
        """The value of ``--builder``."""

    @property
    def metadata_file(self) -> str:
        """Where the builder writes what it states of the build; empty where no option names a file."""

    def takes_local_images(self, named: str) -> bool:
        """As ``Builder`` has it."""

    def image_of(self, tag: str) -> str:
        """The image that a tag means now; empty where none is known, or only a program would know."""

    def mechanism(self, syntax_image: str) -> Mechanism:
        """As ``Builder`` has it."""

    def checks_added(self, syntax_image: str) -> frozenset[str]:
        """As ``Builder`` has it."""

    def supplies_secrets(self, syntax_image: str) -> bool:
        """As ``Builder`` has it."""

    def model(self) -> Model:
        """What would be built. Raises BuilderError where the tool does not state it."""

    def place_of(self, target: BuildTarget) -> DockerfilePlace:
        """Where the Dockerfile of a target is."""

    def as_typed(self) -> Ended:
        """Run the command as the user typed it."""

    def build(
        self, model: Model, files: Mapping[str, DerivedFile], meanwhile: Meanwhile | None = None
    ) -> Ended:
        """Build, with derived Dockerfiles by the names of their targets; no temporary file stays.

        ``meanwhile`` is called while the builder runs.

        Raises BuilderError before the builder starts, where it would build something else.
        """

    def go_on(self) -> Ended:
        """What the command does besides building, once it has built."""
