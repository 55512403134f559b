"""Reports as JSON documents, version 1. Their schemas are in ``docs/schema``."""

from __future__ import annotations

from typing import Any

from msgspec.structs import asdict

from freshlayer.decisions.coverage import report_coverage
from freshlayer.model.build import InstructionVerdict, StepOutcome
from freshlayer.model.evidence import Evidence, Strength
from freshlayer.model.inputs import NotWatched, RemoteInput, ScriptPlace
from freshlayer.model.observation import Observation, Verdict
from freshlayer.model.report import Report
from freshlayer.report import packages

VERSION = 1
Document = dict[str, Any]


def of_check(report: Report) -> Document:
    """The document of ``build --report`` and ``check --json``."""
    return {
        **_head(report),
        "inputs": [_input(item) | _verdict(report.verdicts[item.reference]) for item in report.inputs],
        "instructions": [_instruction(item) | _state(item) for item in report.instructions],
        "not_watched": [_not_watched(item) for item in report.not_watched],
        "covered": [_covered(item) for item in report.covered if item.covered_by],
        "locked": [_locked(item) for item in report.covered if item.is_locked],
        "coverage": _coverage(report),
        "advice": [asdict(item) for item in report.advice],
        "moved": [reason.document for reason in report.moved],
        "builder": {"name": report.builder or None, "exit_code": report.exit_code},
    }


def of_inputs(report: Report) -> Document:
    """The document of ``inputs --json``: the same without verdicts, states and keys."""
    return {
        **_head(report),
        "inputs": [_input(item) for item in report.inputs],
        "instructions": [_instruction(item) for item in report.instructions],
        "not_watched": [_not_watched(item) for item in report.not_watched],
        "covered": [_covered(item) for item in report.covered if item.covered_by],
        "locked": [_locked(item) for item in report.covered if item.is_locked],
        "coverage": _coverage(report),
        "advice": [asdict(item) for item in report.advice],
    }


def of_probe(results: list[tuple[Observation, Verdict]]) -> Document:
    """The document of ``probe --json``."""
    return {
        "version": VERSION,
        "references": [
            {
                "reference": str(verdict.reference),
                "verdict": verdict.change,
                "reason": verdict.reason.document,
                "identity": str(verdict.identity) if verdict.identity else None,
                "strength": verdict.identity.strength if verdict.identity else Strength.NONE,
                "evidence": [_evidence(item, _guesses(verdict)) for item in observation.evidence],
            }
            for observation, verdict in results
        ],
    }


def _head(report: Report) -> Document:
    return {
        "version": VERSION,
        "dockerfile": report.dockerfile,
        "target": report.target or None,
        "platform": report.platform,
    }


def _input(item: RemoteInput) -> Document:
    return {
        "reference": str(item.reference),
        "kind": item.reference.kind,
        "places": [asdict(place) | _script(place.script) for place in item.places],
    }


def _not_watched(item: NotWatched) -> Document:
    known = {name: value for name, value in asdict(item).items() if name not in {"covered_by", "locked_by"}}
    return known | {"reason": item.reason.document} | _script(item.script)


def _locked(item: NotWatched) -> Document:
    return {
        "line": item.line,
        "instruction": item.instruction,
        "text": item.text,
        "file": item.locked_by or None,
        "reason": item.reason.document,
    }


def _covered(item: NotWatched) -> Document:
    return {"line": item.line, "instruction": item.instruction, "text": item.text, "by": item.covered_by}


def _coverage(report: Report) -> Document:
    return asdict(report_coverage(report))


def _script(place: ScriptPlace | None) -> Document:
    return {"script": asdict(place) if place else None}


def _verdict(verdict: Verdict) -> Document:
    return {
        "verdict": verdict.change,
        "certainty": verdict.certainty,
        "reason": verdict.reason.document,
        "identity": str(verdict.identity) if verdict.identity else None,
        "strength": verdict.identity.strength if verdict.identity else Strength.NONE,
    }


def _instruction(item: InstructionVerdict) -> Document:
    return {
        "line": item.line,
        "end_line": item.end_line,
        "stage": item.stage,
        "instruction": item.instruction,
    }


def _state(item: InstructionVerdict) -> Document:
    known = {
        "state": item.state,
        "reason": item.reason.document,
        "key": item.key or None,
        "edited": item.edited,
        "packages": [packages.document(it) for it in item.packages],
    }
    return {**known, **_outcome(item.outcome)}


def _outcome(outcome: StepOutcome | None) -> Document:
    """Only what is known."""
    if outcome is None:
        return {}
    known = {
        "seconds": outcome.seconds,
        "saved": outcome.saved,
        "because": outcome.because.document if outcome.because else None,
    }
    return {"cached": outcome.cached, **{name: value for name, value in known.items() if value is not None}}


def _guesses(verdict: Verdict) -> frozenset[tuple[str, str]]:
    """(scheme, value) of what belongs only probably to the bytes of the identity."""
    kept = verdict.keep.evidence if verdict.keep else ()
    return frozenset((item.scheme, item.value) for item in kept if item.guessed)


def _evidence(item: Evidence, guesses: frozenset[tuple[str, str]]) -> Document:
    return {
        "scheme": item.scheme,
        "value": item.value,
        "strength": item.strength,
        "hop": item.hop,
        "ignored": item.ignored.document if item.ignored else None,
        "guessed": item.guessed or (item.scheme, item.value) in guesses,
    }
