"""Analyse: what a Dockerfile reads from elsewhere. It loads neither builders nor the state nor the probe."""

from __future__ import annotations

from freshlayer.context import Source
from freshlayer.decisions import plan as planning
from freshlayer.discover.analysis import BuildRequest
from freshlayer.model.report import Report
from freshlayer.workflows.target import Target, report_of


def inputs(source: Source, request: BuildRequest) -> Report:
    """What a Dockerfile reads from elsewhere; no network, no state."""
    target = Target.of(source, request)
    found = target.analysis
    instructions = planning.plan(found.dockerfile, found.stages, found.parents, planning.Known({}, {}))
    return report_of(target, found, instructions)
