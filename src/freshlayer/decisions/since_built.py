"""Verdicts of inputs, relative to what their instructions were last built with. Pure.

The last observation serves conditional requests: who probed last, and when, decides no verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from freshlayer.decisions.verdict import relative_to
from freshlayer.model.build import Built, InstructionVerdict
from freshlayer.model.evidence import Identity, Strength, contrast
from freshlayer.model.key_identities import Tainted, read_key_identity
from freshlayer.model.observation import (
    Certainty,
    Change,
    Recorded,
    Verdict,
    Verdicts,
    unobserved,
    unobserved_of,
)
from freshlayer.model.reasons import Reason
from freshlayer.reference import Reference


class SinceBuilt(Verdicts):
    """Each verdict against the identities that the instructions with this input were built with.

    ``expected``: verdicts relative to the lock file, which counts where nothing was built.
    ``frontends``: what no instruction reads → the identity that it had in the last build. A verdict is made
    when it is read: most reports print few of them.
    """

    def __init__(
        self,
        verdicts: Mapping[Reference, Verdict],
        recorded: Mapping[Reference, Recorded],
        instructions: Iterable[InstructionVerdict],
        built: Mapping[tuple[str, str], Built],
        expected: Mapping[Reference, Verdict],
        frontends: Mapping[str, str | None],
    ) -> None:
        self._verdicts = verdicts
        self._recorded = recorded
        self._expected = expected
        self._before = {text: [before] for text, before in frontends.items() if before}
        for item in instructions if built else ():
            record = built.get((item.stage, item.digest))
            known = dict(record.pairs) if record else {}
            for text, _ in item.pairs if known else ():
                if text in known:
                    self._before.setdefault(text, []).append(known[text])
        missing = {it.reference for it in unobserved_of(verdicts)}
        looked_at = verdicts if missing or expected else ()
        silent = (it for it in looked_at if it in expected or it in missing)
        self._unobserved = unobserved(self[reference] for reference in silent)

    @property
    def unobserved(self) -> tuple[Verdict, ...]:
        """Those whose origin gave no answer, and those that can't be compared with the lock file."""
        return self._unobserved

    def __getitem__(self, reference: Reference) -> Verdict:
        verdict = self._verdicts[reference]
        before = self._before.get(reference.text, ())
        if reference in self._expected and not before:
            return replace(self._expected[reference], keep=verdict.keep, identity=verdict.identity)
        return relative(verdict, self._recorded.get(reference), before)

    def __iter__(self) -> Iterator[Reference]:
        return iter(self._verdicts)

    def __len__(self) -> int:
        return len(self._verdicts)


def relative(verdict: Verdict, recorded: Recorded | None, built: Iterable[str | None]) -> Verdict:
    """One verdict. ``built``: the identities that were built with, None where there was no build."""
    identity = verdict.identity
    before = [_untainted(text) for text in built if text is not None]
    if not verdict.is_observed or identity is None:
        return verdict
    if not before:
        return _never_built(verdict, identity)
    others = [text for text in before if text != str(identity)]
    if others:
        return _changed(verdict, recorded, identity, others[-1])
    if verdict.change is Change.CHANGED:
        reason = Reason("unchanged", detail=f"{identity.short}, as it was last built with")
        return replace(verdict, change=Change.UNCHANGED, reason=reason)
    return verdict


def _never_built(verdict: Verdict, identity: Identity) -> Verdict:
    if verdict.change is Change.FIRST_SEEN:
        return verdict
    reason = Reason("no-build-recorded", detail=f"no build with it is recorded; it is {identity.short}")
    return replace(verdict, change=Change.FIRST_SEEN, reason=reason)


def _changed(verdict: Verdict, recorded: Recorded | None, identity: Identity, before: str) -> Verdict:
    old = read_key_identity(before)
    if not isinstance(old, Identity):
        detail = f"it could not be probed at the last build; it is {identity.short}"
        reason = Reason("unprobed-before", detail=detail)
        return replace(verdict, change=Change.CHANGED, reason=reason)
    if verdict.change is Change.CHANGED and recorded is not None and str(recorded.identity) == before:
        return verdict
    old = replace(old, strength=_strength(old.scheme, verdict, recorded))
    compared = relative_to(old, verdict, recorded)
    sure = compared.change is Change.CHANGED and compared.certainty is Certainty.CERTAIN
    return replace(
        verdict,
        change=Change.CHANGED,
        certainty=Certainty.CERTAIN if sure else Certainty.PROBABLE,
        reason=Reason("input-changed", detail=contrast(old, identity)),
    )


def _strength(scheme: str, verdict: Verdict, recorded: Recorded | None) -> Strength:
    """The strength of the evidence of the same scheme which is known today."""
    known = verdict.keep or recorded
    return next(_strengths(scheme, known), Strength.HEURISTIC)


def _strengths(scheme: str, known: Recorded | None) -> Iterator[Strength]:
    if known is not None:
        found = [known.identity, *(it.identity for it in known.evidence)]
        yield from (it.strength for it in found if it.scheme == scheme)


def _untainted(text: str) -> str:
    """The written identity without the taint (rule 9 of ARCHITECTURE.md)."""
    found = read_key_identity(text)
    return str(found.identity) if isinstance(found, Tainted) else text
