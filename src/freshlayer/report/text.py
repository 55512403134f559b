"""Reports as lines of text. A line is (style, text); where there is no colour the style is dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from freshlayer.model.build import InstructionState, InstructionVerdict, StepOutcome
from freshlayer.model.inputs import SYNTAX, ScriptPlace
from freshlayer.model.reasons import with_hint
from freshlayer.model.report import Report
from freshlayer.reference import shown

if TYPE_CHECKING:
    from freshlayer.model.observation import Observation, Verdict
    from freshlayer.model.packages import PackageVerdict

Line = tuple[str, str]
Scripts = Mapping[tuple[str, int], ScriptPlace | None]
"""Reference, line of the instruction → where a script names it first."""

_MOST = 4
_MOST_NAMES = 2
_LONGEST_NAME = 40
_MINUTE = 60
_STYLES = {
    InstructionState.STALE: "yellow",
    InstructionState.FRESH: "green",
    InstructionState.UNKNOWN: "magenta",
}


def build_lines(report: Report) -> Iterator[Line]:
    """What happened, in about five lines, the last of which sums it up; of a build that failed, one."""
    if report.exit_code:
        yield "red", _failed(report)
        return
    watched = [item for item in report.instructions if is_own(item)]
    stale = [item for item in watched if item.state is InstructionState.STALE]
    if not watched:
        yield "dim", f"{report.dockerfile}: no instruction reads anything that freshlayer can watch"
    else:
        yield "bold", f"{report.dockerfile}: {_count(len(stale), len(watched))} ({report.builder})"
    scripts = scripts_of(report)
    yield from _some([stated(report, item, scripts) for item in stale])
    yield from _frontends(report)
    yield from _news(report)
    for moved in report.moved:
        yield "red", f"  changed while the builder ran: {moved}; the layer may hold either version"
    if report.moved:
        yield "red", "  this build was not recorded; build once more"
    yield from _warnings(report)
    yield from _some(list(_not_watched(report)))
    yield from _summary(report)


def _failed(report: Report) -> str:
    moved = f"; changed while the builder ran: {'; '.join(map(str, report.moved))}" if report.moved else ""
    ended = f"the builder ended with {report.exit_code}; this build was not recorded"
    return f"{report.dockerfile}: {ended}{moved}"


def check_lines(report: Report, *, every: bool = False) -> Iterator[Line]:
    """Every instruction with remote inputs, and what follows a stale one.

    ``every``: with a line for each instruction that follows, not only their number.
    """
    listed = [item for item in report.instructions if item.pairs or item.state is not InstructionState.FRESH]
    states = [item.state for item in listed if is_own(item)]
    if states:
        number = _count(states.count(InstructionState.STALE), len(states), now=True)
        yield "bold", f"{report.dockerfile}: {number}{_besides(report)}"
    else:
        nothing = "no instruction reads anything that freshlayer can watch"
        yield "dim", f"{report.dockerfile}: {nothing}{_besides(report)}"
    scripts = scripts_of(report)
    if every:
        yield from (stated(report, item, scripts) for item in listed)
    else:
        yield from _collapsed(report, listed, scripts)
    yield from _edits(report)
    yield from _frontends(report)
    for verdict in report.unobserved:
        yield "magenta", f"  {verdict.change}: {with_hint(verdict.explanation)}"
    yield from _unknown_packages(report)
    yield from _warnings(report)
    yield from _not_watched(report, every=every)
    yield from advice_lines(report)


def _edits(report: Report) -> Iterator[Line]:
    """Instructions whose text changed; their inputs may be what they were."""
    edited = [it for it in report.instructions if it.edited and not (it.changed and it.pairs)]
    for item in edited[:_MOST]:
        yield "cyan", f"  {report.dockerfile}:{item.line} {item.instruction} edited since the last build"
    if len(edited) > _MOST:
        yield "cyan", f"  and {len(edited) - _MOST} more edited since the last build"


def _frontends(report: Report) -> Iterator[Line]:
    """No instruction is stale for it."""
    from freshlayer.decisions.frontend import moved_frontends  # noqa: PLC0415 - of a build

    for place, verdict in moved_frontends(report):
        yield "cyan", f"  {report.dockerfile}:{place.line} {SYNTAX} changed: {verdict.explanation}"


def _besides(report: Report) -> str:
    """``; 1 input is unknown, 2 are absent, 3 not watched``: what the number of stale ones leaves out."""
    counts = Counter(str(verdict.change) for verdict in report.unobserved)
    counts["unknown"] += len(report.unreachable)
    counts["not watched"] = sum(not item.warns for item in report.not_watched)
    found = [f"{counts[what]} {what}" for what in ("unknown", "absent", "not watched") if counts[what]]
    return f"; {', '.join(found)}" if found else ""


def _unknown_packages(report: Report) -> Iterator[Line]:
    if report.unreachable_apart:
        from freshlayer.report.packages import unknown_lines  # noqa: PLC0415 - where packages are not known

        yield from unknown_lines(report)


def _collapsed(report: Report, items: list[InstructionVerdict], scripts: Scripts) -> Iterator[Line]:
    """One line for each instruction with an own finding; those that only follow one are counted."""
    following = 0
    for item in items:
        if only_follows(item):
            following += 1
            continue
        if following:
            yield _after(following)
            following = 0
        yield stated(report, item, scripts)
    if following:
        yield _after(following)


def _after(count: int) -> Line:
    return "dim", f"  and {count} {'instruction' if count == 1 else 'instructions'} after it"


def is_own(item: InstructionVerdict) -> bool:
    """Whether an instruction has a finding of its own: inputs, or a key that was taken away."""
    return bool(item.pairs) or item.changed


def only_follows(item: InstructionVerdict) -> bool:
    """Whether nothing but an instruction before it decides: no input of its own, no other stage."""
    return not (item.pairs or item.changed) and (item.state is InstructionState.STALE or not item.sources)


def place_of(report: Report, line: int, script: ScriptPlace | None) -> str:
    """``Dockerfile:7``, or ``Dockerfile:7 via scripts/install.sh:12``."""
    return f"{report.dockerfile}:{line}{via(script)}"


def via(script: ScriptPlace | None) -> str:
    """`` via scripts/install.sh:12``; empty outside of scripts."""
    return f" via {shown(str(script))}" if script else ""


def probe_lines(results: list[tuple[Observation, Verdict]]) -> Iterator[Line]:
    """The evidence of each reference, strongest first, and the identity drawn from it."""
    for observation, verdict in results:
        reason = verdict.reason if verdict.is_observed else with_hint(verdict.reason)
        yield "bold", str(verdict.reference)
        yield "", f"  {verdict.change} ({verdict.certainty}): {reason}"
        for item in observation.evidence:
            ignored = f"  ignored: {item.ignored}" if item.ignored else ""
            style = "dim" if ignored else ""
            yield style, f"  hop {item.hop}  {item.strength:<9} {item.scheme}:{item.value}{ignored}"
        strength = f" ({verdict.identity.strength})" if verdict.identity else ""
        yield "green" if verdict.identity else "red", f"  identity: {verdict.identity or 'none'}{strength}"


def _news(report: Report) -> Iterator[Line]:
    """Which instructions started to run, and why; nothing where the builder reported nothing."""
    known = [(item, item.outcome) for item in report.instructions if item.outcome]
    yield from _some([_became(report, item, outcome) for item, outcome in known if _is_news(item, outcome)])


def _summary(report: Report) -> Iterator[Line]:
    """``rebuilt 1 of 7 layers (data.csv changed) in 2.1 s, saved about 3 min 40 s``."""
    outcomes = [item.outcome for item in report.instructions if item.outcome]
    if not outcomes:
        return
    from freshlayer.decisions.causes import totals_of  # noqa: PLC0415 - of a build

    totals = totals_of(outcomes)
    every = totals.ran + totals.cached
    verb = "rebuilt" if totals.again or not totals.ran else "built"
    why = f" ({changed})" if totals.ran and (changed := _changed_inputs(report)) else ""
    took = f" in {duration(totals.seconds)}" if totals.seconds else ""
    saved = f", saved about {duration(totals.saved)}" if totals.saved else ""
    layers = "layer" if every == 1 else "layers"
    yield "bold", f"  {verb} {totals.ran} of {every} {layers}{why}{took}{saved}{_unknown(report)}"


def _changed_inputs(report: Report) -> str:
    """``data.csv changed``: the last parts of references whose identity differs from the last build's."""
    names = list(dict.fromkeys(_names(report)))
    others = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f"{', '.join(names[:_MOST_NAMES])}{others} changed" if names else ""


def _names(report: Report) -> Iterator[str]:
    from freshlayer.model.package_references import manager_of  # noqa: PLC0415 - after a build
    from freshlayer.report.packages import names_of  # noqa: PLC0415 - the same

    for item in report.instructions:
        built = report.past.built.get((item.stage, item.digest))
        ran = item.outcome is not None and not item.outcome.cached
        if built is None or not item.changed or not (ran or item.instruction == "FROM"):
            continue
        before = dict(built.pairs)
        yield from (shown(name, _LONGEST_NAME) for name in names_of(item))
        for reference, identity in item.pairs:
            if manager_of(reference):
                continue
            if before.get(reference, identity) != identity:
                yield shown(reference.rstrip("/").rpartition("/")[2], _LONGEST_NAME)


def _is_news(item: InstructionVerdict, outcome: StepOutcome) -> bool:
    """Neither stated by a line before it nor the mere consequence of another."""
    if outcome.cached or not outcome.expected:
        return not outcome.expected
    return (
        (outcome.again or item.edited)
        and outcome.because is not None
        and not (item.changed or outcome.follows)
    )


def _became(report: Report, item: InstructionVerdict, outcome: StepOutcome) -> Line:
    took = f" ({duration(outcome.seconds)})" if outcome.seconds is not None else ""
    what = "was cached" if outcome.cached else f"ran again{took}"
    text = f"  {report.dockerfile}:{item.line} {item.instruction} {what}: {outcome.because}"
    return "yellow" if outcome.expected else "red", text


def _unknown(report: Report) -> str:
    """How many instructions the display did not distinguish."""
    from freshlayer.decisions.match_progress import COUNTED  # noqa: PLC0415 - of a build

    count = sum(item.instruction in COUNTED and item.outcome is None for item in report.instructions)
    return f"; {count} unknown" if count else ""


def duration(seconds: float) -> str:
    """``11.2 s``, ``3 min 40 s``, ``2 h 5 min``."""
    if round(seconds, 1) < _MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    hours, within = divmod(minutes, _MINUTE)
    return f"{hours} h {within} min" if hours else f"{minutes} min {rest} s"


def roughly(seconds: float) -> str:
    """The same of an estimate: whole seconds."""
    return f"{round(seconds)} s" if seconds >= 1 and round(seconds, 1) < _MINUTE else duration(seconds)


def _count(stale: int, watched: int, *, now: bool = False) -> str:
    noun = "instruction" if watched == 1 else "instructions"
    verb = ("is" if now else "was") if stale == 1 or watched == 1 else ("are" if now else "were")
    return f"{stale} of {watched} watched {noun} {verb} stale"


def stated(report: Report, item: InstructionVerdict, scripts: Scripts) -> Line:
    """InstructionState and reason of one instruction, and the script that names the input that changed."""
    where = place_of(report, item.line, scripts.get((item.reason.subject, item.line)))
    held = "".join(_held(verdict) for verdict in item.packages if verdict.held)
    return _STYLES[item.state], f"  {where} {item.instruction} {item.state}: {item.reason}{held}"


def _held(verdict: PackageVerdict) -> str:
    from freshlayer.decisions.packages import held_text  # noqa: PLC0415 - where packages are held

    return f"; {held_text(verdict)}"


def scripts_of(report: Report) -> Scripts:
    """The scripts that name inputs."""
    found: dict[tuple[str, int], ScriptPlace | None] = {}
    for item in report.inputs:
        if any(place.script for place in item.places):
            for place in item.places:
                found.setdefault((str(item.reference), place.line), place.script)
    return found


def _some(lines: list[Line]) -> Iterator[Line]:
    yield from lines[:_MOST]
    if len(lines) > _MOST:
        yield "", f"  … and {len(lines) - _MOST} more"


def advice_lines(report: Report) -> Iterator[Line]:
    """Better orders of instructions."""
    for item in report.advice:
        yield "cyan", f"{report.dockerfile}:{item.line}: advice: {item.text}"


def _warnings(report: Report) -> Iterator[Line]:
    for item in report.not_watched:
        if item.warns:
            yield "yellow", f"  {report.dockerfile}:{item.line} warning: {item.text}: {item.reason}"


def _not_watched(report: Report, *, every: bool = False) -> Iterator[Line]:
    """In full where it is not what it was at the last build; the summary has the number."""
    missed = sorted((it for it in report.not_watched if not it.warns), key=lambda it: it.line)
    known = report.past.not_watched
    if every or not known or any(item.digest not in known for item in missed):
        for item in missed:
            yield "dim", f"  {report.dockerfile}:{item.line} not watched: {item.text}: {item.reason}"
