"""What is remembered of references, and what their origins say now; for any number of Dockerfiles."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence

from msgspec.structs import replace

from freshlayer.discover.analysis import Analysis, Ttls
from freshlayer.model.evidence import Validators
from freshlayer.model.observation import Observation, ProbeOutcome, Recorded
from freshlayer.model.reasons import Reason
from freshlayer.probe import each
from freshlayer.reference import Reference
from freshlayer.workflows.session import Session


def recall(references: Sequence[Reference], session: Session) -> dict[Reference, Recorded]:
    """From the state; what it does not know from the identities file."""
    recorded = session.store.observations(references)
    for reference in references:
        if reference not in recorded and reference.text in session.identities:
            recorded[reference] = Recorded.of(session.identities[reference.text].identity)
    return recorded


def observe(
    reads: Sequence[Analysis],
    recorded: Mapping[Reference, Recorded],
    session: Session,
    platforms: tuple[str, ...],
) -> Mapping[Reference, Observation]:
    """Ask once for all of them what is due."""
    return _gathered(answers(_ttls(reads), recorded, session, platforms))


def _ttls(reads: Sequence[Analysis]) -> Mapping[Reference, int]:
    found = Ttls()
    for read in reads:
        for item in read.discovery.inputs:
            found.add(item.reference, read.ttl(item))
    return found.all()


def ask(
    references: Sequence[Reference],
    recorded: Mapping[Reference, Recorded],
    session: Session,
    platforms: tuple[str, ...],
) -> Mapping[Reference, Observation]:
    """What the origins say now, whatever they said a while ago."""
    return _gathered(answers(dict.fromkeys(references, 0), recorded, session, platforms))


def answers(
    ttls: Mapping[Reference, int],
    recorded: Mapping[Reference, Recorded],
    session: Session,
    platforms: tuple[str, ...],
) -> Generator[Observation]:
    """One observation for each reference: first of those that nobody is asked about, then as they come.

    With ``--offline`` nobody is asked. ``ttls``: seconds for which an answer holds.
    """
    held = {r: _unasked(r, ttl, recorded.get(r), session) for r, ttl in ttls.items()}
    yield from (observation for observation in held.values() if observation is not None)
    due = [reference for reference, observation in held.items() if observation is None]
    told = each(
        due, as_probed(recorded, session), session.limits, keyring=session.keyring, platforms=platforms
    )
    for done, observation in enumerate(told, len(ttls) - len(due) + 1):
        if session.progress:
            session.progress(done, len(ttls))
        yield observation


def as_probed(recorded: Mapping[Reference, Recorded], session: Session) -> dict[Reference, Recorded]:
    """What is recorded, without the conditions where the last full answer is too long ago.

    An origin that answers 304 to every condition is found out in no other way.
    """
    return {reference: _as_probed(known, session) for reference, known in recorded.items()}


def _as_probed(known: Recorded, session: Session) -> Recorded:
    age = 0 if known.full_answer is None else session.now - known.full_answer
    due = not 0 <= age < session.policy.full_answer_every
    return replace(known, validators=Validators(), full_answer=0) if due else known


def _unasked(reference: Reference, ttl: int, known: Recorded | None, session: Session) -> Observation | None:
    """The observation of a reference that is not probed; None if it is to be probed."""
    if known is not None and ttl and 0 <= session.now - known.probed_at < ttl:
        detail = f"probed {session.now - known.probed_at} s ago, and the answer is valid for {ttl} s (ttl)"
        return Observation(reference, ProbeOutcome.NOT_DUE, Reason("ttl", detail=detail))
    if session.policy.offline:
        return not_probed(reference)
    return None


def not_probed(reference: Reference) -> Observation:
    """What ``--offline`` has in place of an answer."""
    return Observation(reference, ProbeOutcome.UNKNOWN, Reason("offline", detail="not probed (--offline)"))


def _gathered(told: Iterable[Observation]) -> dict[Reference, Observation]:
    return {observation.reference: observation for observation in told}
