"""What a run needs. Made in one place for each run; nothing of it is kept in a module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from freshlayer.credentials import NO_CREDENTIALS, Keyring
from freshlayer.probe import Limits
from freshlayer.settings import Policy

if TYPE_CHECKING:
    from freshlayer.builders.image_store import Engine
    from freshlayer.model.lock import Lock, LockedInput, LockedPackages
    from freshlayer.state import BuildRecord, StateStore


class Session(Struct, frozen=True, kw_only=True):
    """What a workflow needs. ``clock``: seconds since 1970. ``warn``, ``progress``, ``verbose``: the output.

    ``image_of``: the image that a tag means now, for the builder of a ``check``. ``indexes``: the directory
    of those of packages; without it no package is watched. ``engine``: whose images a build may start from;
    None where no builder is known. ``locked``: reference → its entries in the lock file, which is
    ``lock_path``; ``locked_packages``: (Dockerfile, stage) → what its instructions install, as the lock file
    has it. ``of_builds``: the state of this machine, for what its builds received, where ``store`` is another
    one.
    ``must_match``: whether nothing is built that is not as in the lock file (``--locked``).
    ``until``: packages and commits of a later time do not count, in milliseconds since 1970; 0: all count.
    ``supplies_secrets``: as ``Builder`` has it; None where no builder is to get any.
    ``recorded`` gets each build that is recorded. ``warm``: the socket of a service on this machine; empty
    where none is to be used.
    """

    store: StateStore
    policy: Policy
    warn: Callable[[str], None]
    clock: Callable[[], int]
    progress: Callable[[int, int], None] | None = None
    locked: Mapping[str, tuple[LockedInput, ...]] = field(default_factory=dict)
    locked_packages: Mapping[tuple[str, str], tuple[LockedPackages, ...]] = field(default_factory=dict)
    lock_path: Path | None = None
    lock: Lock | None = None
    of_builds: StateStore | None = None
    must_match: bool = False
    until: int = 0
    supplies_secrets: Callable[[str], bool] | None = None
    keyring: Keyring = NO_CREDENTIALS
    verbose: bool = False
    image_of: Callable[[str], str] | None = None
    indexes: Path | None = None
    engine: Engine | None = None
    recorded: Callable[[BuildRecord], None] = lambda _: None
    warm: str = ""

    def one_run(self) -> Session:
        """The session of one run: its time is that of its start, and it prints each warning once.

        An answer is as old as its request, and not as young as the end of a build that takes an hour.
        """
        started = self.clock()
        return replace(self, clock=lambda: started, warn=_each_once(self.warn))

    @property
    def now(self) -> int:
        """Seconds since 1970."""
        return self.clock()

    @property
    def limits(self) -> Limits:
        return limits_of(self.policy)


def limits_of(policy: Policy) -> Limits:
    """Those of a probe."""
    limits = Limits(connections=policy.connections, hash_up_to=policy.hash_up_to, deadline=policy.deadline)
    limits = replace(limits, strangers=policy.strangers)
    return limits.within(min(policy.timeout, policy.deadline))


def _each_once(warn: Callable[[str], None]) -> Callable[[str], None]:
    """Targets that share a Dockerfile have the same warnings."""
    printed: set[str] = set()

    def warn_once(message: str) -> None:
        if message not in printed:
            printed.add(message)
            warn(message)

    return warn_once
