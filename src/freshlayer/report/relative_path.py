"""The path of a Dockerfile as other programs expect it: relative to the working directory."""

from __future__ import annotations

import os


def relative_path(path: str) -> str:
    """With slashes, without ``..``; a path that is not below the working directory stays absolute."""
    found = os.path.relpath(path)
    return os.path.abspath(path) if found.startswith(os.pardir) else found
