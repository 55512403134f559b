"""``freshlayer update``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshlayer.cli import declared
from freshlayer.cli.dockerfiles import Selection
from freshlayer.cli.exit_codes import CHANGED, DONE
from freshlayer.cli.lock import FORMATS, no_download
from freshlayer.cli.options import Options, ours
from freshlayer.errors import OptionError

if TYPE_CHECKING:
    from freshlayer.model.lock import Lock

_DAY = len("2026-11-01")
_EVERY = Selection(None, "", (), "", None)


@declared.command(
    "update",
    short_help="move freshlayer.lock forward to what the inputs are now",
    epilog="\b\nExamples:"
    "\n  freshlayer update"
    "\n  freshlayer update curl 'pypi/*' docker.io/library/python"
    "\n  freshlayer update --at 2026-11-01 'pypi/*' 'git+*'"
    "\n  freshlayer update --dry-run --exit-code --format markdown",
)
@declared.argument("names", metavar="[REFERENCE|NAME]…", nargs=-1)
@declared.option("--dry-run", is_flag=True, help="print what would change, and write nothing")
@declared.option("--exit-code", "with_code", is_flag=True, help="exit with 1 if something changed")
@declared.option("--at", "day", metavar="DATE", help="as it was on that day: 2026-11-01, or a time")
@declared.option("--security", is_flag=True, help="packages alone, and of them security updates alone")
@no_download
@ours("update", formats=FORMATS)
def command(
    options: Options,
    names: tuple[str, ...],
    dry_run: bool,
    with_code: bool,
    day: str | None,
    security: bool,
    no_download: bool,
) -> int:
    """Observe again what freshlayer.lock has, write what it is now, and print what changed.

    Without names: all of it. A name is a reference, an image without its tag, the last part of a URL, a
    package, or MANAGER/PACKAGE; * is any text. Of packages, all that the instruction installs is updated,
    for a part of a closure may not fit the rest. Inputs with frozen = true stay as they are, and are printed.

    --at takes the versions of pip, npm and conda packages that were published by the end of that day (UTC),
    or by a time as 2026-11-01T12:00:00Z, those of apt that an archive has (setting snapshots), and the
    commits that branches had then. What can't be dated is listed, and nothing is written then.

    Exit code 0; with --exit-code 1 if something changed; 2: trouble.
    """
    from freshlayer.cli.lock_run import locking, write_report
    from freshlayer.decisions.lock_changes import counts_of
    from freshlayer.lock import change_lock
    from freshlayer.model.lock_report import LockReport
    from freshlayer.workflows.lock_update import UpdateWanted, update

    with locking(options, (), _EVERY, recursive=False, locked=True) as (files, session):
        wanted = UpdateWanted(
            _meant(files.lock, names), security, not (no_download or dry_run), _until(day, security=security)
        )
        found = update(files.lock, files.targets, wanted, files.path, session)
        if not dry_run:
            change_lock(files.path, lambda _: found.lock)
    write_report(
        options, LockReport(str(files.path), counts_of(found.lock), found.changes), "freshlayer update"
    )
    return CHANGED if with_code and found.moved else DONE


def _until(day: str | None, *, security: bool) -> int:
    """Milliseconds since 1970; 0 without a day. Raises OptionError."""
    if day is None:
        return 0
    if security:
        raise OptionError("--at: does not act with --security")
    from datetime import datetime, timedelta

    from freshlayer.packages.published import milliseconds

    try:
        found = datetime.fromisoformat(day)
        ends = timedelta(days=1, milliseconds=-1) if len(day) == _DAY else timedelta()
        until = milliseconds(found + ends)
    except (ValueError, OverflowError):
        until = 0
    if until <= 0 or day[4] != "-":
        raise OptionError("--at: not a date (write 2026-11-01 or 2026-11-01T12:00:00Z)")
    return until


def _meant(lock: Lock, names: tuple[str, ...]) -> frozenset[object] | None:
    """The names of the entries that are meant; None: all. Raises OptionError."""
    from freshlayer.decisions.lock_changes import of_names
    from freshlayer.reference import shown
    from freshlayer.report.terminal import warn

    if not names:
        return None
    found = of_names(lock, names)
    for name, entries in found.items():
        if not entries:
            what = f"{shown(name)}: the lock file has no such input (freshlayer lock adds new ones)"
            if "*" not in name or not any(found.values()):
                raise OptionError(what)
            warn(what)
    return frozenset(entry.name for entries in found.values() for entry in entries)
