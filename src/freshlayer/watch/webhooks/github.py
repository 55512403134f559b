"""GitHub and its registries (docs.github.com/en/webhooks/webhook-events-and-payloads)."""

from __future__ import annotations

import hmac
from typing import Any
from urllib.parse import urlsplit

from freshlayer.watch.authorization import same
from freshlayer.watch.moved import Moved, MovedKind
from freshlayer.watch.webhooks.base import Arrived

SIGNS_BODY = True
_OF_REPOSITORY = frozenset({"push", "create", "delete", "release"})


def is_genuine(arrived: Arrived, secret: bytes) -> bool:
    """``X-Hub-Signature-256`` is the HMAC of the body."""
    signed = f"sha256={hmac.new(secret, arrived.body, 'sha256').hexdigest()}"
    return bool(secret) and same(arrived.headers.get("x-hub-signature-256", ""), signed.encode())


def moved(document: Any, arrived: Arrived) -> list[Moved]:
    """A repository, or an image of ghcr.io. Other events change nothing."""
    event = arrived.headers.get("x-github-event", "")
    if event in _OF_REPOSITORY:
        repository = document["repository"]
        host = urlsplit(repository["html_url"]).netloc.rpartition("@")[2].lower()
        return [Moved(MovedKind.REPOSITORY, host, repository["full_name"].strip("/"))]
    if event not in {"package", "registry_package"}:
        return []
    package = document[event]
    if str(package["package_type"]).lower() not in {"container", "docker"}:
        return []
    name = f"{package['namespace']}/{package['name']}".lower()
    version = package.get("package_version") or {}
    tag = ((version.get("container_metadata") or {}).get("tag") or {}).get("name") or ""
    host = str(version.get("package_url") or "").partition("/")[0].lower()
    return [Moved(MovedKind.IMAGE, host or "ghcr.io", name, str(tag))]
