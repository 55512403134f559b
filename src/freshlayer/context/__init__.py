"""Build contexts on disk: the Dockerfile, the ignore files, the tar for the classic builder."""

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
    "read_dockerfile",
    "read_settings",
    "read_settings_file",
    "unwatched_context",
]
