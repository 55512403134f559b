"""Probe the origins. One module per protocol; ``PROTOCOLS`` is the table, ``driver`` does the I/O.

A protocol is a conversation: it yields requests and receives answers, and ends in an observation. It opens
no connection itself, so that all conversations share connections, limits and deadlines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module

from freshlayer.credentials import NO_CREDENTIALS, Keyring
from freshlayer.model.evidence import Evidence, Strength
from freshlayer.model.observation import Observation, ProbeOutcome, Recorded
from freshlayer.model.reasons import Reason
from freshlayer.probe.network.messages import Limits, Means, Protocol
from freshlayer.reference import KINDS, Reference

PROTOCOLS = {kind.name: kind.protocol for kind in KINDS}
"""Kind of reference → the module here whose ``probe`` probes it; imported when it is needed."""

__all__ = ["PROTOCOLS", "Limits", "each", "probe"]


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
) -> Iterator[Observation]:
    """``probe``, each observation when it is complete; first those of references that pin their bytes."""
    wanted = list(dict.fromkeys(references))
    yield from (_named(reference) for reference in wanted if reference.pinned)
    open_ = [reference for reference in wanted if not reference.pinned]
    if not open_:
        return
    from freshlayer.probe.network.driver import converse  # noqa: PLC0415 - libcurl is loaded for the first request

    means = Means(limits, keyring, platforms)
    protocols = {kind: _protocol(kind) for kind in {reference.kind for reference in open_}}
    yield from converse({r: protocols[r.kind](r, recorded.get(r), means) for r in open_}, limits)


def _protocol(kind: str) -> Protocol:
    protocol: Protocol = import_module(f"freshlayer.probe.{PROTOCOLS[kind]}").probe
    return protocol


def _named(reference: Reference) -> Observation:
    """The observation of a reference that pins its bytes."""
    scheme, _, value = reference.pinned.partition(":")
    found = (Evidence(scheme, value, Strength.CONTENT),)
    return Observation(reference, ProbeOutcome.SEEN, Reason("pinned"), found)
