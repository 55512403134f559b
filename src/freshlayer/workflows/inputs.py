"""Analyse: what a Dockerfile reads from elsewhere. It loads neither builders nor the probe.

What the last check or build learned of scripts and base images counts, where ``recall`` has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from freshlayer.context import Source
from freshlayer.discover.analysis import NOTHING_LEARNED, Analysis, BuildRequest, Learned
from freshlayer.discover.base_changes import changes
from freshlayer.discover.package_inputs import PackagesNamed
from freshlayer.discover.package_policy import under_policy
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.report import Report
from freshlayer.workflows.target import Target, report_of

if TYPE_CHECKING:
    from freshlayer.model.build import InstructionVerdict

Recall = Callable[[Analysis], Learned]
"""What the last check or build learned of what an analysis wants."""

_MOST_ROUNDS = 4


def inputs(
    source: Source,
    request: BuildRequest,
    recall: Recall | None = None,
    packages: Mapping[str, PackagePolicy] | None = None,
    *,
    planned: bool = True,
) -> Report:
    """What a Dockerfile reads from elsewhere; no network. ``packages``: the policy of each manager.

    ``planned``: whether the report has the instructions.
    """
    target = Target.of(source, request)
    before = NOTHING_LEARNED
    for _ in range(_MOST_ROUNDS if recall else 0):
        last = recall(target.analysis) if recall else before
        if not last.scripts and not changes(target.analysis, before.bases, last.bases):
            break
        before = Learned({**before.scripts, **last.scripts}, last.bases)
        target = Target.of(source, request, before)
    found = under_policy(target.analysis, packages or {})
    return _with_packages(report_of(target, found, _instructions(found) if planned else ()), found)


def _instructions(found: Analysis) -> tuple[InstructionVerdict, ...]:
    from freshlayer.decisions.plan import Known, plan  # noqa: PLC0415 - of the formats that have them

    return plan(found.dockerfile, found.stages, found.parents, Known({}, {}))


def _with_packages(report: Report, found: Analysis) -> Report:
    """With the packages that commands name."""
    named = PackagesNamed(found.package_chains, found.stages)
    missed = (*report.not_watched, *named.missed)
    return replace(report, inputs=(*report.inputs, *named.inputs), not_watched=missed)
