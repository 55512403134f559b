"""Analyse: what a Dockerfile reads from elsewhere. It loads neither builders nor the probe.

The state is loaded where the Dockerfile executes a script that it downloads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from freshlayer.context import Source
from freshlayer.decisions import plan as planning
from freshlayer.discover.analysis import BuildRequest
from freshlayer.model.downloaded_scripts import ScriptText, ScriptTexts
from freshlayer.model.report import Report
from freshlayer.reference import Reference
from freshlayer.workflows.target import Target, report_of

Recall = Callable[[Sequence[Reference]], ScriptTexts]
"""What is known of scripts from the last check or build."""

_MOST_ROUNDS = 4


def inputs(source: Source, request: BuildRequest, recall: Recall | None = None) -> Report:
    """What a Dockerfile reads from elsewhere; no network."""
    target = Target.of(source, request)
    known: dict[str, ScriptText] = {}
    for _ in range(_MOST_ROUNDS):
        scripts = target.analysis.discovery.scripts
        last = recall(scripts) if recall and scripts else {}
        if not last:
            break
        known |= last
        target = Target.of(source, request, known)
    found = target.analysis
    instructions = planning.plan(found.dockerfile, found.stages, found.parents, planning.Known({}, {}))
    return report_of(target, found, instructions)
