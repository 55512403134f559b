"""check, then the derived Dockerfile for a builder that something else runs."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from freshlayer.builders.added_checksums import of_buildkit
from freshlayer.builders.image_store import name_of
from freshlayer.context import Source
from freshlayer.context.dockerignore import ignore_file, is_sent, read_rules
from freshlayer.decisions.key import values
from freshlayer.dockerfile.inject import Mechanism, mechanism_under
from freshlayer.dockerfile.syntax import syntax_image
from freshlayer.errors import FreshlayerError
from freshlayer.files.atomic_write import replace as write
from freshlayer.files.bounded_read import holds
from freshlayer.model.report import Report
from freshlayer.report.terminal import warn
from freshlayer.workflows.added_checksums import checksums_of
from freshlayer.workflows.check import check_one
from freshlayer.workflows.derived_files import derived
from freshlayer.workflows.identities import keep_identities
from freshlayer.workflows.pins import pins_of, unpinned
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target
from freshlayer.workflows.unprobed import warn_of_unprobed


def content_of(target: Target, report: Report, form: str, mechanism: str | None, session: Session) -> bytes:
    """What ``render --format`` writes: a Dockerfile with keys, keys as build args, or a template."""
    source = target.source
    if form == "dockerfile":
        known = mechanism_under(syntax_image(source.text))
        pins = pins_of(target, report, session)
        for use in unpinned(target, report, pins, session):
            place = f"{report.dockerfile}:{use.line}: {name_of(use.reference)}"
            session.warn(
                f"{place}: not pinned: its registry gave no digest, so the build takes the image that the "
                "tag names at that time (render again when the registry answers, or name it by digest)"
            )
        chosen = Mechanism(mechanism) if mechanism else known
        checksums = checksums_of(target, report, session, partial(of_buildkit, daemon=""))
        return derived(source, report, chosen, pins, checksums)
    from freshlayer.dockerfile import key_args as arguments  # noqa: PLC0415 - no build needs it

    parsed = target.analysis.dockerfile
    if form == "args":
        return _args(arguments.declared(parsed), report)
    lines = [item.line for item in report.instructions if item.key]
    return arguments.declare(source.text, parsed, lines).encode("utf-8", "surrogateescape")


def _args(names: dict[int, str], report: Report) -> bytes:

    without = [item.line for item in report.instructions if item.key and item.line not in names]
    for line in without:
        warn(
            f"{report.dockerfile}:{line}: no ARG FRESHLAYER… is above this RUN, so no builder hears of "
            "its key (freshlayer render --format template writes one)"
        )
    found = values(names, report.instructions)
    return "".join(f"{name}={key}\n" for name, key in found.items()).encode()


def write_output(output: str | None, content: bytes) -> bool:
    """Whether anything changed there."""
    if output is None:
        sys.stdout.buffer.write(content)
        return True
    path = Path(output)
    try:
        if holds(path, content):
            return False
        write(path, content)
    except OSError as error:
        raise FreshlayerError(f"{output}: can't be written: {error.strerror}") from None
    return True


def keep_ignore_file(source: Source, output: str | None) -> None:
    """``Dockerfile.dockerignore`` is found by the Dockerfile's name, so another name needs another file."""
    beside = ignore_file(source.path) if source.path else None
    rules = read_rules(beside) if beside else None
    if rules is None:
        return
    if output is None:
        warn(f"{beside}: builders look for it by the Dockerfile's name: put a copy beside the new one")
        return
    path = Path(f"{output}.dockerignore")
    if path.is_symlink():
        # The user named the Dockerfile alone: a link of the checkout may lead this name anywhere.
        raise FreshlayerError(f"{path}: is a link, so nothing is written to it (remove it)")
    write_output(str(path), rules.encode("utf-8", "surrogateescape"))


def warn_of_copies(source: Source, output: Path) -> None:
    """A file that changes with the world, in a context that is copied whole, has the copy run again."""
    from freshlayer.dockerfile.parse import parse  # noqa: PLC0415 - where a file is written beside the context

    stages = parse(source.text).stages
    copies = [i for stage in stages for i in stage.instructions if i.name in {"ADD", "COPY"}]
    if any(not i.flag("from") for i in copies) and is_sent(source.context, source.path, output):
        warn(
            f"{output}: is in the build context, where a COPY may take it in and run with each change; "
            "name it in .dockerignore, or write it elsewhere"
        )


def render(target: Target, session: Session) -> Report:
    """``check`` for a builder that is not run from here: warnings are printed, and identities written."""
    session = session.one_run()
    report = check_one(target, session)
    if session.must_match:
        from freshlayer.workflows.as_locked import check_as_locked  # noqa: PLC0415 - with --locked alone
        from freshlayer.workflows.package_pins import warn_of_unpinned  # noqa: PLC0415 - the same

        warn_of_unpinned(target, report, session)
        check_as_locked({"": target}, {"": report}, session)
    warn_of_unprobed(report, session)
    keep_identities([(target, report)], session)
    return report
