"""What became of each instruction, why, as far as can be known, and what is remembered of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.decisions.match_progress import COUNTED
from freshlayer.model.build import InstructionVerdict, LastBuild, StepOutcome
from freshlayer.model.progress_event import ProgressEvent
from freshlayer.model.reasons import Reason, about
from freshlayer.model.report import Past

_REPORT_IT = "please report it, with the document that --report FILE writes"
_UNEXPECTED_REBUILD = Reason(
    "unexpected-rebuild",
    detail="unexpected rebuild: all earlier instructions were cached and the key is unchanged, unless the"
    " cache was pruned or a builder option changed",
    hint=_REPORT_IT,
)
_UNEXPECTED_CACHE = Reason(
    "unexpected-cache",
    detail="unexpectedly cached: the key is new, unless another machine or another state file shares the"
    " builder's cache",
    hint=_REPORT_IT,
)


class BuildTotals(Struct, frozen=True):
    """How many instructions ran, and in how many seconds; how many were cached, and what that saved.

    ``again``: whether any of those that ran was built before.
    """

    ran: int
    again: bool
    cached: int
    seconds: float
    saved: float


def explain_outcomes(
    instructions: Iterable[InstructionVerdict],
    happened: Mapping[int, ProgressEvent],
    past: Past,
    *,
    no_cache: bool,
    no_cache_stages: Collection[str] = (),
) -> tuple[InstructionVerdict, ...]:
    """The instructions, in the order of the file, each with its outcome where that is known.

    ``happened``: by line. ``no_cache``: whether the builder runs without a cache; ``no_cache_stages``:
    for which stages alone.
    """
    every = list(instructions)
    stages = {item.stage for item in every} if no_cache else frozenset(no_cache_stages)
    explainer = _Explainer(past, stages)
    return tuple(explainer.instruction(item, happened.get(item.line)) for item in every)


class _Explainer:
    """Walks the instructions, and remembers of each stage where it first ran, was edited, has another key."""

    def __init__(self, past: Past, uncached: Collection[str]) -> None:
        self._past = past
        self._uncached = uncached
        self._edited: dict[str, int] = {}
        self._rekeyed: dict[str, int] = {}
        self._rebased: dict[str, InstructionVerdict] = {}
        self._ran: dict[str, int] = {}
        self._cached: set[str] = set()
        self._unreported: set[str] = set()

    def instruction(self, item: InstructionVerdict, event: ProgressEvent | None) -> InstructionVerdict:
        if item.instruction == "FROM":
            self._continue(item)
            if item.changed and item.pairs:
                self._rebased[item.stage] = item
        if item.edited:
            self._edited.setdefault(item.stage, item.line)
        if event is None:
            if item.instruction in COUNTED:
                self._unreported.add(item.stage)
            return item
        before = self._past.history.get((item.stage, item.digest))
        if event.cached:
            self._cached.add(item.stage)
            if item.changed and item.instruction == "RUN":
                self._rekeyed.setdefault(item.stage, item.line)
            return replace(item, outcome=_cached(item, before, self._past.given.get(item.key)))
        outcome = StepOutcome(cached=False, seconds=event.seconds, again=before is not None)
        outcome = self._with_reason(outcome, item, before)
        self._ran.setdefault(item.stage, item.line)
        return replace(item, outcome=outcome)

    def _continue(self, item: InstructionVerdict) -> None:
        """A stage starts in the state in which the one that it continues ended."""
        for source in item.sources:
            for lines in (self._ran, self._edited, self._rekeyed):
                if source in lines:
                    lines[item.stage] = lines[source]
            if source in self._rebased:
                self._rebased[item.stage] = self._rebased[source]
            for stages in (self._cached, self._unreported):
                if source in stages:
                    stages.add(item.stage)

    def _with_reason(
        self, outcome: StepOutcome, item: InstructionVerdict, before: LastBuild | None
    ) -> StepOutcome:
        """With the first reason that holds."""
        if item.stage in self._uncached:
            reason = Reason("no-cache", detail="the builder was run with --no-cache")
            return replace(outcome, because=reason, follows=bool(self._ran))
        if because := _first((_new(item, before), _own(item), _reformatted(item, before))):
            return replace(outcome, because=because)
        if because := self._behind(item):
            return replace(outcome, because=because, follows=True)
        if base := self._rebased.get(item.stage):
            because = Reason("base-changed", detail=f"line {base.line}: {base.reason}")
            return replace(outcome, because=because, follows=True)
        if line := self._rekeyed.get(item.stage):
            detail = f"line {line} before it was built with other inputs, and was cached"
            because = Reason("earlier-rekeyed", detail=detail)
            return replace(outcome, because=because, follows=True)
        # BuildKit shows but once what several stages have in common: the cause may be what is not shown.
        if not self._unreported.isdisjoint({item.stage, *item.sources}):
            return outcome
        if because := _first((self._rewritten(item, before), _files(item), self._at_the_start(item))):
            return replace(outcome, because=because)
        return replace(outcome, because=_UNEXPECTED_REBUILD, expected=False)

    def _behind(self, item: InstructionVerdict) -> Reason | None:
        """An instruction before it, in its stage or in one that it reads."""
        line = self._ran.get(item.stage)
        if line is not None:
            return Reason("follows", detail=f"line {line} before it ran")
        source = next((source for source in item.sources if source in self._ran), "")
        if not source:
            return None
        return Reason("follows", detail=f"it reads from stage {source}, where line {self._ran[source]} ran")

    def _rewritten(self, item: InstructionVerdict, before: LastBuild | None) -> Reason | None:
        """An older freshlayer computed chains in another way, which are recorded as unknown."""
        if before is None or before.chain in {"", item.chain}:
            return None
        line = self._edited.get(item.stage)
        if line is not None:
            return Reason("earlier-edited", detail=f"line {line} before it was edited since the last build")
        return Reason("earlier-changed")

    def _at_the_start(self, item: InstructionVerdict) -> Reason | None:
        """A moved base image and an emptied cache look the same: nothing of the stage was cached."""
        if item.stage in self._cached:
            return None
        detail = "its stage starts from another image, or the builder's cache was emptied"
        return Reason("base-or-cache-changed", detail=detail)


def _first(reasons: Iterable[Reason | None]) -> Reason | None:
    return next((reason for reason in reasons if reason), None)


def _new(item: InstructionVerdict, before: LastBuild | None) -> Reason | None:
    if before is not None:
        return None
    if item.edited:
        return Reason("edited", detail="it was edited since the last build")
    return Reason("never-built", detail="it was never built here")


def _own(item: InstructionVerdict) -> Reason | None:
    """Its key differs, or was removed."""
    if not item.changed:
        return None
    return about("its own input", item.reason) if item.pairs else item.reason


def _reformatted(item: InstructionVerdict, before: LastBuild | None) -> Reason | None:
    """The inputs are unchanged, but an older freshlayer wrote their key with another number of digits."""
    if before is None or not item.key or not before.keys:
        return None
    if any(len(key) == len(item.key) for key in before.keys):
        return None
    return Reason("key-format-changed", detail="this version of freshlayer writes its key in another format")


def _files(item: InstructionVerdict) -> Reason | None:
    """Every builder keys these on content."""
    if item.instruction in {"COPY", "ADD"}:
        return Reason("files-changed", detail="the files that it copies changed")
    return (
        Reason("files-changed", detail="the files that it mounts may have changed") if item.mounts else None
    )


def _cached(item: InstructionVerdict, before: LastBuild | None, given: Reason | None) -> StepOutcome:
    """A stale instruction may be cached where its key was built before, here or elsewhere.

    ``given``: whose build had this key.
    """
    outcome = StepOutcome(cached=True, saved=before.seconds if before else None)
    if not item.changed or not item.key:
        return outcome
    if before is not None and item.key in before.keys:
        return replace(outcome, because=Reason("built-before"))
    if given:
        return replace(outcome, because=given)
    if before is None:
        detail = "the builder had it from another build with the same inputs"
        return replace(outcome, because=Reason("built-elsewhere", detail=detail))
    return replace(outcome, because=_UNEXPECTED_CACHE, expected=False)


def remembered(item: InstructionVerdict, before: LastBuild | None, now: int) -> LastBuild:
    """What to remember of an instruction of a build that succeeded."""
    ran = not item.outcome.cached if item.outcome else item.changed or before is None
    took = item.outcome.seconds if item.outcome else None
    return LastBuild(
        chain=item.chain,
        keys=_with_key(item, before),
        seconds=took if took is not None or before is None else before.seconds,
        at=now if ran else (before.at if before else 0),
    )


def attempted(item: InstructionVerdict, before: LastBuild) -> LastBuild:
    """The same of a build that is not recorded: the builder may keep what it did before it failed."""
    return replace(before, keys=_with_key(item, before))


def _with_key(item: InstructionVerdict, before: LastBuild | None) -> tuple[str, ...]:
    """The keys, this one last; a random one is left out."""
    keys = before.keys if before else ()
    if not item.key or item.is_random:
        return keys
    return (*(key for key in keys if key != item.key), item.key)


def totals_of(outcomes: Iterable[StepOutcome]) -> BuildTotals:
    """What happened, in figures."""
    every = list(outcomes)
    ran = [outcome for outcome in every if not outcome.cached]
    return BuildTotals(
        ran=len(ran),
        again=any(outcome.again for outcome in ran),
        cached=len(every) - len(ran),
        seconds=sum(outcome.seconds or 0 for outcome in ran),
        saved=sum(outcome.saved or 0 for outcome in every),
    )
