"""Manifests, configurations and layers of an image, downloaded for its reader.

Reading is a generator (``model.image_blobs``): it yields what it wants next, and is sent it. Each part is
requested at the mirrors, then at the registry, as the probe of a tag is; a redirect to another host (most
registries have their blobs at one) carries no credential.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.credentials import Credential, Keyring
from freshlayer.model.image_blobs import BlobAnswer, BlobWanted
from freshlayer.model.observation import Observation, ProbeOutcome
from freshlayer.model.reasons import Reason, joined
from freshlayer.probe.images.manifest import ACCEPT, chosen, entries
from freshlayer.probe.images.registry import Endpoint, admitted, endpoints
from freshlayer.probe.network.exchange import HEADERS, reason_of
from freshlayer.probe.network.messages import Answer, Conversation, Limits, Means, Request, Step
from freshlayer.reference import Reference

Read = TypeVar("Read")
Reading = Generator[BlobWanted, BlobAnswer, Read]

_HEADERS = tuple(line for line in HEADERS if not line.startswith("Accept: "))
_OK = 200
_AT_ONCE = 4
"""Images that are read at the same time: each may hold a window of zstd."""


def read_all(
    readings: Mapping[Reference, Reading[Read]], limits: Limits, keyring: Keyring
) -> dict[Reference, Read | Reason]:
    """Run all of them; an image of which nothing came in time has its reason.

    ``readings``: by a reference with the registry and the repository, whatever its tag or digest is.
    """
    from freshlayer.probe.network.driver import converse  # noqa: PLC0415 - libcurl is loaded for the first request
    from freshlayer.probe.strangers import keyring_for  # noqa: PLC0415 - loads libcurl too

    means = Means(limits, keyring)
    found: dict[Reference, Read | Reason] = {}
    talks = {
        reference: _talk(
            reference, it, replace(means, keyring=keyring_for(reference.address, keyring, limits)), found
        )
        for reference, it in readings.items()
    }
    few = replace(limits, connections=min(limits.connections, _AT_ONCE))
    for seen in converse(talks, few):
        found.setdefault(seen.reference, seen.reason)
    for reading in readings.values():
        reading.close()
    return found


def chosen_for(platform: str) -> Callable[[bytes], str]:
    """An index → the digest of its manifest for a platform."""

    def choose(body: bytes) -> str:
        digest = chosen(entries(body) or (), (platform,))[platform]
        return digest if ":" in digest or not digest else f"sha256:{digest}"

    return choose


class _Place(Struct):
    """Where the parts of an image are requested. ``first``: the endpoint that had the last one."""

    repository: str
    endpoints: tuple[Endpoint, ...]
    credentials: dict[str, Credential | None]
    first: int = 0

    def in_turn(self) -> Iterator[tuple[int, Endpoint]]:
        order = sorted(range(len(self.endpoints)), key=lambda number: number != self.first)
        return ((number, self.endpoints[number]) for number in order)


def _talk(
    reference: Reference, reading: Reading[Read], means: Means, found: dict[Reference, Read | Reason]
) -> Conversation:
    registry, _, rest = reference.address.partition("://")[2].partition("/")
    repository = rest.partition("@")[0].partition(":")[0]
    place = _Place(repository, endpoints(registry, means.keyring), {})
    try:
        wanted = next(reading)
        while True:
            answer = yield from _part(wanted, place, means)
            wanted = reading.send(answer)
    except StopIteration as end:
        found[reference] = end.value
    return Observation(reference, ProbeOutcome.SEEN, Reason("observed"))


def _part(wanted: BlobWanted, place: _Place, means: Means) -> Generator[Step, Answer, BlobAnswer]:
    """From the first endpoint that has it; else the reason of the last one."""
    reason = Reason("no-answer")
    for number, endpoint in place.in_turn():
        kind = "manifests" if wanted.manifest else "blobs"
        url = f"{endpoint.url}/v2/{place.repository}/{kind}/{wanted.digest}"
        headers = (*_HEADERS, ACCEPT) if wanted.manifest else (*_HEADERS, "Accept: */*")
        request = Request("GET", url, headers, read=wanted.most, keep=wanted.sink is None, sink=wanted.sink)
        request = replace(request, credential=place.credentials.get(endpoint.url))
        admission = yield from admitted(request, endpoint, place.repository, means)
        answer = admission.answer
        place.credentials[endpoint.url] = admission.credential or request.credential
        if answer.status == _OK and not answer.error:
            place.first = number
            return answer.body
        reason = joined([reason_of(answer), *admission.notes])
    return reason
