"""What a trigger can do. ``TYPES`` is the table: the value of ``type`` → what reads the rest of its table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from freshlayer.watch.settings_table import Table
from freshlayer.watch.triggers import (
    command,
    github,
    gitlab,
    kubernetes,
    matrix,
    mattermost,
    slack,
    smtp,
    teams,
    webhook,
)
from freshlayer.watch.triggers.base import Target

TYPES: Mapping[str, Callable[[Table], Target]] = {
    "command": command.read,
    "webhook": webhook.read,
    "github": github.read,
    "gitlab": gitlab.read,
    "kubernetes": kubernetes.read,
    "smtp": smtp.read,
    "slack": slack.read,
    "mattermost": mattermost.read,
    "matrix": matrix.read,
    "teams": teams.read,
}
