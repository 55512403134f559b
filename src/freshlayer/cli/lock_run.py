"""What the commands of the lock file share: the session, and the report."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from freshlayer.cli.dockerfiles import Selection
from freshlayer.cli.echo import echo
from freshlayer.cli.options import Options
from freshlayer.cli.session import session_of

if TYPE_CHECKING:
    from freshlayer.cli.locked_files import Files
    from freshlayer.model.lock_report import LockReport
    from freshlayer.workflows.session import Session


@contextmanager
def locking(
    options: Options,
    contexts: Sequence[str],
    selection: Selection,
    *,
    recursive: bool,
    locked: bool = False,
) -> Iterator[tuple[Files, Session]]:
    """The Dockerfiles, and a session that knows what the lock file has and nothing else.

    What this machine recorded has no part in a lock file, which is the same on every machine; but for the
    digests of what its builds received, which spare a download.
    """
    from freshlayer.cli.locked_files import files_of
    from freshlayer.decisions.locking import by_reference, by_stage
    from freshlayer.files.temporary import temporary_directory
    from freshlayer.state import SqliteStore

    files = files_of(options, contexts, selection, recursive=recursive, locked=locked)
    first = files.targets[0].target.source if files.targets else None
    with ExitStack() as stack:
        directory = Path(stack.enter_context(temporary_directory()))
        session = stack.enter_context(session_of(replace(options, identities=None), first))
        # The directory itself is locked while it is in use, and a store locks the one that it is in.
        own = directory / "store"
        own.mkdir()
        store = stack.enter_context(closing(SqliteStore(own / "state", session.warn)))
        yield (
            files,
            replace(
                session,
                store=store,
                lock=files.lock,
                of_builds=session.store,
                locked=by_reference(files.lock),
                locked_packages=by_stage(files.lock),
                lock_path=files.path,
            ),
        )


def write_report(options: Options, report: LockReport, title: str) -> None:
    """To standard output."""
    from freshlayer.report import locks
    from freshlayer.report.terminal import show

    if options.format == "json":
        echo(json.dumps(locks.document(report), indent=1))
    elif options.format == "markdown":
        echo(locks.markdown(report, title), nl=False)
    elif not options.quiet:
        show(locks.lines(report), sys.stdout)
