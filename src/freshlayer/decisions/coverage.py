"""How many of the RUNs that reach the network are covered. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from freshlayer.model.inputs import NotWatched, RemoteInput
from freshlayer.model.report import Coverage, Report


def report_coverage(report: Report) -> Coverage:
    """That of a report."""
    lines = [item.line for item in report.package_lines]
    return coverage_of(report.inputs, report.not_watched, report.covered, lines)


def coverage_of(
    inputs: Iterable[RemoteInput],
    not_watched: Iterable[NotWatched],
    covered: Iterable[NotWatched] = (),
    installs: Iterable[int] = (),
) -> Coverage:
    """The RUNs of which something is known to be read from the network, by their lines.

    One is covered where each input is watched, names its own bytes, is decided by another that is watched, or
    where the Dockerfile accepts it (``NotWatched.accepted``). ``installs``: lines of package commands.
    """
    missed = [item for item in not_watched if item.instruction == "RUN" and not item.warns]
    places = [place for item in inputs for place in item.places if place.instruction == "RUN"]
    reached = {place.line for place in places if not place.resolved_by_builder}
    reached |= {item.line for item in missed} | {item.line for item in covered if item.instruction == "RUN"}
    reached |= set(installs)
    uncovered = {item.line for item in missed if not item.accepted}
    return Coverage(len(reached), len(reached - uncovered))
