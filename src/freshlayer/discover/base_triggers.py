"""What ONBUILD triggers read right behind a FROM: no builder lets a key take part in them."""

from __future__ import annotations

from collections.abc import Iterable

from freshlayer.discover.syntaxes.found import Finding, Missed
from freshlayer.dockerfile.model import Instruction
from freshlayer.model.reasons import Reason
from freshlayer.reference import shown

_LONGEST_SHOWN = 60


def not_watched_there(
    trigger: Instruction, found: Iterable[tuple[str, Finding]]
) -> list[tuple[str, Finding]]:
    """The same findings as what is not watched, with the trigger that reads them."""
    detail = f"the trigger 'ONBUILD {shown(trigger.text, _LONGEST_SHOWN)}' of the base reads it"
    return [(via, _listed(finding, Reason("trigger-of-base", detail=detail))) for via, finding in found]


def _listed(finding: Finding, reason: Reason) -> Missed:
    if isinstance(finding, Missed):
        return finding
    return Missed(finding.text, reason, place=finding.place)
