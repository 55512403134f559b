"""An incoming webhook of Mattermost, whose URL is a secret.

developers.mattermost.com/integrate/webhooks/incoming
"""

from __future__ import annotations

import json
import re

from freshlayer.model.watched import Message
from freshlayer.watch.settings_table import Table
from freshlayer.watch.triggers.base import JSON, Given, Request
from freshlayer.watch.triggers.chat import ChatTarget, read_chat
from freshlayer.watch.triggers.text import text_of

_LONGEST = 3900
"""Characters; old servers cut a post at 4,000."""


class MattermostTarget(ChatTarget, frozen=True):
    """A chat target whose request is that of Mattermost."""

    def request(self, message: Message, given: Given) -> Request:
        """The text is a block of code: there is no markup in it, and no mention."""
        text = text_of(self.text, message, _LONGEST)
        fence = "`" * max(3, 1 + max((len(it) for it in re.findall("`+", text)), default=0))
        body = {"text": f"{fence}\n{text}\n{fence}"}
        return Request(given.token, json.dumps(body).encode(), JSON)


def read(table: Table) -> MattermostTarget:
    """Raises OptionError."""
    return read_chat(MattermostTarget, table)
