"""Every reason: what its code means, and what to do. Pure."""

from __future__ import annotations

from freshlayer.model.reasons_not_watched import NOT_WATCHED
from freshlayer.model.reasons_of_bases import BASES
from freshlayer.model.reasons_of_builds import BUILDS
from freshlayer.model.reasons_of_evidence import EVIDENCE
from freshlayer.model.reasons_of_packages import PACKAGES
from freshlayer.model.reasons_of_probes import PROBES

REASONS: dict[str, tuple[str, str]] = {**PROBES, **EVIDENCE, **BUILDS, **BASES, **NOT_WATCHED, **PACKAGES}
"""Code → what it means, what to do. Both are clauses: no capital at the start, no full stop."""


def entry(code: str) -> str:
    """The entry of a code in plain text."""
    meaning, hint = REASONS[code]
    return f"{code}: {meaning}.\nWhat to do: {hint}.\n"


def reference_page() -> str:
    """``docs/reasons.md``: a heading for each code."""
    lines = [
        "# Reasons",
        "",
        "Every decision of freshlayer has a reason with a stable code, which is also in the JSON reports.",
        "`freshlayer explain CODE` prints an entry of this page, `freshlayer explain` prints all of it.",
    ]
    for code, (meaning, hint) in sorted(REASONS.items()):
        lines += ["", f"## {code}", "", _sentence(meaning), "", f"What to do: {hint}."]
    return "\n".join([*lines, ""])


def _sentence(clause: str) -> str:
    return f"{clause[0].upper()}{clause[1:]}."
