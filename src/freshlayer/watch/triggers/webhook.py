"""An HTTP receiver of the user, which verifies a signature."""

from __future__ import annotations

import hmac

from msgspec import Struct

from freshlayer.model.watched import Message
from freshlayer.watch.settings_table import SecretPlace, Table
from freshlayer.watch.triggers.base import JSON, Given, Request


class WebhookTarget(Struct, frozen=True):
    """``secret``: the key of the signature. It is not sent, so that the URL may be one without TLS."""

    url: str
    secret: SecretPlace = SecretPlace()
    timeout: int = 10
    file: str = ""
    authorities: str = ""

    def request(self, message: Message, given: Given) -> Request:
        """The document of the message."""
        body = message.body.encode()
        headers = {**JSON, "Idempotency-Key": message.key}
        if given.secret:
            headers["X-Freshlayer-Signature-256"] = signature(given.secret, body)
        return Request(self.url, body, headers, private=False)


def signature(key: bytes, body: bytes) -> str:
    """HMAC-SHA256 (RFC 2104) of the body, as GitHub's webhooks write it."""
    return f"sha256={hmac.new(key, body, 'sha256').hexdigest()}"


def read(table: Table) -> WebhookTarget:
    """Raises OptionError."""
    return WebhookTarget(table.url("url"), table.secret("secret"), table.seconds("timeout", 10, least=1))
