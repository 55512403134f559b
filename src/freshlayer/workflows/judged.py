"""The verdicts of a run: of an answer of 304, only what differs from the record is in memory."""

from __future__ import annotations

from collections.abc import Container, Iterator, KeysView, Mapping, Sequence

from freshlayer.model.inputs import RemoteInput
from freshlayer.model.observation import (
    Certainty,
    Change,
    LastRecorded,
    Recorded,
    Verdict,
    Verdicts,
    unobserved,
)
from freshlayer.model.reasons import Reason
from freshlayer.reference import Reference

_AsRecorded = tuple[Change, Certainty, Reason, tuple[Reason, ...]]
"""A verdict without what its record has. Many inputs share one."""


class Judged(Verdicts):
    """Verdicts by reference, against ``recorded``, which has to stay what it is for those that are here."""

    def __init__(self, recorded: Mapping[Reference, Recorded]) -> None:
        self._recorded = recorded
        self._found: dict[Reference, Verdict | _AsRecorded] = {}
        self._shared: dict[_AsRecorded, _AsRecorded] = {}

    def add(self, verdict: Verdict, known: Recorded | None) -> None:
        """Take one more. ``known``: the record that it is against."""
        if known is None or verdict.keep is not known or verdict.identity is not known.identity:
            self._found[verdict.reference] = verdict
            return
        brief = (verdict.change, verdict.certainty, verdict.reason, verdict.notes)
        self._found[verdict.reference] = self._shared.setdefault(brief, brief)

    @property
    def as_recorded(self) -> Container[Reference]:
        """Those whose record stays what it is."""
        return _AreRecorded(self._found)

    @property
    def unobserved(self) -> tuple[Verdict, ...]:
        """Those whose origin gave no answer that counts: it leaves nothing to keep."""
        return unobserved(it for it in self._found.values() if isinstance(it, Verdict))

    def keys(self) -> KeysView[Reference]:
        return self._found.keys()

    def __getitem__(self, reference: Reference) -> Verdict:
        found = self._found[reference]
        if isinstance(found, Verdict):
            return found
        change, certainty, reason, notes = found
        known = self._recorded[reference]
        return Verdict(reference, change, certainty, reason, known.identity, known, notes)

    def brief(self, reference: Reference) -> Verdict:
        found, recorded = self._found[reference], self._recorded
        if isinstance(found, Verdict) or not isinstance(recorded, LastRecorded):
            return self[reference]
        change, certainty, reason, notes = found
        return Verdict(reference, change, certainty, reason, recorded.identity(reference), None, notes)

    def __contains__(self, reference: object) -> bool:
        return reference in self._found

    def __iter__(self) -> Iterator[Reference]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


class InOrder(Verdicts):
    """The same in the order of inputs, which are those of all verdicts: they came as the answers did."""

    def __init__(self, judged: Judged, inputs: Sequence[RemoteInput]) -> None:
        self._judged = judged
        self._inputs = inputs

    @property
    def unobserved(self) -> tuple[Verdict, ...]:
        missing = {verdict.reference: verdict for verdict in self._judged.unobserved}
        return tuple(missing[it] for it in self if it in missing) if missing else ()

    def __getitem__(self, reference: Reference) -> Verdict:
        return self._judged[reference]

    def brief(self, reference: Reference) -> Verdict:
        return self._judged.brief(reference)

    def __contains__(self, reference: object) -> bool:
        return reference in self._judged

    def __iter__(self) -> Iterator[Reference]:
        return (it.reference for it in self._inputs)

    def __len__(self) -> int:
        return len(self._inputs)


class _AreRecorded(Container[Reference]):
    def __init__(self, found: Mapping[Reference, Verdict | _AsRecorded]) -> None:
        self._found = found

    def __contains__(self, reference: object) -> bool:
        return isinstance(reference, Reference) and isinstance(self._found.get(reference), tuple)
