"""The observation of a probe, the record, and the verdict."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, MutableMapping

from msgspec import Struct

from freshlayer.model.evidence import Evidence, Identity, Validators
from freshlayer.model.quota import Quota
from freshlayer.model.reasons import Reason, about
from freshlayer.model.str_enum import StrEnum
from freshlayer.reference import Reference


class ProbeOutcome(StrEnum):
    """How a probe ended."""

    SEEN = "seen"
    NOT_MODIFIED = "not-modified"
    NOT_DUE = "not-due"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Observation(Struct, frozen=True, gc=False):
    """What a probe saw of one reference.

    ``content_type``: the media type of the answer, without parameters. ``body``: the bytes, where they were
    read without a credential and are wanted; None where they were not. ``hashed``: whether this probe read
    the body, so that its digest in the evidence is computed. ``served_by``: where redirects ended.
    ``retry_after``: seconds for which a busy origin wants no other request; None where it states none.
    ``quota``: of the host that answered last; None where it states none.
    """

    reference: Reference
    outcome: ProbeOutcome
    reason: Reason
    evidence: tuple[Evidence, ...] = ()
    validators: Validators = Validators()
    content_type: str = ""
    body: bytes | None = None
    hashed: bool = False
    served_by: str = ""
    retry_after: float | None = None
    quota: Quota | None = None


class Recorded(Struct, frozen=True, gc=False):
    """The last observation of a reference that was recorded, and its identity.

    ``probed_at``: when, in seconds since 1970; 0 where that is not known. It is never part of a key.
    ``full_answer``: when the origin last gave an answer other than 304, likewise; None where this observation
    is one.
    """

    identity: Identity
    evidence: tuple[Evidence, ...]
    validators: Validators = Validators()
    probed_at: int = 0
    full_answer: int | None = None
    content_type: str = ""

    @classmethod
    def of(cls, identity: Identity) -> Recorded:
        """An identity without a history: from a lock file or a flag file."""
        plain = identity.scheme == "etag" and identity.value.isprintable() and '"' not in identity.value
        tag = f'"{identity.value}"' if plain else ""
        same = Evidence(identity.scheme, identity.value, identity.strength)
        return cls(identity, (same,), Validators(entity_tag=tag), full_answer=0)


class Change(StrEnum):
    """The verdict of an input."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    FIRST_SEEN = "first-seen"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Certainty(StrEnum):
    """Whether the evidence leaves room for another verdict."""

    CERTAIN = "certain"
    PROBABLE = "probable"


class Verdict(Struct, frozen=True, gc=False):
    """How one input compares with its record.

    ``identity`` is None if nothing was ever known. ``keep`` is the new record for the state; None keeps the
    old one. ``notes``: parts of ``reason`` that the instruction states, too, where nothing changed.
    """

    reference: Reference
    change: Change
    certainty: Certainty
    reason: Reason
    identity: Identity | None
    keep: Recorded | None = None
    notes: tuple[Reason, ...] = ()

    @property
    def explanation(self) -> Reason:
        """The reason with the reference as its subject."""
        return about(str(self.reference), self.reason)

    @property
    def is_observed(self) -> bool:
        """Whether the origin gave an answer that counts."""
        return self.change not in {Change.UNKNOWN, Change.ABSENT}


class Verdicts(Mapping[Reference, Verdict]):
    """Verdicts that are made when they are read; which of them are not observed is known before."""

    @property
    @abstractmethod
    def unobserved(self) -> tuple[Verdict, ...]: ...

    def brief(self, reference: Reference) -> Verdict:
        """Without ``keep``, where it costs less to make without."""
        return self[reference]


def unobserved(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Those whose origin gave no answer that counts."""
    return tuple(verdict for verdict in verdicts if not verdict.is_observed)


def unobserved_of(verdicts: Mapping[Reference, Verdict]) -> tuple[Verdict, ...]:
    """The same of a mapping, which may know them."""
    return verdicts.unobserved if isinstance(verdicts, Verdicts) else unobserved(verdicts.values())


def brief_of(verdicts: Mapping[Reference, Verdict], reference: Reference) -> Verdict:
    """One verdict for a reader that does not need ``keep``."""
    return verdicts.brief(reference) if isinstance(verdicts, Verdicts) else verdicts[reference]


class LastRecorded(MutableMapping[Reference, Recorded]):
    """What is recorded, made when it is read; an identity alone costs less."""

    @abstractmethod
    def identity(self, reference: Reference) -> Identity: ...
