"""Docker Hub (docs.docker.com/docker-hub/repos/manage/webhooks). The URL has the token."""

from __future__ import annotations

from typing import Any

from freshlayer.watch.moved import Moved, MovedKind
from freshlayer.watch.webhooks.base import Arrived, has_token

SIGNS_BODY = False


def is_genuine(arrived: Arrived, secret: bytes) -> bool:
    """``?token=SECRET``."""
    return has_token(arrived, secret)


def moved(document: Any, _: Arrived) -> list[Moved]:
    """An image that was pushed."""
    name, tag = document["repository"]["repo_name"], document["push_data"]["tag"]
    return [Moved(MovedKind.IMAGE, "docker.io", name.strip("/"), str(tag or ""))]
