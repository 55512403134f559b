"""The endpoints of a registry, and its authentication: mirrors, plain HTTP, passwords and bearer tokens.

https://distribution.github.io/distribution/spec/auth/token/ and …/auth/oauth/
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
from collections.abc import Generator
from urllib.parse import urlencode, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.children import DOCKER_CREDENTIAL
from freshlayer.credentials import Credential, Keyring, Scheme, docker, host_of
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason
from freshlayer.probe.network.exchange import HEADERS, credential_for, exchange, reason_of
from freshlayer.probe.network.messages import MIB, Answer, Means, Once, Request, Run, Step
from freshlayer.reference import shown

_HUB_URL = "https://registry-1.docker.io"
_TOKEN = compiled(r"[\x21-\x7e]+")
_PARAMETER = compiled(r'([A-Za-z]+)="([^"]*)"')
_REALM = compiled(r"(?P<scheme>https?)://(?P<host>[\w.:\[\]-]+)(?:[/?][\x21-\x7e]*)?", re.ASCII)
_NOT_FOUND = "credentials not found"


class Endpoint(Struct, frozen=True):
    """A registry or a mirror of one: ``url`` without a slash at its end; credentials are under ``name``."""

    url: str
    name: str

    @property
    def is_trusted(self) -> bool:
        """Whether a credential may go there: in TLS, or without leaving this machine."""
        return self.url.startswith("https:") or is_loopback(urlsplit(self.url).netloc)


class Challenge(Struct, frozen=True):
    """What a registry requires when it returns 401 (RFC 9110 §11.6.1)."""

    scheme: str
    realm: str
    service: str
    scope: str


class Login(Struct, frozen=True):
    """The credential for a repository, if there is one. ``notes``: why places had none that can be used."""

    credential: Credential | None = None
    notes: tuple[Reason, ...] = ()


class Admission(Struct, frozen=True):
    """An answer, the credential that was sent, and notes for the reason of a failure."""

    answer: Answer
    credential: Credential | None = None
    notes: tuple[Reason, ...] = ()


def endpoints(registry: str, keyring: Keyring) -> tuple[Endpoint, ...]:
    """Where an image of a registry is requested, in turn: Docker Hub's mirrors come before it."""
    if registry == docker.HUB:
        mirrors = (Endpoint(url.rstrip("/"), urlsplit(url).netloc) for url in _mirrors(keyring))
        return (*mirrors, Endpoint(_HUB_URL, docker.HUB))
    return (Endpoint(f"{_scheme(registry, keyring)}://{registry}", registry),)


def _scheme(registry: str, keyring: Keyring) -> str:
    """Plain HTTP for loopback, unless the settings have a certificate for it, and if they set insecure."""
    settings = keyring.settings(registry)
    if settings is not None and (settings.insecure or settings.ca or settings.certificate):
        return "http" if settings.insecure else "https"
    return "http" if is_loopback(registry) else "https"


def is_loopback(netloc: str) -> bool:
    """Whether ``host[:port]`` is this machine, by its name or its address."""
    host = host_of(netloc)
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _mirrors(keyring: Keyring) -> tuple[str, ...]:
    """``registry-mirrors`` in the configuration of the user's own dockerd, else of the machine's."""
    named = keyring.environ.get("XDG_CONFIG_HOME", "")
    own = named if os.path.isabs(named) else os.path.join(keyring.home, ".config")
    for path in (os.path.join(own, "docker", "daemon.json"), "/etc/docker/daemon.json"):
        listed = keyring.of_file(path, docker.document).get("registry-mirrors")
        if isinstance(listed, list):
            return tuple(url for url in listed if isinstance(url, str) and _is_mirror(url))
    return ()


def _is_mirror(url: str) -> bool:
    return re.fullmatch(r"https?://[\w.:\[\]-]+(?:/[\w./~-]*)?", url, re.ASCII) is not None


def admitted(
    request: Request, endpoint: Endpoint, repository: str, means: Means
) -> Generator[Step, Answer, Admission]:
    """Send a request, and again with the credential that the registry requires, if there is one."""
    answer = yield from exchange(request, means)
    challenge = _challenge(answer)
    if challenge is None:
        return Admission(answer)
    login = yield from _login(endpoint, repository, means)
    credential = yield from _met(challenge, login, endpoint, repository, means)
    if isinstance(credential, Answer):
        return Admission(credential, notes=login.notes)
    if credential is not None:
        answer = yield from exchange(replace(request, credential=credential), means)
    return Admission(answer, credential, login.notes)


def _met(
    challenge: Challenge, login: Login, endpoint: Endpoint, repository: str, means: Means
) -> Generator[Step, Answer, Credential | Answer | None]:
    """The credential for a challenge; an answer if it can't be obtained, None if there is none."""
    if challenge.scheme == "bearer":
        return (yield from _token(challenge, login, endpoint, repository, means))
    password = login.credential is not None and login.credential.user != docker.IDENTITY_TOKEN
    return login.credential if password else None


def _challenge(answer: Answer) -> Challenge | None:
    """The challenge of a 401 that is supported; a token comes before a password.

    Only the registry's own: that of the target of a redirect is not meant for the registry's credential.
    """
    own = answer.status == 401 and len(answer.hops) == 1
    offered = answer.hops[-1].all("www-authenticate") if own else ()
    read = [(line.split(None, 1)[0].lower(), line) for line in offered if line.strip()]
    found = {scheme: dict(_PARAMETER.findall(line)) for scheme, line in reversed(read)}
    for scheme in ("bearer", "basic"):
        if scheme in found:
            given = found[scheme].get
            return Challenge(scheme, given("realm", ""), given("service", ""), given("scope", ""))
    return None


def _login(endpoint: Endpoint, repository: str, means: Means) -> Generator[Step, Answer, Login]:
    """The credential of the settings, else the login of docker and podman.

    Not netrc: it may have an entry for every host, and a token service that gets a wrong credential refuses
    even what is public.
    """
    if not endpoint.is_trusted:
        return Login(notes=(Reason("credential-needs-tls"),))
    scheme, _, netloc = endpoint.url.partition("://")
    for host in dict.fromkeys((endpoint.name, netloc.partition("/")[0])):
        if means.keyring.settings(host) is not None:
            own = yield from credential_for(f"{scheme}://{host}", means)
            if isinstance(own, Credential):
                return Login(own)
    return (yield from _docker_login(endpoint, repository, means))


def _docker_login(endpoint: Endpoint, repository: str, means: Means) -> Generator[Step, Answer, Login]:
    """The first place that has a credential; a helper runs once for all."""
    failed: list[Reason] = []
    for found in docker.logins(means.keyring, endpoint.name, repository):
        if isinstance(found, Credential):
            return Login(found)
        if found.barred:
            detail = f"{found.argv[0]} was not run: a file of the checkout names it"
            failed.append(Reason("credential-program-barred", detail=detail))
            continue
        answer = yield Once(
            ("login", found), Run(found.argv, DOCKER_CREDENTIAL, stdin=found.server, errors=False)
        )
        credential = None if answer.error or answer.exit_code else found.credential(answer.output)
        if credential is not None:
            return Login(credential)
        if _NOT_FOUND not in answer.output:
            failed.append(Reason("credential-program-failed", detail=f"{found.argv[0]} failed"))
    return Login(notes=tuple(failed))


def _token(
    challenge: Challenge, login: Login, endpoint: Endpoint, repository: str, means: Means
) -> Generator[Step, Answer, Credential | Answer]:
    """A bearer token of the service that the challenge names; once for all references of a repository."""
    if not _is_safe(challenge.realm, endpoint):
        detail = f"its token service has no TLS, and gets no request: {shown(challenge.realm, 80)}"
        return Answer(error=Reason("registry-token-insecure", detail=detail))
    scope = challenge.scope or f"repository:{repository}:pull"
    request = replace(_token_request(challenge, scope, login.credential), anonymous=True)
    shared = ("token", endpoint, challenge.realm, challenge.service, scope, login.credential)
    answer = yield from exchange(request, means, shared=shared)
    token = _token_in(answer)
    if token:
        return Credential(Scheme.BEARER, token)
    return Answer(error=Reason("registry-token-failed", detail=f"its token service: {_refusal(answer)}"))


def _is_safe(realm: str, endpoint: Endpoint) -> bool:
    """Whether a token service is in TLS, or on this machine, as its registry is."""
    match = _REALM.fullmatch(realm)
    if match is None:
        return False
    here = is_loopback(match["host"]) and is_loopback(urlsplit(endpoint.url).netloc)
    return match["scheme"] == "https" or here


def _token_request(challenge: Challenge, scope: str, credential: Credential | None) -> Request:
    """A GET, with the credential if there is one; an identity token is exchanged by a POST."""
    wanted = [("service", challenge.service)] if challenge.service else []
    if credential is not None and credential.user == docker.IDENTITY_TOKEN:
        grant = [("grant_type", "refresh_token"), ("refresh_token", credential.secret)]
        form = urlencode([*grant, *wanted, ("client_id", "freshlayer"), ("scope", scope)])
        return Request("POST", challenge.realm, HEADERS, read=MIB, keep=True, form=form, follow=False)
    query = urlencode([*wanted, *(("scope", one) for one in scope.split(" "))])
    url = f"{challenge.realm}{'&' if '?' in challenge.realm else '?'}{query}"
    return Request("GET", url, HEADERS, read=MIB, keep=True, follow=False, credential=credential)


def _token_in(answer: Answer) -> str:
    if answer.status != 200 or answer.error:
        return ""
    try:
        document: object = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    table = document if isinstance(document, dict) else {}
    token = table.get("token") or table.get("access_token")
    return token if isinstance(token, str) and _TOKEN.fullmatch(token) else ""


def _refusal(answer: Answer) -> str:
    return "no token" if answer.status == 200 and not answer.error else reason_of(answer).text
