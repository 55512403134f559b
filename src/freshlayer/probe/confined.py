"""Probes of what downloaded scripts name: without the user's credentials, and never of this machine.

An origin decides what is in such a script. Each is a conversation around another one, and changes its
requests.
"""

from __future__ import annotations

from collections.abc import Generator
from hashlib import sha256
from typing import cast

from msgspec.structs import replace

from freshlayer import evidence
from freshlayer.children import VERSION_CONTROL
from freshlayer.credentials import NO_FILES, netloc_of
from freshlayer.model.downloaded_scripts import LARGEST, Confinement
from freshlayer.model.observation import Observation, ProbeOutcome
from freshlayer.model.reasons import Reason
from freshlayer.probe.network.exchange import WHOLE, exchange, reason_of, request_of
from freshlayer.probe.network.messages import Answer, Conversation, Means, Once, Request, Run, Step
from freshlayer.reference import Reference

# Neither netrc, nor a helper, nor a key, nor an agent; and no redirect, whose address git does not check.
WITHOUT_USER = {
    "HOME": "/dev/null",
    "XDG_CONFIG_HOME": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "http.followRedirects",
    "GIT_CONFIG_VALUE_0": "false",
    "GIT_ALLOW_PROTOCOL": "http:https:git",
    "GIT_SSH_COMMAND": "false",
    "SSH_AUTH_SOCK": "",
}


def means_for(reference: Reference, confinement: Confinement, means: Means) -> Means:
    """The credentials of a reference's host, where they may be sent to it; else none."""
    means = replace(means, confinement=confinement)
    if reference.kind == "http" and netloc_of(reference.address) in confinement.hosts:
        return means
    return replace(means, keyring=means.keyring.without_credentials())


def confined(talk: Conversation, confinement: Confinement) -> Conversation:
    """The same conversation within its confinement."""
    answer: Answer | None = None
    while True:
        try:
            step = next(talk) if answer is None else talk.send(answer)
        except StopIteration as end:
            found: Observation = end.value
            return found
        answer = yield _confined(step, confinement)


def _confined(step: Step, confinement: Confinement) -> Step:
    if isinstance(step, Once):
        inner = cast("Request | Run", _confined(step.step, confinement))
        return Once((confinement.hosts, confinement.loopback, step.key), inner)
    if isinstance(step, Run):
        is_git = step.child is VERSION_CONTROL
        return replace(step, environment={**step.environment, **WITHOUT_USER}) if is_git else step
    if isinstance(step, Request):
        step = replace(step, refuses_local=True, loopback=confinement.loopback)
        return step if netloc_of(step.url) in confinement.hosts else _anonymous(step)
    return step


def _anonymous(request: Request) -> Request:
    authorities = replace(NO_FILES, authorities=request.tls.authorities)
    return replace(request, own=(), credential=None, signer=None, tls=authorities)


def with_body(talk: Conversation) -> Conversation:
    """The same conversation, with the bytes if it reads them without a credential."""
    answer: Answer | None = None
    body: bytes | None = None
    while True:
        try:
            step = next(talk) if answer is None else talk.send(answer)
        except StopIteration as end:
            found: Observation = end.value
            return replace(found, body=body) if body is not None and _is_of(body, found) else found
        reads = isinstance(step, Request) and step.digest and _is_public(step)
        answer = yield replace(step, keep=True) if reads and isinstance(step, Request) else step
        if reads and answer.digest and not evidence.coding(answer.hops[-1]):
            body = answer.body


def _is_public(request: Request) -> bool:
    return request == _anonymous(request) and "@" not in netloc_of(request.url)


def _is_of(body: bytes, found: Observation) -> bool:
    digest = sha256(body).hexdigest()
    return any(item.scheme == evidence.BODY_DIGEST and item.value == digest for item in found.evidence)


def text_of(reference: Reference, means: Means) -> Generator[Step, Answer, Observation]:
    """The bytes of a script, requested without a credential; of a larger one none."""
    plain = replace(request_of(reference), own=(), anonymous=True)
    wanted = replace(plain, method="GET", read=LARGEST, digest=True, keep=True)
    answer = yield from exchange(wanted, replace(means, keyring=means.keyring.without_credentials()))
    if answer.error or answer.status not in WHOLE:
        return Observation(reference, ProbeOutcome.UNKNOWN, reason_of(answer))
    found = evidence.of_hops(answer.hops)
    if not answer.digest:
        return Observation(reference, ProbeOutcome.SEEN, Reason("script-too-long"), found)
    if evidence.coding(answer.hops[-1]):
        return Observation(reference, ProbeOutcome.SEEN, Reason("script-not-text"), found)
    return Observation(reference, ProbeOutcome.SEEN, Reason("observed"), found, body=answer.body)
