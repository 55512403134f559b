"""What the incoming webhooks of chat services share: the URL is a secret, and the text is a template."""

from __future__ import annotations

from typing import TypeVar

from msgspec import Struct

from freshlayer.watch.settings_table import SecretPlace, Table
from freshlayer.watch.triggers.text import USUAL, template_of


class ChatTarget(Struct, frozen=True):
    """``secret``: the URL. A member has ``request``."""

    secret: SecretPlace
    text: str = USUAL
    timeout: int = 10
    file: str = ""
    authorities: str = ""


T = TypeVar("T", bound=ChatTarget)


def read_chat(kind: type[T], table: Table) -> T:
    """Raises OptionError."""
    place = table.secret("url", needed=True)
    return kind(place, template_of(table), table.seconds("timeout", 10, least=1))
