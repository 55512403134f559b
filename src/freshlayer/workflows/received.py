"""What the builder states in its ``--metadata-file``: the digests of what the build received.

They are recorded with the observations of the build, and go into the lock file from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from freshlayer.builders.invocation import Invocation
from freshlayer.decisions import received
from freshlayer.files.bounded_read import read_file
from freshlayer.model.report import Report
from freshlayer.workflows.session import Session

if TYPE_CHECKING:
    from freshlayer.model.lock import Lock, LockedInput
    from freshlayer.workflows.lock import Observed


def with_received(reports: Mapping[str, Report], invocation: Invocation) -> dict[str, Report]:
    """The reports, with the digests in the file that the user wants of a build that succeeded.

    A file that can't be read, or states nothing, changes nothing: it is the user's, and no key depends on it.
    """
    if not invocation.metadata_file or any(it.exit_code for it in reports.values()):
        return dict(reports)
    from freshlayer.lock.provenance import LARGEST, of_metadata_file  # noqa: PLC0415 - few builds write one

    try:
        body = read_file(invocation.metadata_file, LARGEST)
    except OSError:
        return dict(reports)
    stated = [(it.uri, it.sha256) for one in of_metadata_file(body) for it in one.materials]
    digests = received.only_digests(stated)
    return {name: _with(report, digests) for name, report in reports.items()} if digests else dict(reports)


def _with(report: Report, digests: Mapping[str, str]) -> Report:
    starts = [it.line for it in report.instructions]
    plain = received.of_the_file(report.inputs, starts, report.lines())
    known = {url: digest for url, digest in digests.items() if url in plain}
    return replace(report, verdicts=received.with_received(report.verdicts, known))


def with_digests(parts: Sequence[Lock], observed: Sequence[Observed], session: Session) -> list[Lock]:
    """The parts of a lock file, with the digests of what builds of this machine received."""
    lacking = {item.reference for part in parts for item in part.inputs if not item.sha256}
    references = {
        it.text: it
        for one in observed
        for it in one.report.verdicts
        if it.kind == "http" and it.text in lacking
    }
    if not references or session.of_builds is None:
        return list(parts)
    known = session.of_builds.observations(references.values())

    def completed(item: LockedInput) -> LockedInput:
        recorded = known.get(references[item.reference]) if item.reference in references else None
        return replace(item, sha256=item.sha256 or received.digest_of(item, recorded))

    return [replace(part, inputs=tuple(map(completed, part.inputs))) for part in parts]
