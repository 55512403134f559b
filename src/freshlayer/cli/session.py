"""The session of a command: store, settings, identities, credentials, output."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from freshlayer.cli.options import Options

if TYPE_CHECKING:
    from freshlayer.builders.image_store import Engine
    from freshlayer.context import Source
    from freshlayer.model.lock import Lock
    from freshlayer.settings import Policy
    from freshlayer.state import Keep
    from freshlayer.workflows.session import Session


@contextmanager
def session_of(
    options: Options,
    source: Source | None,
    image_of: Callable[[str], str] | None = None,
    engine: Engine | None = None,
    *,
    for_build: bool = False,
    warm: bool = False,
    printer: Callable[[str], None] | None = None,
) -> Iterator[Session]:
    """The state, the policy and the lock file that a command works with; the state is closed at the end.

    ``for_build``: --locked acts. ``warm``: a service may answer. ``printer`` gets the warnings.
    Raises NotAsLockedError without a lock file.
    """
    from freshlayer.cli.chosen_settings import policy_of
    from freshlayer.cli.state_place import state_in_use
    from freshlayer.credentials import Keyring
    from freshlayer.files.leftovers import remove_leftovers
    from freshlayer.report.terminal import warn
    from freshlayer.state.places import store_at
    from freshlayer.workflows.session import Session

    remove_leftovers(os.environ)
    policy = policy_of(options, source)
    locked = _locked(options, source, must_match=for_build and policy.locked)
    say = printer or warn
    with state_in_use(options, source, say) as place, closing(store_at(place, say, _keep(policy))) as store:
        yield Session(
            store=store,
            policy=policy,
            warn=say,
            clock=lambda: int(time.time()),
            **locked,
            keyring=Keyring(dict(os.environ), policy.hosts),  # a copy is twenty times as fast
            **_of_every(options),
            image_of=image_of,
            engine=engine,
            warm=_socket(os.environ) if warm else "",
        )


def _of_every(options: Options) -> dict[str, Any]:
    """What every session has: its output, and the indexes of packages."""
    from freshlayer.report.terminal import Progress

    return {
        "progress": Progress(sys.stderr, wanted=not options.quiet),
        "verbose": bool(options.verbose),
        "indexes": _indexes(),
    }


def _socket(environ: Mapping[str, str]) -> str:
    """Where a service of this user listens; empty where there is none, or none is to be used."""
    from freshlayer.files.user_directories import service_socket

    path = "" if environ.get("FRESHLAYER_WARM") == "off" else service_socket(environ)
    return path if path and os.path.exists(path) else ""


def _keep(policy: Policy) -> Keep:
    from freshlayer.state import Keep

    return Keep(policy.keep_history, policy.keep_history_up_to)


def _indexes() -> Path:
    from freshlayer.files.user_directories import cache_home

    return cache_home(os.environ) / "freshlayer" / "indexes"


def _locked(options: Options, source: Source | None, *, must_match: bool) -> dict[str, Any]:
    """What a session knows of the lock file."""
    path, lock = _must_match(options, source) if must_match else _lock(options)
    if lock is None:
        return {}
    from freshlayer.decisions.locking import by_reference, by_stage

    return {
        "lock": lock,
        "lock_path": path,
        "locked": by_reference(lock),
        "locked_packages": by_stage(lock),
        "must_match": must_match,
    }


def _must_match(options: Options, source: Source | None) -> tuple[Path, Lock]:
    """The lock file of --locked, which has to be there. Raises NotAsLockedError."""
    from freshlayer.cli.lock_place import lock_place
    from freshlayer.errors import ContextError, NotAsLockedError, OptionError, StateError
    from freshlayer.lock import read_lock

    start = source.directory if source is not None else Path()
    try:
        path = lock_place(options, start).path
        lock = read_lock(path)
    except (ContextError, OptionError, StateError) as error:
        raise NotAsLockedError(f"--locked: {error}") from None
    if not path.exists():
        raise NotAsLockedError(f"--locked: {path}: there is no lock file (run freshlayer lock)")
    return path, lock


def _lock(options: Options) -> tuple[Path | None, Lock | None]:
    """The lock file that --identities names; nothing where it can't be used."""
    if not options.identities:
        return None, None
    from freshlayer.errors import StateError
    from freshlayer.lock.lock_file import read_lock
    from freshlayer.report.terminal import warn

    path = Path(options.identities)
    try:
        return path, read_lock(path)
    except StateError as error:
        warn(f"{error}; it is neither used nor written")
        return None, None
