"""Ask many references, and tell each observation as it comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module

from freshlayer.credentials import Keyring
from freshlayer.model import Observation, Recorded
from freshlayer.probe import PROTOCOLS
from freshlayer.probe.wire import Limits, Means, Protocol
from freshlayer.reference import Reference


def each(
    references: Sequence[Reference],
    recorded: Mapping[Reference, Recorded],
    limits: Limits,
    keyring: Keyring,
    platforms: tuple[str, ...],
) -> Iterator[Observation]:
    """One observation for each reference, in the order of the answers; none of them is pinned."""
    if not references:
        return
    from freshlayer.probe.driver import converse  # noqa: PLC0415 - libcurl is loaded when somebody is asked

    means = Means(limits, keyring, platforms)
    asks = {kind: _protocol(kind) for kind in {reference.kind for reference in references}}
    yield from converse({r: asks[r.kind](r, recorded.get(r), means) for r in references}, limits)


def _protocol(kind: str) -> Protocol:
    protocol: Protocol = import_module(f"freshlayer.probe.{PROTOCOLS[kind]}").ask
    return protocol
