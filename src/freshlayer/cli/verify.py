"""``freshlayer verify``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from freshlayer.cli import declared
from freshlayer.cli.dockerfiles import Selection, shared_or_none
from freshlayer.cli.exit_codes import DIFFERENT, DONE, TROUBLE
from freshlayer.cli.lock import FORMATS
from freshlayer.cli.options import Options, ours
from freshlayer.errors import OptionError

if TYPE_CHECKING:
    from freshlayer.model.lock_report import LockReport


@declared.command(
    "verify",
    short_help="freshlayer.lock against the Dockerfiles and the world",
    epilog="\b\nExamples:"
    "\n  freshlayer verify"
    "\n  freshlayer verify --offline"
    "\n  freshlayer verify --content"
    "\n  freshlayer verify --strict --format markdown"
    "\n  freshlayer verify --image registry.example.org/app:1",
)
@shared_or_none
@declared.option("--recursive", is_flag=True, help="every Dockerfile below CONTEXT that git does not ignore")
@declared.option("--strict", is_flag=True, help="what no entry covers counts as a difference")
@declared.option("--content", is_flag=True, help="download what has a locked SHA-256, and compare the bytes")
@declared.option("--image", metavar="IMAGE", help="an image against the lock file, by its provenance")
@ours("verify", formats=FORMATS)
def command(
    options: Options,
    contexts: tuple[str, ...],
    selection: Selection,
    recursive: bool,
    strict: bool,
    content: bool,
    image: str | None,
) -> int:
    """Compare freshlayer.lock with the Dockerfiles that it names, and with what their origins state now.

    --offline compares with the Dockerfiles alone and requests nothing. A Dockerfile that is in step has the
    inputs of the lock file, and no others; an origin is in step where it states the locked identity. What
    that proves depends on the strength of each entry.

    --content also downloads each URL whose SHA-256 is locked, up to download_up_to bytes, and compares.

    --image compares with the provenance of an image, which names the keys that its instructions were built
    with: a name in a registry, a directory in the OCI image layout, an archive of docker save, or
    docker-daemon:NAME for an image that docker has built.

    Exit code 0: as locked; 1: something differs, or is not covered with --strict; 2: an origin gave no
    answer, or other trouble.
    """
    from freshlayer.cli.lock_run import write_report

    if options.offline and strict:
        raise OptionError("--strict: does not act with --offline")
    if content and (options.offline or image is not None):
        raise OptionError("--content: does not act with --offline and --image")
    if image is not None:
        from freshlayer.cli.verify_image import verify_image

        return verify_image(options, image, contexts, selection, recursive=recursive)
    found = _offline(options, contexts, selection, recursive) if options.offline else None
    found = found or _online(options, contexts, selection, recursive, content=content)
    write_report(options, found, "freshlayer verify")
    return exit_code(found, strict=strict)


def exit_code(report: LockReport, *, strict: bool = False) -> int:
    """1 where something is known to differ; 2 where that is not known."""
    from freshlayer.model.lock_report import LockChangeKind

    unknown = [it for it in report.changes if it.kind is LockChangeKind.UNKNOWN]
    if len(unknown) < len(report.changes) or (strict and report.counts.uncovered):
        return DIFFERENT
    return TROUBLE if unknown else DONE


def _offline(
    options: Options, contexts: tuple[str, ...], selection: Selection, recursive: bool
) -> LockReport:
    from freshlayer.cli.chosen_settings import policy_of
    from freshlayer.cli.locked_files import files_of
    from freshlayer.decisions.lock_changes import counts_of
    from freshlayer.model.lock_report import LockReport
    from freshlayer.workflows.lock_offline import offline_differences

    files = files_of(options, contexts, selection, recursive=recursive, locked=True)
    found = offline_differences(
        files.lock, files.targets, lambda it: policy_of(options, it.target.source).packages
    )
    return LockReport(str(files.path), counts_of(files.lock), tuple(found))


def _online(
    options: Options, contexts: tuple[str, ...], selection: Selection, recursive: bool, *, content: bool
) -> LockReport:
    from freshlayer.cli.lock_run import locking
    from freshlayer.decisions.lock_changes import counts_of
    from freshlayer.dockerfile.syntax import knows_run_mount
    from freshlayer.model.lock_report import LockReport
    from freshlayer.workflows.lock import differences, observe
    from freshlayer.workflows.lock_bodies import Compared, compared_bodies
    from freshlayer.workflows.lock_offline import offline_differences

    with locking(options, contexts, selection, recursive=recursive, locked=True) as (files, session):
        named = offline_differences(files.lock, files.targets, lambda _: session.policy.packages)
        # What a locked build would install where its builder mounts files.
        observed = list(observe(files.targets, replace(session, supplies_secrets=knows_run_mount)))
        found = differences(files.lock, observed, session)
        bodies = compared_bodies(files.lock, observed, session) if content else Compared()
    known = {(it.kind, it.subject, it.platform) for it in found}
    more = [it for it in named if (it.kind, it.subject, it.platform) not in known]
    changes = (*found, *more, *bodies.changes)
    return LockReport(str(files.path), counts_of(files.lock), changes, bodies.hashed)
