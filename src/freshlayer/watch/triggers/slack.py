"""An incoming webhook of Slack, whose URL is a secret.

docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import json

from msgspec import Struct

from freshlayer.model.watched import Message
from freshlayer.watch.settings_table import SecretPlace, Table
from freshlayer.watch.triggers.base import JSON, Given, Request
from freshlayer.watch.triggers.text import USUAL, template_of, text_of

_LONGEST = 2900
"""Characters; a text of a section has at most 3,000."""


class SlackTarget(Struct, frozen=True):
    """``secret``: the URL."""

    secret: SecretPlace
    text: str = USUAL
    timeout: int = 10
    file: str = ""
    authorities: str = ""

    def request(self, message: Message, given: Given) -> Request:
        """``text`` is for notifications; a block of plain text is shown without any markup."""
        text = text_of(self.text, message, _LONGEST)
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        block = {"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}}
        body = {"text": escaped, "mrkdwn": False, "blocks": [block]}
        return Request(given.token, json.dumps(body).encode(), JSON)


def read(table: Table) -> SlackTarget:
    """Raises OptionError."""
    place = table.secret("url", needed=True)
    return SlackTarget(place, template_of(table), table.seconds("timeout", 10, least=1))
