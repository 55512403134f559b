"""GitLab (docs.gitlab.com/user/project/integrations/webhook_events)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from freshlayer.watch.authorization import same
from freshlayer.watch.moved import Moved, MovedKind
from freshlayer.watch.webhooks.base import Arrived

SIGNS_BODY = False


def is_genuine(arrived: Arrived, secret: bytes) -> bool:
    """``X-Gitlab-Token`` is the secret token of the webhook."""
    return same(arrived.headers.get("x-gitlab-token", ""), secret)


def moved(document: Any, _: Arrived) -> list[Moved]:
    """The repository of a push, of a tag, of a release. Other events change nothing."""
    if document["object_kind"] not in {"push", "tag_push", "release"}:
        return []
    project = document["project"]
    host = urlsplit(project["web_url"]).netloc.rpartition("@")[2].lower()
    return [Moved(MovedKind.REPOSITORY, host, project["path_with_namespace"].strip("/"))]
