"""Layers of images, as tar files with a few texts."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping


def layer(files: Mapping[str, str]) -> bytes:
    """A layer with these files, by their path without a slash at its start."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()
