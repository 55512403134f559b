"""Webhooks that the service receives. ``WEBHOOKS`` is the table: the value of ``type`` → its module."""

from __future__ import annotations

from collections.abc import Mapping

from freshlayer.watch.webhooks import distribution, dockerhub, github, gitlab, harbor, s3
from freshlayer.watch.webhooks.base import Webhook

WEBHOOKS: Mapping[str, Webhook] = {
    "distribution": distribution,
    "dockerhub": dockerhub,
    "github": github,
    "gitlab": gitlab,
    "harbor": harbor,
    "s3": s3,
}
