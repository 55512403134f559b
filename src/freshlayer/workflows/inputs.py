"""Analyse: what a Dockerfile reads from elsewhere. It loads neither builders nor the probe.

The state is loaded where the Dockerfile executes a script that it downloads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from freshlayer.context import Source
from freshlayer.decisions import plan as planning
from freshlayer.discover.analysis import Analysis, BuildRequest, Learned
from freshlayer.discover.package_inputs import PackagesNamed
from freshlayer.discover.package_policy import under_policy
from freshlayer.model.downloaded_scripts import ScriptText, ScriptTexts
from freshlayer.model.packages import PackagePolicy
from freshlayer.model.report import Report
from freshlayer.reference import Reference
from freshlayer.workflows.target import Target, report_of

Recall = Callable[[Sequence[Reference]], ScriptTexts]
"""What is known of scripts from the last check or build."""

_MOST_ROUNDS = 4


def inputs(
    source: Source,
    request: BuildRequest,
    recall: Recall | None = None,
    packages: Mapping[str, PackagePolicy] | None = None,
) -> Report:
    """What a Dockerfile reads from elsewhere; no network. ``packages``: the policy of each manager."""
    target = Target.of(source, request)
    known: dict[str, ScriptText] = {}
    for _ in range(_MOST_ROUNDS):
        scripts = target.analysis.discovery.scripts
        last = recall(scripts) if recall and scripts else {}
        if not last:
            break
        known |= last
        target = Target.of(source, request, Learned(known))
    found = under_policy(target.analysis, packages or {})
    instructions = planning.plan(found.dockerfile, found.stages, found.parents, planning.Known({}, {}))
    return _with_packages(report_of(target, found, instructions), found)


def _with_packages(report: Report, found: Analysis) -> Report:
    """With the packages that commands name."""
    named = PackagesNamed(found.package_chains, found.stages)
    missed = (*report.not_watched, *named.missed)
    return replace(report, inputs=(*report.inputs, *named.inputs), not_watched=missed)
