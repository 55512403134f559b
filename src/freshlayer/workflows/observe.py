"""What is recorded of references, and what their origins state now; for any number of targets."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, MutableMapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from freshlayer.discover.analysis import Analysis, Ttls
from freshlayer.discover.image_platforms import images_and_platforms
from freshlayer.model.evidence import Validators
from freshlayer.model.observation import Observation, ProbeOutcome, Recorded
from freshlayer.model.reasons import Reason
from freshlayer.probe import ScriptsKnown, each
from freshlayer.reference import Reference
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target

_MAX_AGE = 60.0
"""Seconds for which an observation of a service on this machine counts."""


class ImageNeed(Struct, frozen=True):
    """For which platforms an image is probed, and whether only builders read it."""

    platforms: tuple[str, ...]
    builders_alone: bool


class ImageNeeds:
    """What any number of Dockerfiles need of images."""

    def __init__(self) -> None:
        self.all: dict[Reference, ImageNeed] = {}

    def add(self, needs: Mapping[Reference, ImageNeed]) -> None:
        """Add those of one Dockerfile."""
        for reference, need in needs.items():
            before = self.all.get(reference, need)
            platforms = tuple(sorted({*before.platforms, *need.platforms}))
            self.all[reference] = ImageNeed(platforms, before.builders_alone and need.builders_alone)


def image_needs(watched: Analysis, platforms: tuple[str, ...]) -> dict[Reference, ImageNeed]:
    """Those of one Dockerfile. ``platforms``: of the build."""
    return {
        item.reference: ImageNeed(read_for, not [it for it in item.places if not it.resolved_by_builder])
        for item, read_for in images_and_platforms(watched.discovery.inputs, watched.image_uses, platforms)
        if not item.reference.pinned
    }


class Due(Struct, frozen=True):
    """What a run observes. ``ttls``: reference → seconds for which an answer is valid.

    ``scripts``: which of them are scripts, and which ones such scripts name. ``images``: those for other
    platforms than ``platforms``, or which only the builder reads. ``held``: observations that replace probes,
    of these references and of what is found later.
    """

    ttls: Mapping[Reference, int]
    platforms: tuple[str, ...]
    scripts: ScriptsKnown = ScriptsKnown()
    images: Mapping[Reference, ImageNeed] = field(default_factory=dict)
    held: Mapping[Reference, Observation] = field(default_factory=dict)

    def without(self, local: Collection[Reference]) -> Due:
        """Without images that exist on this machine alone, where no instruction reads them by itself."""
        out = {r for r in self.ttls if r in local and self._is_builders(r)}
        return replace(self, ttls={r: ttl for r, ttl in self.ttls.items() if r not in out}) if out else self

    def _is_builders(self, reference: Reference) -> bool:
        need = self.images.get(reference)
        return need is not None and need.builders_alone

    @classmethod
    def of(cls, targets: Iterable[Target]) -> Due:
        """All that these targets read, as far as it has a probe."""
        ttls, platforms, scripts = Ttls(), dict[str, None](), set[Reference]()
        images = ImageNeeds()
        for target in targets:
            platforms.update(dict.fromkeys(target.request.platforms))
            watched = target.watched
            for item in watched.discovery.inputs:
                ttls.add(item.reference, watched.ttl(item))
            images.add(image_needs(watched, target.request.platforms))
            scripts.update(watched.discovery.scripts)
        known = ScriptsKnown(scripts=frozenset(scripts))
        return cls(ttls.all(), tuple(platforms), known, images.all)


def recall(
    references: Sequence[Reference], session: Session, platforms: Collection[str] = ()
) -> MutableMapping[Reference, Recorded]:
    """From the state; what it does not know from the lock file. ``platforms``: for which images are read."""
    recorded = {} if session.must_match else session.store.observations(references)
    if not session.locked:
        return recorded
    from freshlayer.decisions.locking import recorded_in  # noqa: PLC0415 - where there is a lock file

    for reference in references:
        if reference not in recorded and reference.text in session.locked:
            known = recorded_in(session.locked[reference.text], platforms)
            recorded.update({reference: known} if known else {})
    return recorded


def probe_now(
    references: Sequence[Reference],
    recorded: Mapping[Reference, Recorded],
    session: Session,
    platforms: tuple[str, ...],
    scripts: ScriptsKnown | None = None,
) -> Mapping[Reference, Observation]:
    """What the origins state now, whatever they stated a while ago."""
    due = Due(dict.fromkeys(references, 0), platforms, scripts or ScriptsKnown())
    found = answers(due, recorded, replace(session, warm=""))
    return {observation.reference: observation for observation in found}


def answers(due: Due, recorded: Mapping[Reference, Recorded], session: Session) -> Generator[Observation]:
    """One observation for each reference: first of those that need no probe, then as the answers come.

    With ``--offline`` no origin is probed.
    """
    probed = []
    for reference, ttl in due.ttls.items():
        before = recorded.get(reference) if ttl else None
        held = due.held.get(reference) if due.held else None
        held = held or _without_probe(reference, ttl, before, session)
        if held is None:
            probed.append(reference)
        else:
            yield held
    if session.warm and probed and not session.until:
        known = set()
        for observation in _warm(probed, due, recorded, session):
            known.add(observation.reference)
            yield observation
        probed = [reference for reference in probed if reference not in known]
    found = each(
        probed,
        as_probed(recorded, session),
        session.limits,
        keyring=session.keyring,
        platforms=due.platforms,
        image_platforms={reference: need.platforms for reference, need in due.images.items()},
        scripts_known=due.scripts,
        until=session.until,
    )
    for done, observation in enumerate(found, len(due.ttls) - len(probed) + 1):
        if session.progress:
            session.progress(done, len(due.ttls))
        yield observation


def _warm(
    references: Sequence[Reference], due: Due, recorded: Mapping[Reference, Recorded], session: Session
) -> Iterator[Observation]:
    """What a service on this machine observes for us. Scripts are not of that: their bytes are wanted."""
    from freshlayer.probe.warm import observations  # noqa: PLC0415 - only where a service listens

    conditions = as_probed(recorded, session)
    ours = {*due.scripts.scripts, *due.scripts.confinements}

    def platforms(reference: Reference) -> tuple[str, ...]:
        need = due.images.get(reference)
        usual = due.platforms if reference.kind == "image" else ()
        return need.platforms if need is not None else usual

    return observations(
        session.warm,
        [it for it in references if it not in ours],
        conditions,
        platforms,
        lambda it: it in recorded and conditions[it] is not recorded[it],
        _MAX_AGE,
        meanwhile=lambda: _load_what_judges(has_bases=session.engine is not None),
    )


def _load_what_judges(*, has_bases: bool) -> None:
    """What is needed once the answers are there."""
    if has_bases:
        import freshlayer.discover.base_changes  # noqa: PLC0415 - what a base image decides
        import freshlayer.workflows.learned_bases  # noqa: PLC0415
    import re  # noqa: F401, PLC0415 - what a tag proves is a pattern

    import freshlayer.discover.advice  # noqa: PLC0415
    import freshlayer.model.all_reasons  # noqa: F401, PLC0415


def as_probed(recorded: Mapping[Reference, Recorded], session: Session) -> Mapping[Reference, Recorded]:
    """What is recorded, without the conditions where the last full answer is too long ago.

    An origin that answers 304 to every condition is found out in no other way.
    """
    return _AsProbed(recorded, session.now, session.policy.full_answer_every)


class _AsProbed(Mapping[Reference, Recorded]):
    """A view: what is recorded of many thousand references is in memory once."""

    def __init__(self, recorded: Mapping[Reference, Recorded], now: int, every: int) -> None:
        self._recorded = recorded
        self._now = now
        self._every = every

    def __getitem__(self, reference: Reference) -> Recorded:
        known = self._recorded[reference]
        # One of a clock that was ahead counts as one of the past: all of them would be due at once.
        age = 0 if known.full_answer is None else abs(self._now - known.full_answer)
        due = age >= self._every
        return replace(known, validators=Validators(), full_answer=0) if due else known

    def __iter__(self) -> Iterator[Reference]:
        return iter(self._recorded)

    def __len__(self) -> int:
        return len(self._recorded)


def _without_probe(
    reference: Reference, ttl: int, known: Recorded | None, session: Session
) -> Observation | None:
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
