"""Short forms of what a build records, for tests of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from freshlayer.model.observation import Recorded
from freshlayer.reference import Reference
from freshlayer.state import BuildRecord, BuiltRecord, HistoryRecord, Scope, StateStore

ANY = Scope("/project/Dockerfile", "linux/amd64", "buildkit")


def record(
    store: StateStore,
    observations: Mapping[Reference, Recorded],
    now: int = 0,
    scope: Scope = ANY,
    built: Sequence[BuiltRecord] = (),
    tainted: Sequence[tuple[str, str]] = (),
    history: Sequence[HistoryRecord] = (),
    tags: Mapping[str, str] | None = None,
) -> None:
    """Record a build of these."""
    store.record_build(
        BuildRecord(
            scope=scope,
            at=now,
            observations=observations,
            built=built,
            last_builds=history,
            tainted=tainted,
            tags=tags or {},
        )
    )
