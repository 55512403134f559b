"""The registry of distribution (distribution.github.io/distribution/about/notifications)."""

from __future__ import annotations

from typing import Any

from freshlayer.watch.moved import Moved, MovedKind
from freshlayer.watch.webhooks.base import Arrived, has_authorization

SIGNS_BODY = False


def is_genuine(arrived: Arrived, secret: bytes) -> bool:
    """``headers: Authorization: [Bearer SECRET]`` of the endpoint."""
    return has_authorization(arrived, secret)


def moved(document: Any, _: Arrived) -> list[Moved]:
    """The images of an envelope. A pull changes nothing."""
    events = [it for it in document["events"] if it["action"] in {"push", "delete", "mount"}]
    return [
        Moved(
            MovedKind.IMAGE,
            str((it.get("request") or {}).get("host") or "").lower(),
            it["target"]["repository"].strip("/"),
            str(it["target"].get("tag") or ""),
        )
        for it in events
    ]
