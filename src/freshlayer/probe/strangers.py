"""Probes of references that strangers choose: of repositories that a service clones.

No connection to this machine, to a link-local address or to a metadata service, and no credential, except for
hosts that the configuration names. ``within`` is a conversation around any other, and ``keyring_for`` what it
may know.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from msgspec.structs import replace

from freshlayer.children import VERSION_CONTROL
from freshlayer.credentials import Keyring
from freshlayer.model.observation import Observation
from freshlayer.probe.confined import WITHOUT_USER
from freshlayer.probe.network.exchange import failed
from freshlayer.probe.network.local_addresses import is_named, is_refused
from freshlayer.probe.network.messages import Answer, Conversation, Limits, Once, Request, Run, Step
from freshlayer.reference import Reference

_REFUSED = failed("address-refused", "")


def is_allowed(url: str, allowed: Sequence[str]) -> bool:
    """Whether the host of a URL is one of these names, patterns (``*.example.org``), addresses, networks."""
    host = (urlsplit(url).hostname or "").lower()
    return any(fnmatchcase(host, it.lower()) or _is_of(host, it) for it in allowed)


def _is_of(host: str, network: str) -> bool:
    from ipaddress import ip_address, ip_network  # noqa: PLC0415 - for clones alone

    try:
        return ip_address(host) in ip_network(network, strict=False)
    except (ValueError, TypeError):
        return False


def keyring_for(url: str, keyring: Keyring, limits: Limits) -> Keyring:
    """Without credentials where a stranger chose the URL and its host may get none."""
    if limits.strangers is None or is_allowed(url, limits.strangers):
        return keyring
    return keyring.without_credentials()


class Within(Mapping[Reference, Conversation]):
    """The same conversations, each within what is allowed; made when it starts."""

    def __init__(self, talks: Mapping[Reference, Conversation], allowed: Sequence[str]) -> None:
        self._talks, self._allowed = talks, allowed

    def __getitem__(self, reference: Reference) -> Conversation:
        return within(self._talks[reference], reference.address, self._allowed)

    def __iter__(self) -> Iterator[Reference]:
        return iter(self._talks)

    def __len__(self) -> int:
        return len(self._talks)


def within(talk: Conversation, url: str, allowed: Sequence[str]) -> Conversation:
    """The same conversation; what it may not request is answered here. ``url``: what it is about."""
    answer: Answer | None = None
    while True:
        try:
            step = next(talk) if answer is None else talk.send(answer)
        except StopIteration as end:
            found: Observation = end.value
            return found
        confined = _confined(step, url, allowed)
        answer = _REFUSED if confined is None else (yield confined)


def _confined(step: Step, url: str, allowed: Sequence[str]) -> Step | None:
    """None where it is refused."""
    if isinstance(step, Once):
        inner = _confined(step.step, url, allowed)
        return replace(step, step=inner) if isinstance(inner, Request | Run) else None
    if isinstance(step, Run):
        return (
            _without_user(step, url)
            if step.child is VERSION_CONTROL and not is_allowed(url, allowed)
            else step
        )
    if isinstance(step, Request):
        # Each redirect is a request of its own, which is looked at here.
        if is_allowed(step.url, allowed):
            return replace(step, follow=False)
        if is_named(step.url, loopback=False):
            return None
        return replace(step, refuses_local=True, loopback=False)
    return step


def _without_user(step: Run, url: str) -> Run | None:
    """A program without the user's configuration; None where its host has an address that is refused."""
    parts = urlsplit(url)
    try:
        port = parts.port
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return None
    addresses = dict.fromkeys(str(it[4][0]) for it in found)
    if is_named(url, loopback=False) or any(is_refused(it, loopback=False) for it in addresses):
        return None
    return replace(step, environment={**step.environment, **WITHOUT_USER})
