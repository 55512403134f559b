"""What every builder can be asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from freshlayer.builders.command_line import BuildCommand
from freshlayer.inject import Mechanism


class ContextTar(Protocol):
    """The classic builder's context."""

    @property
    def name(self) -> str:
        """Where the Dockerfile stands in it."""

    def write(self, dockerfile: bytes, stream: IO[bytes]) -> None:
        """Stream the tar around a Dockerfile."""


@dataclass(frozen=True, slots=True)
class Job:
    """One build with a derived Dockerfile.

    ``name``: the base name of the user's Dockerfile. ``ignore``: the ignore file beside it, or None.
    ``open_context``: the context as a tar, for a builder that needs one.
    """

    command: BuildCommand
    dockerfile: bytes
    name: str
    ignore: Path | None
    open_context: Callable[[], ContextTar]


class Builder(Protocol):
    """One builder."""

    @property
    def name(self) -> str:
        """As in ``--builder``."""

    @property
    def argv(self) -> tuple[str, ...]:
        """The program and the words before the user's own."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What the builder is started with."""

    @property
    def builds_every_earlier_stage(self) -> bool:
        """Whether stages that the target does not need are built as well."""

    def mechanism(self, syntax_image: str) -> Mechanism:
        """How a key goes into a RUN, under the frontend that ``# syntax=`` names."""

    def build(self, job: Job) -> int:
        """Run the build with a derived Dockerfile; remove every temporary file whatever happens.

        The exit code is as a shell would report it. Raises BuilderError where the builder can't be started.
        """
