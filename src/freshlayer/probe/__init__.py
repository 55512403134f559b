"""Probe the origins. One module per protocol; ``PROTOCOLS`` is the table, ``driver`` does the I/O.

A protocol is a conversation: it yields requests and receives answers, and ends in an observation. It opens
no connection itself, so that all conversations share connections, limits and deadlines.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from freshlayer.credentials import NO_CREDENTIALS, Keyring
from freshlayer.model.evidence import Evidence, Strength
from freshlayer.model.observation import Observation, ProbeOutcome, Recorded
from freshlayer.model.reasons import Reason
from freshlayer.probe.network.messages import Conversation, Limits, Means, Protocol
from freshlayer.reference import KINDS, Reference

if TYPE_CHECKING:
    from freshlayer.model.downloaded_scripts import Confinement
    from freshlayer.probe.network.connections import Connections

PROTOCOLS = {kind.name: kind.protocol for kind in KINDS}
"""Kind of reference → the module here whose ``probe`` probes it; imported when it is needed."""

__all__ = ["PROTOCOLS", "Limits", "ScriptsKnown", "each", "probe", "texts"]


class ScriptsKnown(Struct, frozen=True):
    """``confinements``: of references that only downloaded scripts name. ``scripts``: those to be read."""

    confinements: Mapping[Reference, Confinement] = field(default_factory=dict)
    scripts: frozenset[Reference] = frozenset()


_NO_SCRIPTS = ScriptsKnown()


def probe(
    references: Iterable[Reference],
    recorded: Mapping[Reference, Recorded],
    limits: Limits,
    progress: Callable[[int, int], None] | None = None,
    *,
    keyring: Keyring = NO_CREDENTIALS,
    platforms: tuple[str, ...] = (),
) -> dict[Reference, Observation]:
    """Probe all references at once; what an origin does never raises an exception.

    ``progress`` is called with the number of ended probes and the number of all.
    """
    wanted = list(dict.fromkeys(references))
    seen: dict[Reference, Observation] = {}
    for observation in each(wanted, recorded, limits, keyring=keyring, platforms=platforms):
        seen[observation.reference] = observation
        if progress:
            progress(len(seen), len(wanted))
    return seen


def each(
    references: Iterable[Reference],
    recorded: Mapping[Reference, Recorded],
    limits: Limits,
    *,
    keyring: Keyring = NO_CREDENTIALS,
    platforms: tuple[str, ...] = (),
    image_platforms: Mapping[Reference, tuple[str, ...]] | None = None,
    scripts_known: ScriptsKnown = _NO_SCRIPTS,
    until: int = 0,
    connections: Connections | None = None,
) -> Iterator[Observation]:
    """``probe``, each observation when it is complete; first those of references that pin their bytes.

    ``image_platforms``: for images that are read for others than ``platforms``. ``scripts_known``: what
    downloaded scripts name, and which references are such scripts. ``until``: as in ``Means``.
    ``connections``: that outlast this.
    """
    wanted = list(dict.fromkeys(references))
    yield from (_named(reference) for reference in wanted if reference.pinned)
    open_ = [reference for reference in wanted if not reference.pinned]
    if not open_:
        return
    from freshlayer.probe.network.driver import converse  # noqa: PLC0415 - libcurl is loaded for the first request

    means = Means(limits, keyring.for_run(), platforms, until=until)
    others = image_platforms or {}

    def talk(reference: Reference) -> Conversation:
        named = others.get(reference) if others else None
        own = means if named is None else replace(means, platforms=named)
        return _talk(reference, recorded.get(reference), own, scripts_known)

    yield from converse(_Talks(open_, talk), limits, connections)


class _Talks(Mapping[Reference, Conversation]):
    """Each conversation is made when it starts: of many thousand at once, most of the memory was theirs."""

    def __init__(self, references: Sequence[Reference], talk: Callable[[Reference], Conversation]) -> None:
        self._references = references
        self._talk = talk

    def __getitem__(self, reference: Reference) -> Conversation:
        return self._talk(reference)

    def __iter__(self) -> Iterator[Reference]:
        return iter(self._references)

    def __len__(self) -> int:
        return len(self._references)


def texts(
    references: Iterable[Reference], limits: Limits, *, keyring: Keyring, scripts_known: ScriptsKnown
) -> Iterator[Observation]:
    """The bytes of scripts, each requested without a credential."""
    from freshlayer.probe.confined import confined, means_for, text_of  # noqa: PLC0415 - see above
    from freshlayer.probe.network.driver import converse  # noqa: PLC0415

    means = Means(limits, keyring)
    talks: dict[Reference, Conversation] = {}
    for reference in references:
        confinement = scripts_known.confinements.get(reference)
        if confinement is None:
            talks[reference] = text_of(reference, means)
        else:
            talk = text_of(reference, means_for(reference, confinement, means))
            talks[reference] = confined(talk, confinement)
    yield from converse(talks, limits)


def _talk(
    reference: Reference, recorded: Recorded | None, means: Means, scripts_known: ScriptsKnown
) -> Conversation:
    protocol = _protocol(reference.kind)
    if means.limits.strangers is not None:
        means = _as_stranger(reference, means)
    confinements, scripts = scripts_known.confinements, scripts_known.scripts
    # Where there are none, the reference is not hashed.
    confinement = confinements.get(reference) if confinements else None
    if confinement is None and not (scripts and reference in scripts):
        return protocol(reference, recorded, means)
    from freshlayer.probe.confined import confined, means_for, with_body  # noqa: PLC0415 - see above

    own = means if confinement is None else means_for(reference, confinement, means)
    talk = protocol(reference, recorded, own)
    talk = with_body(talk) if reference in scripts else talk
    return talk if confinement is None else confined(talk, confinement)


def _as_stranger(reference: Reference, means: Means) -> Means:
    from freshlayer.probe.strangers import keyring_for  # noqa: PLC0415 - for clones of a service alone

    return replace(means, keyring=keyring_for(reference.address, means.keyring, means.limits))


def _protocol(kind: str) -> Protocol:
    name = f"freshlayer.probe.{PROTOCOLS[kind]}"
    module = sys.modules.get(name) or import_module(name)
    protocol: Protocol = module.probe
    return protocol


def _named(reference: Reference) -> Observation:
    """The observation of a reference that pins its bytes."""
    scheme, _, value = reference.pinned.partition(":")
    found = (Evidence(scheme, value, Strength.CONTENT),)
    return Observation(reference, ProbeOutcome.SEEN, Reason("pinned"), found)
