"""The store: what it records and what it answers. A member is a class that has these methods."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

from freshlayer.decisions.marks import Mark
from freshlayer.model.history import BuildEvent, History
from freshlayer.model.observation import Change, Recorded
from freshlayer.reference import Reference
from freshlayer.state.records import BuiltRecord, Elsewhere, Given, HistoryRecord, Records, Scope
from freshlayer.state.scripts import KeptScript

if TYPE_CHECKING:
    from freshlayer.model.inventory import Inventory


class BuildRecord(Struct, frozen=True, kw_only=True):
    """Everything that is recorded of one build. ``at`` in seconds since 1970.

    ``built``: what each instruction was built with. ``last_builds``: how long each took, and its keys.
    ``tainted``: (reference, identity) that a build may have mixed up with another version. ``tags``: tag →
    the image that it means now. ``network``: the network mode of the build; None: it is not recorded what was
    built. ``not_watched``: digests of what was not watched then. ``event``: for the history.
    """

    scope: Scope
    at: int
    observations: Mapping[Reference, Recorded] = field(default_factory=dict)
    changes: Mapping[Reference, Change] = field(default_factory=dict)
    built: Sequence[BuiltRecord] = ()
    last_builds: Sequence[HistoryRecord] = ()
    tainted: Sequence[tuple[str, str]] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    network: str | None = None
    not_watched: Sequence[str] = ()
    event: BuildEvent | None = None


class StateStore(Protocol):
    """What is remembered between builds.

    Each ``record_…`` method is one transaction: all of it or nothing is recorded. Where the store can't be
    used, a method that answers returns nothing, one that records does nothing, and a warning is printed once.
    """

    @property
    def is_usable(self) -> bool:
        """False once the store could not be used: then nothing that was answered since counts."""

    def close(self) -> None:
        """End the connection; the store can be used again."""

    def for_one_run(self) -> StateStore:
        """The same for a run that builds nothing: of first builds that end meanwhile it knows nothing."""

    def observations(self, references: Iterable[Reference]) -> MutableMapping[Reference, Recorded]:
        """The last recorded observation of each reference that has one."""

    def taints(self, references: Iterable[Reference]) -> dict[tuple[str, str], int]:
        """(reference, identity) → how often a build may have mixed it up with another version."""

    def last_builds(self, scope: Scope, marks: Sequence[Mark]) -> Records:
        """The last builds of these instructions; the last of them is the last instruction of the build."""

    def other_builds(self, scope: Scope, digests: Sequence[str]) -> dict[str, Elsewhere]:
        """Digest of an instruction → another build that had it."""

    def users_of_keys(self, scope: Scope, keys: Sequence[str]) -> dict[str, Given]:
        """Key → the Dockerfile and builder of this engine that had it."""

    def is_empty(self) -> bool:
        """Whether no build is recorded."""

    def tags(self, scope: Scope) -> dict[str, str]:
        """Tag → the image that it meant after the last build of this Dockerfile on this engine."""

    def network(self, dockerfile: str) -> str | None:
        """The network mode of the last build of a Dockerfile; None where no build is recorded."""

    def not_watched(self, dockerfile: str) -> frozenset[str]:
        """Digests of what was not watched at the last build of a Dockerfile."""

    def networks(self) -> dict[str, str]:
        """Dockerfile → the network mode of its last build, for all that were built."""

    def history(self, reference: str, most: int) -> History:
        """When a reference changed, and which builds took a new identity up."""

    def history_of_dockerfile(self, dockerfile: str, most: int) -> History:
        """The builds of a Dockerfile, and the changes of what they took up."""

    def history_of_directory(self, directory: str, most: int) -> History:
        """The same of every Dockerfile in a directory and below."""

    def inventory(self, pattern: str, most: int) -> Inventory:
        """What is recorded of the Dockerfiles and references that match, at most so many of each."""

    def forget(self, dockerfiles: Sequence[str], references: Sequence[str]) -> None:
        """Remove every record of these, but for taints; the space is given back."""

    def scripts(self, references: Iterable[Reference]) -> dict[Reference, KeptScript]:
        """The scripts that these references named at their last probe."""

    def record_scripts(self, read: Mapping[Reference, KeptScript], *, at: int) -> None:
        """Record the text of scripts. None of them was requested with a credential."""

    def record_observations(
        self,
        observations: Mapping[Reference, Recorded],
        *,
        at: int,
        changes: Mapping[Reference, Change] | None = None,
        again: Container[Reference] = (),
    ) -> None:
        """Record what origins returned, without a build. ``changes``: the verdicts, for the history.

        ``again``: of what is recorded of these, nothing but the time of the probe is new.
        """

    def record_keys(self, scope: Scope, keys: Sequence[str]) -> None:
        """Record, before a builder starts, that it gets these keys: a killed build may leave layers."""

    def record_build(self, record: BuildRecord) -> None:
        """Record a build that ended."""
