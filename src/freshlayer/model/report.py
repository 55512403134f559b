"""A report of one Dockerfile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

from freshlayer.model.build import Built, InstructionState, InstructionVerdict, LastBuild
from freshlayer.model.evidence import Identity
from freshlayer.model.inputs import Advice, NotWatched, RemoteInput
from freshlayer.model.reasons import Reason
from freshlayer.reference import Reference

if TYPE_CHECKING:
    from freshlayer.model.observation import Recorded, Verdict
    from freshlayer.model.packages import PackageChain, PackageLine, PackagesWanted, PackageVerdict


class Past(Struct, frozen=True):
    """What was remembered when a Dockerfile was looked at, by (stage, digest of the instruction).

    ``unbuilt``: why no build is known. ``edited``: those whose text is another than at the last build.
    ``given``: new key → whose build had it. ``not_watched``: digests of what was not watched.
    """

    recorded: Mapping[Reference, Recorded] = field(default_factory=dict)
    built: Mapping[tuple[str, str], Built] = field(default_factory=dict)
    history: Mapping[tuple[str, str], LastBuild] = field(default_factory=dict)
    unbuilt: Callable[[tuple[str, str]], Reason] | None = None
    edited: frozenset[tuple[str, str]] = frozenset()
    given: Mapping[str, Reason] = field(default_factory=dict)
    not_watched: frozenset[str] = frozenset()


class Coverage(Struct, frozen=True):
    """``runs``: how many RUNs reach the network. ``covered``: of how many of them everything is keyed."""

    runs: int
    covered: int


class Report(Struct, frozen=True):
    """The report of one Dockerfile. ``verdicts`` is empty where nothing was probed.

    ``moved``: references that changed while the builder ran, each with its change. ``exit_code`` is None
    where no builder ran. ``in_file``: whether ``dockerfile`` is the path of a file, not another name.
    ``covered``: what is not watched itself, and is decided by an input that is. ``packages_wanted``: from
    what the packages of its instructions follow. ``package_lines``: the commands that install them.
    ``other_images``: lines of instructions that may be built with another image than the judged one.
    ``images_here``: (line, reference) → the engine's own image, which is used there as the recorded one can't
    be had. ``lines``: reads the lines of the Dockerfile, without its secrets, for a report that shows them;
    none where it can't be read any more.
    """

    dockerfile: str
    target: str
    platform: str
    inputs: tuple[RemoteInput, ...]
    instructions: tuple[InstructionVerdict, ...]
    not_watched: tuple[NotWatched, ...]
    advice: tuple[Advice, ...] = ()
    verdicts: Mapping[Reference, Verdict] = field(default_factory=dict)
    moved: tuple[Reason, ...] = ()
    builder: str = ""
    exit_code: int | None = None
    past: Past = Past()
    in_file: bool = True
    covered: tuple[NotWatched, ...] = ()
    packages_wanted: PackagesWanted | None = None
    package_lines: tuple[PackageLine, ...] = ()
    other_images: frozenset[int] = frozenset()
    images_here: Mapping[tuple[int, Reference], Identity] = field(default_factory=dict)
    lines: Callable[[], tuple[str, ...]] = tuple

    @property
    def package_chains(self) -> tuple[PackageChain, ...]:
        """Of the packages that were wanted."""
        return self.packages_wanted.chains if self.packages_wanted else ()

    @property
    def stale(self) -> tuple[InstructionVerdict, ...]:
        """The instructions that will run, or ran, again."""
        return tuple(item for item in self.instructions if item.state is InstructionState.STALE)

    @property
    def unobserved(self) -> tuple[Verdict, ...]:
        """The inputs whose origin gave no answer that counts."""
        from freshlayer.model.observation import unobserved_of  # noqa: PLC0415 - where something was probed

        return unobserved_of(self.verdicts)

    @property
    def unreachable(self) -> tuple[tuple[InstructionVerdict, PackageVerdict], ...]:
        """The instructions whose packages can't be found out now, by manager."""
        return tuple((item, it) for item in self.instructions for it in item.packages if it.unreachable)

    @property
    def unreachable_apart(self) -> tuple[tuple[InstructionVerdict, PackageVerdict], ...]:
        """Those of ``unreachable`` without a base image that is in ``unobserved``: its line has the cause."""
        failed = {str(verdict.reference) for verdict in self.unobserved}
        return tuple(
            (item, it)
            for item, it in self.unreachable
            if it.problem is None or it.problem.subject not in failed
        )
