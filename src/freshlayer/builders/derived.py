"""A derived Dockerfile outside the user's tree, for as long as a build takes."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def derived(content: bytes, name: str, ignore: Path | None) -> Iterator[str]:
    """The path of a Dockerfile of this name, beside it a copy of the ignore file that counts for it."""
    with tempfile.TemporaryDirectory(prefix="freshlayer-") as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        if ignore is not None:
            shutil.copyfile(ignore, path.with_name(f"{name}.dockerignore"))
        yield str(path)
