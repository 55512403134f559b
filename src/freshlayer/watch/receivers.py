"""What takes a request from outside: a webhook, or a report of a build. Each has a secret of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.watch.arrivals import Arrivals
from freshlayer.watch.authorization import bearer_token, same
from freshlayer.watch.rate import Rate
from freshlayer.watch.webhooks.base import Arrived, ConfirmationError, Webhook


class Answer(Struct, frozen=True):
    """``text``: of a person, without a secret."""

    status: int
    text: str


class Receiver(Protocol):
    """``signs_body``: whether it is refused by its body too; else nothing is read of what is refused."""

    @property
    def signs_body(self) -> bool: ...

    def refused(self, arrived: Arrived, /) -> Answer | None:
        """The answer to a sender without the secret; None for one that has it."""
        ...

    def __call__(self, arrived: Arrived, /) -> Answer: ...


class WebhookReceiver:
    """``host``: that of its references, where the sender names another one. ``warn`` prints a line."""

    def __init__(
        self,
        name: str,
        module: Webhook,
        secret: bytes,
        host: str,
        arrivals: Arrivals,
        warn: Callable[[str], None],
    ) -> None:
        self._name, self._module, self._secret, self._host = name, module, secret, host
        self._arrivals, self._warn = arrivals, warn
        self._rate, self._refusals, self._notices = Rate(600), Rate(1), Rate(5)

    @property
    def signs_body(self) -> bool:
        return self._module.SIGNS_BODY

    def refused(self, arrived: Arrived) -> Answer | None:
        if self._module.is_genuine(arrived, self._secret):
            return None
        if self._refusals.allows():
            self._warn(f"webhook {self._name}: refused: its signature or token is missing or wrong")
        return Answer(401, "the signature or the token is missing or wrong")

    def __call__(self, arrived: Arrived) -> Answer:
        refused = self.refused(arrived)
        if refused is not None:
            return refused
        if not self._rate.allows():
            return Answer(429, "too many")
        try:
            found = self._module.moved(json.loads(arrived.body or b"null"), arrived)
        except ConfirmationError as wanted:
            if self._notices.allows():
                self._warn(f"webhook {self._name}: {wanted}")
            return Answer(202, "a person is to confirm it")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return Answer(400, "not an event that this webhook type sends")
        named = [replace(it, host=self._host or it.host) for it in found]
        if not self._arrivals.move(named):
            return Answer(503, "too many are not taken up yet")
        return Answer(202, f"{len(named)} noted")


class ReportReceiver:
    """Reports of builds. ``record``: takes the document; the answer, and the Dockerfiles that were built."""

    def __init__(
        self, token: bytes, record: Callable[[bytes], tuple[Answer, tuple[str, ...]]], arrivals: Arrivals
    ) -> None:
        self._token, self._record, self._arrivals = token, record, arrivals
        self._rate = Rate(600)

    @property
    def signs_body(self) -> bool:
        return False

    def refused(self, arrived: Arrived) -> Answer | None:
        known = same(bearer_token(arrived.headers.get("authorization", "")), self._token)
        return None if known else Answer(401, "a token for reports is needed")

    def __call__(self, arrived: Arrived) -> Answer:
        refused = self.refused(arrived)
        if refused is not None:
            return refused
        if not self._rate.allows():
            return Answer(429, "too many")
        answer, names = self._record(arrived.body)
        if names:
            self._arrivals.built(names)
        return answer
