"""Probes of references that strangers choose: of repositories that a service clones.

No connection to this machine, to a link-local address or to a metadata service, and no credential, except for
hosts that the configuration names. These are never reached through a proxy that a stranger names. ``within``
is a conversation around any other, and ``keyring_for`` what it may know.
"""

from __future__ import annotations

import socket
from collections.abc import Generator, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TypeVar
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
from freshlayer.probe.network.messages import Answer, Conversation, Limits, Once, Pause, Request, Run, Step
from freshlayer.probe.network.pinned_addresses import OLDEST_GIT, is_honoured, pinned
from freshlayer.reference import Reference

_REFUSED = failed("address-refused", "")
_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy"})
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
_MOST_THREADS = 16
_TICK = 0.02


Result = TypeVar("Result")
Confining = Generator[Step, Answer, Result | Answer]
"""It may wait for a name server."""


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


class Names:
    """The addresses of hosts. Each is looked up once, in a thread: a name server may take its time."""

    def __init__(self) -> None:
        self._started: set[str] = set()
        self._found: dict[str, tuple[str, ...]] = {}

    def addresses(self, host: str) -> Confining[tuple[str, ...]]:
        """Empty where there are none; an answer with an error where they came too late."""
        from threading import Thread  # noqa: PLC0415 - for git of clones alone

        while host not in self._found:
            if host not in self._started and len(self._started) - len(self._found) < _MOST_THREADS:
                # The interpreter does not wait for it at its end.
                Thread(target=self._look_up, args=(host,), daemon=True).start()
                self._started.add(host)
            waited = yield Pause(_TICK)
            if waited.error:
                return failed("timed-out", "the name of the host was not resolved in time")
        return self._found[host]

    def _look_up(self, host: str) -> None:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, ValueError):
            found = []
        self._found[host] = tuple(dict.fromkeys(str(it[4][0]) for it in found))


class Within(Mapping[Reference, Conversation]):
    """The same conversations, each within what is allowed; made when it starts."""

    def __init__(self, talks: Mapping[Reference, Conversation], allowed: Sequence[str]) -> None:
        self._talks, self._allowed, self._names = talks, allowed, Names()

    def __getitem__(self, reference: Reference) -> Conversation:
        return within(self._talks[reference], reference, self._allowed, self._names)

    def __iter__(self) -> Iterator[Reference]:
        return iter(self._talks)

    def __len__(self) -> int:
        return len(self._talks)


def within(talk: Conversation, about: Reference, allowed: Sequence[str], names: Names) -> Conversation:
    """The same conversation; what it may not request is answered here."""
    answer: Answer | None = None
    while True:
        try:
            step = next(talk) if answer is None else talk.send(answer)
        except StopIteration as end:
            found: Observation = end.value
            return found
        confined = yield from _confined(step, about, allowed, names)
        answer = confined if isinstance(confined, Answer) else (yield confined)


def _confined(step: Step, about: Reference, allowed: Sequence[str], names: Names) -> Confining[Step]:
    """An answer where it is refused."""
    if isinstance(step, Once):
        inner = yield from _confined(step.step, about, allowed, names)
        return replace(step, step=inner) if isinstance(inner, Request | Run) else inner
    if isinstance(step, Run):
        if step.child is not VERSION_CONTROL:
            return step
        step = _without_proxies(step)
        if is_allowed(about.address, allowed):
            return step
        return (yield from _without_user(step, about.address, names))
    if isinstance(step, Request):
        # Each redirect is a request of its own, which is looked at here.
        if is_allowed(step.url, allowed):
            return replace(step, follow=False, proxies=None)
        if is_named(step.url, loopback=False):
            return _REFUSED
        proxies = about.form.proxies if step.proxies is None else step.proxies
        return replace(step, refuses_local=True, loopback=False, proxies=proxies)
    return step


def _without_proxies(step: Run) -> Run:
    """With our own: a proxy of the command may have any address, and sees what is sent to the host."""
    kept = {name: value for name, value in step.environment.items() if name.lower() not in _PROXIES}
    return replace(step, environment=kept)


def _without_user(step: Run, url: str, names: Names) -> Confining[Run]:
    """Git without the user's configuration, which connects to the addresses that are checked here.

    An answer in its place where one is refused.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or step.argv[0] == "hg":
        return _UNHELD
    host = parts.hostname or ""
    if is_named(url, loopback=False) or not _HOST.fullmatch(host) or not _has_port(url):
        return _REFUSED
    addresses = yield from names.addresses(host)
    if isinstance(addresses, Answer):
        return addresses
    if not addresses or any(is_refused(it, loopback=False) for it in addresses):
        return _REFUSED
    version = yield _VERSION
    if version.error or not is_honoured(version.output):
        return version if version.error else _OLD
    pin = {"GIT_CONFIG_KEY_1": "http.curloptResolve", "GIT_CONFIG_VALUE_1": pinned(url, addresses)}
    environment = {**step.environment, **WITHOUT_USER, **pin, "GIT_CONFIG_COUNT": "2"}
    return replace(step, environment=environment)


def _has_port(url: str) -> bool:
    """Whether its port, if it names one, is a number that a port may have."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False
