"""What every builder provides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from msgspec import Struct

from freshlayer.builders.command_line.families import Family
from freshlayer.errors import BuilderError
from freshlayer.model.progress_event import Counting, ProgressEvent

if TYPE_CHECKING:
    from freshlayer.builders.command_line.build import BuildCommand
    from freshlayer.dockerfile.inject import Mechanism

__all__ = [
    "Builder",
    "ContextTar",
    "Counting",
    "DerivedFile",
    "Ended",
    "Job",
    "Meanwhile",
    "ProgressEvent",
    "Reader",
]


Meanwhile = Callable[[], None]
"""Prepares what follows a build, while the builder runs. What fails in it is not reported."""


class ContextTar(Protocol):
    """The classic builder's context."""

    @property
    def name(self) -> str:
        """Where the Dockerfile is in it."""

    def write(self, dockerfile: bytes, stream: IO[bytes]) -> None:
        """Stream the tar around a Dockerfile."""


class OpenContext(Protocol):
    """Opens the context."""

    def __call__(self, *, as_before_23: bool) -> ContextTar:
        """``as_before_23``: with headers as docker clients before 23 write them, which the daemon hashes."""


def _no_context(*, as_before_23: bool) -> ContextTar:  # noqa: ARG001 - of ``OpenContext``
    raise BuilderError("the build context is not known")


class DerivedFile(Struct, frozen=True):
    """A derived Dockerfile. ``name``: the base name of the user's own; ``ignore``: the file beside it.

    ``inline``: the user's own has no file. ``open_context``: the context as a tar, for a builder that needs
    one. ``secrets``: identifier → content of those that it mounts, for a builder that ``supplies_secrets``.
    """

    content: bytes
    name: str
    ignore: Path | None
    inline: bool = False
    open_context: OpenContext = _no_context
    secrets: Mapping[str, bytes] = {}

    @property
    def text(self) -> str:
        """For a model, which holds text."""
        return self.content.decode("utf-8")


class Waiting(Protocol):
    """A builder that was started, and waits for a Dockerfile."""

    def takes(self, file: DerivedFile) -> bool:
        """Whether it builds as it would with the file in a directory. If not, it is ended."""

    def build(self, content: bytes, meanwhile: Meanwhile | None = None) -> Ended:
        """Build it, to the end. ``meanwhile`` is called while it builds."""

    def close(self) -> None:
        """End it, unless it has built."""


class Job(Struct, frozen=True):
    """One build with a derived Dockerfile. ``waiting``: a builder that was started for it.

    ``meanwhile`` is called while it builds.
    """

    command: BuildCommand
    file: DerivedFile
    waiting: Waiting | None = None
    meanwhile: Meanwhile | None = None


class Ended(Struct, frozen=True):
    """How a builder ended: its exit code as a shell would report it, and what it reported.

    ``trouble``: why its display could not be read, if so. ``interrupted``: by a signal that came to us, which
    the exit code may not show it: podman 4.3 ends with 0 on a signal.
    """

    exit_code: int
    happened: tuple[ProgressEvent, ...] = ()
    trouble: str = ""
    interrupted: bool = False


class Reader(Protocol):
    """Reads a builder's display while it is shown to the user. ``now``: seconds of a monotonic clock."""

    @property
    def stream(self) -> int:
        """Where the display comes: 1 for standard output, 2 for standard error."""

    def feed(self, data: bytes, now: float) -> None:
        """Take what came: any bytes, cut anywhere."""

    def ended(self, now: float) -> tuple[ProgressEvent, ...]:
        """What happened, once nothing more comes."""


class Builder(Protocol):
    """One builder."""

    @property
    def name(self) -> str:
        """As in ``--builder``."""

    @property
    def program(self) -> tuple[str, ...]:
        """The program and its own flags, before any command."""

    @property
    def argv(self) -> tuple[str, ...]:
        """The program and the words before the user's own."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What the builder is started with."""

    @property
    def family(self) -> Family:
        """How its command line is read."""

    @property
    def dockerfiles(self) -> tuple[str, ...]:
        """The names that are looked for where no ``--file`` is given."""

    @property
    def may_start_early(self) -> bool:
        """Whether it can be started before its Dockerfile is known (``run/early.py``)."""

    @property
    def builds_every_earlier_stage(self) -> bool:
        """Whether stages that the target does not need are built as well."""

    @property
    def inherits_arguments(self) -> bool:
        """Whether a stage that continues another sees its ARGs."""

    def takes_local_images(self, named: str) -> bool:
        """Whether a tag that is on this machine is used without a request to its registry.

        ``named``: the value of ``--builder``. It may take a subprocess to find out.
        """

    def engine(self, named: str = "") -> str:
        """Where its cache is; ``named``: the instance of buildx that ``--builder`` names."""

    def image_of(self, tag: str) -> str:
        """The image that a tag means now; empty where there is none, or that would take a program to know."""

    def mechanism(self, syntax_image: str) -> Mechanism:
        """How a key goes into a RUN, under the frontend that ``# syntax=`` names."""

    def checks_added(self, syntax_image: str, named: str = "") -> frozenset[str]:
        """Kinds of references of which ``ADD --checksum`` checks the bytes. It may send the daemon a request.

        ``syntax_image``: the frontend that ``# syntax=`` names. ``named``: as ``engine`` has it.
        """

    def supplies_secrets(self, syntax_image: str) -> bool:
        """Whether ``build`` gives a RUN the secrets of a derived file. ``syntax_image``: the frontend."""

    def reader(self, command: BuildCommand) -> Reader | None:
        """Who reads the display of this command; None where it will say nothing of its instructions."""

    def build(self, job: Job) -> Ended:
        """Run the build with a derived Dockerfile; remove every temporary file whatever happens.

        Raises BuilderError where the builder can't be started.
        """
