"""Deliver a message over the network. No redirect is followed: what is sent is for one receiver."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from freshlayer import __version__
from freshlayer.files.bounded_read import read_file
from freshlayer.model.watched import Message
from freshlayer.watch.secrets import SecretError, secret
from freshlayer.watch.triggers.base import Given, HttpTarget, Request, RequestError, Target
from freshlayer.watch.triggers.smtp import SmtpTarget
from freshlayer.watch.urls import fault_of

_OF_RECEIVER = frozenset({401, 403, 404, 405, 408, 410, 429, *range(500, 600)})
"""Statuses that are not about one message."""

_LARGEST_FILE = 1024 * 1024

Stopping = Callable[[], bool]


class DeliveryError(Exception):
    """A message was not delivered; its text is a clause without a secret.

    ``of_receiver``: the next message would not be delivered either.
    """

    def __init__(self, clause: str, *, of_receiver: bool = False) -> None:
        super().__init__(clause)
        self.of_receiver = of_receiver


class Means(Struct, frozen=True):
    """``directory``: of watch.toml. ``withheld``: variables that no command gets."""

    directory: Path
    withheld: Collection[str] = ()


def deliver_by_http(target: HttpTarget, message: Message, means: Means, stopping: Stopping) -> None:
    """The request that the target states. Raises DeliveryError."""
    from freshlayer.probe.network.post import Post, PostError, post  # noqa: PLC0415 - libcurl is loaded for the first

    request = _request(target, message, means)
    headers = {"User-Agent": f"freshlayer/{__version__}", **request.headers}
    trusted = str(means.directory / target.authorities) if target.authorities else ""
    sent = Post(request.url, request.body, headers, request.method, trusted)
    try:
        status = post(sent, target.timeout, stopping)
    except PostError as error:
        raise DeliveryError(f"no answer: {error}", of_receiver=True) from None
    if status not in request.done:
        raise DeliveryError(f"was answered with status {status}", of_receiver=status in _OF_RECEIVER)


def _request(target: HttpTarget, message: Message, means: Means) -> Request:
    try:
        given = Given(_secret(target, means), _file(target, means), os.environ)
        request = target.request(message, given)
    except RequestError as error:
        raise DeliveryError(str(error), of_receiver=True) from None
    if fault := fault_of(request.url, private=request.private):
        raise DeliveryError(f"its URL is not {fault}", of_receiver=True)
    return request


def _file(target: HttpTarget, means: Means) -> bytes:
    try:
        return read_file(means.directory / target.file, _LARGEST_FILE) if target.file else b""
    except OSError as error:
        raise RequestError(f"its file can't be read: {error.strerror}") from None


def _secret(target: Target, means: Means) -> bytes:
    try:
        return secret(target.secret, means.directory)
    except SecretError as error:
        raise DeliveryError(error.clause, of_receiver=True) from None


def deliver_by_mail(target: SmtpTarget, message: Message, means: Means, stopping: Stopping) -> None:
    """Raises DeliveryError."""
    from freshlayer.probe.network.post import Mail, PostError, send_mail  # noqa: PLC0415 - as above

    mail = Mail(
        target.host,
        target.port,
        target.tls,
        target.sender,
        target.recipients,
        target.mail(message, datetime.now(UTC)),
        target.user,
        _secret(target, means),
    )
    try:
        send_mail(mail, target.timeout, stopping)
    except PostError as error:
        raise DeliveryError(f"not sent: {error}", of_receiver=True) from None
