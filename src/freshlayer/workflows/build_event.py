"""What the history keeps of a build."""

from __future__ import annotations

from freshlayer.model.build import InstructionVerdict
from freshlayer.model.history import BuildEvent, InstructionEvent
from freshlayer.model.report import Report
from freshlayer.state import Scope


def build_event(scope: Scope, report: Report, *, at: int, moved: bool) -> BuildEvent:
    """``moved``: whether an input changed while the builder ran. A build that failed took up nothing."""
    result = "failed" if report.exit_code else ("inputs-changed" if moved else "built")
    taken = {pair for item in report.instructions if _took_up(item) for pair in item.pairs}
    return BuildEvent(
        scope.dockerfile,
        scope.platform,
        scope.builder,
        scope.engine,
        at,
        result,
        tuple(_instruction(item) for item in report.instructions),
        tuple(sorted(taken - _pairs_before(report))) if result == "built" else (),
    )


def _took_up(item: InstructionVerdict) -> bool:
    return item.changed and not item.is_random


def _pairs_before(report: Report) -> set[tuple[str, str]]:
    """What instructions were built with before: of several inputs of one, only those that changed count."""
    return {pair for built in report.past.built.values() for pair in built.pairs}


def _instruction(item: InstructionVerdict) -> InstructionEvent:
    outcome = item.outcome
    ended = "unknown" if outcome is None else ("cached" if outcome.cached else "ran")
    cause = (outcome.because if outcome else None) or item.reason
    return InstructionEvent(
        item.stage,
        item.line,
        item.digest,
        ended,
        outcome.seconds if outcome else None,
        outcome.saved if outcome else None,
        item.key,
        cause.code,
    )
