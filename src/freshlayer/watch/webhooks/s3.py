"""Events of S3, from MinIO's webhook or by a topic of SNS.

docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html and
docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote_plus

from freshlayer.watch.moved import Moved, MovedKind
from freshlayer.watch.webhooks.base import Arrived, has_authorization, has_token

SIGNS_BODY = False


def is_genuine(arrived: Arrived, secret: bytes) -> bool:
    """MinIO sends its token as ``Bearer``; SNS what the URL has: a password, or ``?token=SECRET``."""
    return has_authorization(arrived, secret) or has_token(arrived, secret)


def moved(document: Any, _: Arrived) -> list[Moved]:
    """The objects of an event."""
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
