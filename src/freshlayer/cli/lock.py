"""``freshlayer lock``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from freshlayer.cli import declared
from freshlayer.cli.dockerfiles import Selection, shared
from freshlayer.cli.exit_codes import DONE
from freshlayer.cli.options import Options, ours

if TYPE_CHECKING:
    from freshlayer.cli.locked_files import Files
    from freshlayer.model.lock import Lock
    from freshlayer.workflows.lock_targets import LockTarget
    from freshlayer.workflows.session import Session

FORMATS = ("text", "json", "markdown")
"""Of the commands of the lock file."""


no_download = declared.option(
    "--no-download", is_flag=True, help="download no body only to lock its SHA-256 as well"
)


@declared.command(
    "lock",
    short_help="write freshlayer.lock: what each remote input is now",
    epilog="\b\nExamples:"
    "\n  freshlayer lock"
    "\n  freshlayer lock --recursive --platform linux/amd64,linux/arm64 ."
    "\n  freshlayer lock -f web/Dockerfile --build-arg VERSION=2 .",
)
@shared
@declared.option("--recursive", is_flag=True, help="every Dockerfile below CONTEXT that git does not ignore")
@no_download
@declared.option(
    "--pin-packages/--no-pin-packages",
    default=None,
    help="whether --locked has apt install the locked versions; kept in the file",
)
@ours("lock", formats=FORMATS)
def command(
    options: Options,
    contexts: tuple[str, ...],
    selection: Selection,
    recursive: bool,
    no_download: bool,
    pin_packages: bool | None,
) -> int:
    """Write what is missing to freshlayer.lock, and remove what no Dockerfile names any more.

    What is locked already stays as it is ('freshlayer update' moves it). The file is in the root of the git
    repository, or is the one that --identities names; commit it. All stages are locked, unless --target
    names one. The body of a URL is downloaded once, so that its SHA-256 is in the file too.
    Platforms, build args, network and --pin-packages that were named once are kept in the file.

    With --pin-packages, a build with --locked has apt, and dnf with its plugin versionlock, install the
    locked versions while their repositories have them. Of others, locked versions are only compared.

    Exit code 0: it is written, or was in step; 2: trouble.
    """
    from freshlayer.cli.lock_run import locking, write_report
    from freshlayer.decisions.lock_changes import changes, counts_of
    from freshlayer.model.lock_report import LockReport

    with locking(options, contexts, selection, recursive=recursive) as (files, session):
        now = _written(files, session, pin_packages, downloads=not no_download)
    found = LockReport(str(files.path), counts_of(now), tuple(changes(files.lock, now)))
    write_report(options, found, "freshlayer lock")
    return DONE


def _written(files: Files, session: Session, pin: bool | None, *, downloads: bool) -> Lock:
    from freshlayer.lock import change_lock
    from freshlayer.workflows.lock import as_now, observe, parts_of
    from freshlayer.workflows.lock_bodies import with_bodies
    from freshlayer.workflows.package_pins import unpinnable
    from freshlayer.workflows.received import with_digests

    targets = [_with_pins(it, pin) for it in files.targets]
    observed = list(observe(targets, session, lambda _: False))
    parts = with_digests(parts_of(observed, session), observed, session)
    if downloads:
        parts = with_bodies(parts, files.lock, observed, session)
    now = change_lock(files.path, lambda before: as_now(before, parts, files.path, keep=True))
    for warning in unpinnable(now):
        session.warn(f"{files.path}: {warning}")
    return now


def _with_pins(target: LockTarget, pin: bool | None) -> LockTarget:
    return target if pin is None else replace(target, described=replace(target.described, pin_packages=pin))
