"""Build contexts on disk: the Dockerfile, the ignore files, the tar for the classic builder."""

from freshlayer.context.dockerignore import ignore_file, is_sent, read_rules
from freshlayer.context.script_files import ContextFiles
from freshlayer.context.source import (
    Source,
    read_dockerfile,
    read_settings,
    read_settings_file,
    unwatched_context,
)

__all__ = [
    "ContextFiles",
    "Source",
    "ignore_file",
    "is_sent",
    "read_dockerfile",
    "read_rules",
    "read_settings",
    "read_settings_file",
    "unwatched_context",
]
