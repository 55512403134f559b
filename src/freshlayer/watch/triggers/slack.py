"""An incoming webhook of Slack, whose URL is a secret.

docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import json

from freshlayer.model.watched import Message
from freshlayer.watch.settings_table import Table
from freshlayer.watch.triggers.base import JSON, Given, Request
from freshlayer.watch.triggers.chat import ChatTarget, read_chat
from freshlayer.watch.triggers.text import text_of

_LONGEST = 2900
"""Characters; a text of a section has at most 3,000."""


class SlackTarget(ChatTarget, frozen=True):
    """A chat target whose request is that of Slack."""

    def request(self, message: Message, given: Given) -> Request:
        """``text`` is for notifications; a block of plain text is shown without any markup."""
        text = text_of(self.text, message, _LONGEST)
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        block = {"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}}
        body = {"text": escaped, "mrkdwn": False, "blocks": [block]}
        return Request(given.token, json.dumps(body).encode(), JSON)


def read(table: Table) -> SlackTarget:
    """Raises OptionError."""
    return read_chat(SlackTarget, table)
