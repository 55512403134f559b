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
from freshlayer.lazy_regex import compiled
from freshlayer.model.observation import Observation
from freshlayer.model.reasons import Reason
from freshlayer.probe.confined import WITHOUT_USER
from freshlayer.probe.network.exchange import failed
from freshlayer.probe.network.local_addresses import is_named, is_refused
from freshlayer.probe.network.messages import Answer, Conversation, Limits, Once, Request, Run, Step
from freshlayer.probe.network.pinned_addresses import OLDEST_GIT, is_honoured, pinned
from freshlayer.reference import Reference

_REFUSED = failed("address-refused", "")
_CURE = "name its host in allow_hosts"
_UNHELD = Answer(
    error=Reason(
        "address-refused", detail="only git by HTTP connects to the address that was checked", hint=_CURE
    )
)
_OLD = Answer(error=Reason("address-refused", detail=f"this needs git {OLDEST_GIT} or newer", hint=_CURE))
_VERSION = Once(("git", "version"), Run(("git", "version"), VERSION_CONTROL))
# What urlsplit, the resolver and libcurl take for the same host.
_HOST = compiled(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")


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
        if isinstance(confined, Run) and confined is not step:
            version = yield _VERSION
            if version.error or not is_honoured(version.output):
                confined = version if version.error else _OLD
        answer = confined if isinstance(confined, Answer) else (yield confined)


def _confined(step: Step, url: str, allowed: Sequence[str]) -> Step | Answer:
    """An answer in its place where it is refused."""
    if isinstance(step, Once):
        inner = _confined(step.step, url, allowed)
        return replace(step, step=inner) if isinstance(inner, Request | Run) else _REFUSED
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
            return _REFUSED
        return replace(step, refuses_local=True, loopback=False)
    return step


def _without_user(step: Run, url: str) -> Run | Answer:
    """Git without the user's configuration, which connects to the addresses that are checked here.

    An answer in its place where one is refused. The resolution holds up the one thread of the driver.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or step.argv[0] == "hg":
        return _UNHELD
    try:
        port, host = parts.port, parts.hostname or ""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return _REFUSED
    addresses = list(dict.fromkeys(str(it[4][0]) for it in found))
    is_local = is_named(url, loopback=False) or any(is_refused(it, loopback=False) for it in addresses)
    if is_local or not _HOST.fullmatch(host):
        return _REFUSED
    pin = {"GIT_CONFIG_KEY_1": "http.curloptResolve", "GIT_CONFIG_VALUE_1": pinned(url, addresses)}
    environment = {**step.environment, **WITHOUT_USER, **pin, "GIT_CONFIG_COUNT": "2"}
    return replace(step, environment=environment)
