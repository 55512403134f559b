"""Build contexts on disk: the Dockerfile, the ignore files, the tar for the classic builder."""

from freshlayer.context.source import (
    SETTINGS,
    Source,
    read_dockerfile,
    read_found,
    read_settings,
    read_settings_file,
    unwatched_context,
)

__all__ = [
    "SETTINGS",
    "Source",
    "read_dockerfile",
    "read_found",
    "read_settings",
    "read_settings_file",
    "unwatched_context",
]
