"""A room of Matrix. The homeserver takes a transaction once.

spec.matrix.org/latest/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
"""

from __future__ import annotations

import json
from urllib.parse import quote

from msgspec import Struct

from freshlayer.model.watched import Message
from freshlayer.watch.settings_table import SecretPlace, Table
from freshlayer.watch.triggers.base import JSON, Given, Request, bearer
from freshlayer.watch.triggers.text import USUAL, template_of, text_of

_LONGEST = 8000


class MatrixTarget(Struct, frozen=True):
    """``homeserver``: its base URL. ``room``: ``!ID:SERVER``."""

    homeserver: str
    room: str
    secret: SecretPlace
    text: str = USUAL
    timeout: int = 10
    file: str = ""
    authorities: str = ""

    def request(self, message: Message, given: Given) -> Request:
        """A notice: bots answer none. Without ``formatted_body`` it is plain text."""
        base = f"{self.homeserver.rstrip('/')}/_matrix/client/v3/rooms/{quote(self.room, safe='')}"
        text = text_of(self.text, message, _LONGEST)
        body = {"msgtype": "m.notice", "body": text, "m.mentions": {}}
        url = f"{base}/send/m.room.message/{quote(message.key, safe='')}"
        return Request(url, json.dumps(body).encode(), {**JSON, **bearer(given)}, "PUT")


def read(table: Table) -> MatrixTarget:
    """Raises OptionError."""
    return MatrixTarget(
        table.url("homeserver", private=True),
        table.matching("room", r"![^\s\x00-\x1f]+", "the ID of a room (!…)"),
        table.secret("token", needed=True),
        template_of(table),
        table.seconds("timeout", 10, least=1),
    )
