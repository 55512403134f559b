"""Events of S3, from MinIO's webhook or by a topic of SNS.

The signature of SNS is not checked: its certificate is at a URL that the message names. The secret counts.
docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html and
docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote_plus

from freshlayer.lazy_regex import compiled
from freshlayer.watch.moved import Moved, MovedKind
from freshlayer.watch.webhooks.base import Arrived, ConfirmationError, has_authorization, has_token

SIGNS_BODY = False
_TOPIC = compiled(r"arn:[a-z0-9-]+:sns:[a-z0-9-]+:[0-9]+:[A-Za-z0-9_.-]{1,256}")
_TOKEN = compiled(r"[A-Za-z0-9_-]{1,1024}")


def is_genuine(arrived: Arrived, secret: bytes) -> bool:
    """MinIO sends its token as ``Bearer``; SNS what the URL has: a password, or ``?token=SECRET``."""
    return has_authorization(arrived, secret) or has_token(arrived, secret)


def moved(document: Any, _: Arrived) -> list[Moved]:
    """The objects of an event."""
    if document.get("Type") == "SubscriptionConfirmation":
        raise ConfirmationError(_confirmation(document["TopicArn"], document["Token"]))
    if isinstance(document.get("Message"), str):
        document = json.loads(document["Message"]) if document["Type"] == "Notification" else {"Records": []}
    return [
        Moved(
            MovedKind.OBJECT,
            "",
            f"{it['s3']['bucket']['name']}/{unquote_plus(it['s3']['object']['key'])}",
        )
        for it in document["Records"]
    ]


def _confirmation(topic: str, token: str) -> str:
    """A command to be copied: nothing in it is for the shell."""
    if not _TOPIC.fullmatch(topic) or not _TOKEN.fullmatch(token):
        raise ValueError
    command = f"aws sns confirm-subscription --topic-arn {topic} --token {token}"
    return f"SNS waits for the confirmation of a subscription (run {command})"
