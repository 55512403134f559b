"""Harbor (goharbor.io/docs/main/working-with-projects/project-configuration/configure-webhooks)."""

from __future__ import annotations

from typing import Any

from freshlayer.watch.moved import Moved, MovedKind
from freshlayer.watch.webhooks.base import Arrived, has_authorization

SIGNS_BODY = False


def is_genuine(arrived: Arrived, secret: bytes) -> bool:
    """The auth header of the policy, which Harbor sends as it is."""
    return has_authorization(arrived, secret)


def moved(document: Any, _: Arrived) -> list[Moved]:
    """The artifacts of an event."""
    data = document["event_data"]
    return [
        Moved(
            MovedKind.IMAGE,
            str(it.get("resource_url") or "").partition("/")[0].lower(),
            data["repository"]["repo_full_name"].strip("/"),
            str(it.get("tag") or ""),
        )
        for it in data["resources"]
    ]
