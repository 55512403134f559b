"""A workflow of Microsoft Teams that waits for a webhook, whose URL is a secret.

learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
"""

from __future__ import annotations

import json

from freshlayer.model.watched import Message
from freshlayer.watch.settings_table import Table
from freshlayer.watch.triggers.base import JSON, Given, Request
from freshlayer.watch.triggers.chat import ChatTarget, read_chat
from freshlayer.watch.triggers.text import text_of

_LONGEST = 6000
"""Characters; a message has at most 28 kB."""


class TeamsTarget(ChatTarget, frozen=True):
    """A chat target whose request is that of Microsoft Teams."""

    def request(self, message: Message, given: Given) -> Request:
        """An adaptive card. A TextRun has no markdown, which a TextBlock has."""
        text = text_of(self.text, message, _LONGEST)
        lines = [
            {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": line}]}
            for line in text.split("\n")
            if line
        ]
        card = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": lines,
        }
        attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
        body = {"type": "message", "attachments": [attachment]}
        return Request(given.token, json.dumps(body).encode(), JSON)


def read(table: Table) -> TeamsTarget:
    """Raises OptionError."""
    return read_chat(TeamsTarget, table)
